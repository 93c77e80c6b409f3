import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { datastoreFolderOf, formatDatastorePath, parseDatastorePath } from './datastore-path.ts'

describe('datastore paths', () => {
  it.each([
    ['[datastore1] web-1/web-1.vmdk', { datastore: 'datastore1', path: 'web-1/web-1.vmdk' }],
    ['[vsan (1)] 5f3a/web 1 [old].vmdk', { datastore: 'vsan (1)', path: '5f3a/web 1 [old].vmdk' }],
    ['[a]b] x.vmdk', { datastore: 'a]b', path: 'x.vmdk' }],
    ['[数据] 虚拟机/盘.vmdk', { datastore: '数据', path: '虚拟机/盘.vmdk' }],
    ['[ds]', { datastore: 'ds', path: '' }],
    ['[ds] ', { datastore: 'ds', path: '' }],
    ['[ds] /web/web.vmx', { datastore: 'ds', path: 'web/web.vmx' }],
    ['[ds]x.vmdk', undefined],
    ['[] x.vmdk', undefined],
    ['ds/x.vmdk', undefined],
    ['/vmfs/volumes/5f3a/x.vmdk', undefined],
    ['', undefined],
  ])('parses %j', (text, parsed) => expect(parseDatastorePath(text)).toEqual(parsed))

  it('reads back what it formats', () => {
    const name = fc.string({ minLength: 1 }).filter((s) => !/[/\]]/.test(s) && s.trim() === s)
    const path = fc.array(name, { minLength: 1 }).map((parts) => parts.join('/'))
    fc.assert(
      fc.property(name, path, (datastore, inside) => {
        expect(parseDatastorePath(formatDatastorePath({ datastore, path: inside }))).toEqual({
          datastore,
          path: inside,
        })
      }),
    )
  })

  it.each([
    ['[ds] web/web.vmx', '[ds] web'],
    ['[ds] a/b/c.vmx', '[ds] a/b'],
    ['[ds] web.vmx', '[ds]'],
  ])('finds the folder of %s', (file, folder) => {
    expect(formatDatastorePath(datastoreFolderOf(parseDatastorePath(file)!))).toBe(folder)
  })
})
