import { vmdkFail } from '@vmkeep/vmdk'
import { expect, it } from 'vitest'
import { targetError } from './target-error.ts'

const system = (code: string, path?: string) => Object.assign(new Error(`${code}: it failed`), { code, path })
const asVmdk = (error: Error) => vmdkFail('vmdk.write-failed', { path: '/out/a.vmdk', fact: error.message }, error)

it.each([
  ['EEXIST', 'restore.target-exists'],
  ['ENOSPC', 'restore.target-full'],
  ['EDQUOT', 'restore.target-full'],
  ['EROFS', 'restore.target-unusable'],
  ['ENAMETOOLONG', 'restore.target-unusable'],
])('%s of a target is %s, be it of a raw file or of a VMDK', (systemCode, code) => {
  for (const error of [system(systemCode), asVmdk(system(systemCode))])
    expect(targetError(error, '/out/a.vmdk')).toMatchObject({ code })
})

it('names the file that is in the way', () => {
  const error = targetError(system('EEXIST', '/out/a-flat.vmdk'), '/out/a.vmdk')
  expect(error).toMatchObject({ details: { folder: '/out', names: 'a-flat.vmdk' } })
})

it.each([
  ['an abort', new DOMException('enough', 'AbortError')],
  ['an error of the repository', Object.assign(new Error('x'), { cause: new Error('y') })],
  ['a VMDK that is full', vmdkFail('vmdk.too-large', { path: '/out/a.vmdk' })],
  ['a system error that says nothing about the target', system('EMFILE')],
])('lets %s pass', (_, error) => {
  expect(targetError(error, '/out/a.vmdk')).toBe(error)
})
