import { describe, expect, it } from 'vitest'
import { FakeSession, refOf } from '../fake-session.ts'
import { downloadFile, uploadFile } from './download-file.ts'
import { uploadNvram, vmHomeFiles } from './vm-home-files.ts'

const path = '/folder/web/web.vmx?dcPath=Europe%2FDC&dsName=fast'
const place = { datacenterPath: 'Europe/DC' }

function serving(status: number, text: string): FakeSession {
  const session = new FakeSession()
  session.files.set(path, { status, body: Buffer.from(text) })
  return session
}

describe('downloadFile', () => {
  it('reads a small file whole', async () => {
    const session = serving(200, 'firmware = "efi"')
    expect((await downloadFile(session, '[fast] web/web.vmx', place)).toString()).toBe('firmware = "efi"')
  })

  it('knows the one datacenter of an ESXi host', async () => {
    const session = new FakeSession({}, { about: { apiType: 'HostAgent' } })
    session.files.set('/folder/web/web.vmx?dcPath=ha-datacenter&dsName=fast', { status: 200, body: Buffer.from('x') })
    expect((await downloadFile(session, '[fast] web/web.vmx', place)).toString()).toBe('x')
  })

  it.each([404, 401, 500])('tells HTTP %i with the file', async (status) => {
    await expect(downloadFile(serving(status, ''), '[fast] web/web.vmx', place)).rejects.toMatchObject({
      code: 'vsphere.file-refused',
      details: { status, file: '[fast] web/web.vmx' },
    })
  })

  it('stops at the limit, whatever length was announced', async () => {
    const announced = serving(200, 'x'.repeat(100))
    await expect(downloadFile(announced, '[fast] web/web.vmx', { ...place, sizeBytesMax: 99 })).rejects.toMatchObject({
      code: 'vsphere.file-too-large',
    })
    const liar = serving(200, 'x'.repeat(100))
    liar.httpGet = async (asked) => ({ ...(await serving(200, 'x'.repeat(100)).httpGet(asked)), headers: {} })
    await expect(downloadFile(liar, '[fast] web/web.vmx', { ...place, sizeBytesMax: 99 })).rejects.toMatchObject({
      code: 'vsphere.file-too-large',
    })
    expect(await downloadFile(liar, '[fast] web/web.vmx', { ...place, sizeBytesMax: 100 })).toHaveLength(100)
  })

  it('refuses what is no file of a datastore', async () => {
    await expect(downloadFile(new FakeSession(), '/vmfs/x', place)).rejects.toMatchObject({
      code: 'vsphere.file-name-invalid',
    })
  })
})

describe('uploadFile and uploadNvram', () => {
  it('put a file where it belongs', async () => {
    const session = new FakeSession()
    await uploadFile(session, '[fast] web/web.nvram', Buffer.from('abc'), place)
    expect(session.sent).toEqual([
      { method: 'PUT', path: '/folder/web/web.nvram?dcPath=Europe%2FDC&dsName=fast', body: Buffer.from('abc') },
    ])
  })

  it('tell a refusal', async () => {
    await expect(uploadFile(serving(403, ''), '[fast] web/web.vmx', Buffer.of(1), place)).rejects.toMatchObject({
      code: 'vsphere.file-refused',
      details: { status: 403 },
    })
  })

  it.each([
    ['replace the nvram that is there', [{ name: '[fast] web/other.nvram', type: 'nvram', size: 1, key: 1 }], 'other'],
    ['go beside the vmx of a VM that was never on', undefined, 'web-1'],
  ])('%s', async (_, file, name) => {
    const session = new FakeSession()
    const vm = session.put(refOf('VirtualMachine', 'vm-1'), {
      name: 'web-1',
      parent: session.put(refOf('Datacenter', 'dc'), { name: 'DC' }),
      config: { files: { vmPathName: '[fast] web/web-1.vmx' } },
      ...(file === undefined ? {} : { layoutEx: { file } }),
    })
    await uploadNvram(session, vm, Buffer.of(1))
    expect(session.sent[0]!.path).toBe(`/folder/web/${name}.nvram?dcPath=DC&dsName=fast`)
  })

  it('need to know where the VM lies', async () => {
    const session = new FakeSession()
    const vm = session.put(refOf('VirtualMachine', 'vm-1'), {})
    await expect(uploadNvram(session, vm, Buffer.of(1))).rejects.toMatchObject({ code: 'vsphere.no-configuration' })
  })
})

describe('vmHomeFiles', () => {
  it('are the small files, not disks, logs and swap', () => {
    const file = (path: string, type: string) => ({ path, type, sizeBytes: 1 })
    const files = [
      file('a.nvram', 'nvram'),
      file('a.vmdk', 'diskDescriptor'),
      file('a.vmx', 'config'),
      file('vmware.log', 'log'),
      file('a.vswp', 'swap'),
      file('a.vmsd', 'snapshotList'),
      file('a.vmxf', 'extendedConfig'),
    ]
    expect(vmHomeFiles({ files }).map(({ path, kind }) => [path, kind])).toEqual([
      ['a.vmx', 'config'],
      ['a.nvram', 'nvram'],
      ['a.vmxf', 'extendedConfig'],
      ['a.vmsd', 'snapshotList'],
    ])
    expect(vmHomeFiles({ files: [] })).toEqual([])
  })
})
