import { FormatError } from '@vmkeep/kit'
import { describe, expect, it } from 'vitest'
import { folderPath } from './folder-path.ts'

describe('folderPath', () => {
  it.each([
    ['[fast] web/web.vmx', 'DC', '/folder/web/web.vmx?dcPath=DC&dsName=fast'],
    ['[fast] web/web.vmx', '/Europe/DC 1', '/folder/web/web.vmx?dcPath=Europe%2FDC%201&dsName=fast'],
    ['[ds (1)] w 1/a+b&c#d?e%.vmx', 'DC', '/folder/w%201/a%2Bb%26c%23d%3Fe%25.vmx?dcPath=DC&dsName=ds%20(1)'],
    ['[数据] 虚/机.vmx', '数', '/folder/%E8%99%9A/%E6%9C%BA.vmx?dcPath=%E6%95%B0&dsName=%E6%95%B0%E6%8D%AE'],
    ['[datastore1] a.nvram', 'ha-datacenter', '/folder/a.nvram?dcPath=ha-datacenter&dsName=datastore1'],
  ])('of %s in %s', (file, datacenter, path) => expect(folderPath(file, datacenter)).toBe(path))

  it.each(['web.vmx', '[fast]', '[fast] ', '/vmfs/volumes/x/web.vmx', ''])('refuses %j', (file) => {
    expect(() => folderPath(file, 'DC')).toThrow(FormatError)
  })
})
