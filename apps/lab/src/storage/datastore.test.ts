import { describe, expect, it } from 'vitest'
import { parseDatastorePath } from './datastore-path.ts'
import { openTestStorage } from './testing.ts'
import { parseVmx, vmxText } from './vmx.ts'

const textOf = async (bytes: Promise<Uint8Array>) => Buffer.from(await bytes).toString()

describe('a datastore', () => {
  it('keeps small files in folders, with their kind and time', async () => {
    await using lab = await openTestStorage()
    const { datastore } = lab
    datastore.writeFile('web/web.vmx', 'a = "b"')
    datastore.writeFile('web/logs/vmware.log', Buffer.from('started'))
    expect(await textOf(datastore.readFile('/web//web.vmx'))).toBe('a = "b"')
    expect(datastore.list('web').map(({ name, kind, type, sizeBytes }) => [name, kind, type, sizeBytes])).toEqual([
      ['logs', 'folder', 'folder', 0],
      ['web.vmx', 'file', 'config', 7],
    ])
    expect(datastore.list('').map((entry) => entry.name)).toEqual(['vm', 'web'])
    expect(datastore.stat('web/web.vmx')?.modifiedMs).toBe(lab.clock.nowMs())
    expect(datastore.stat('web/none')).toBeUndefined()
    expect(datastore.url).toMatch(/^ds:\/\/\/vmfs\/volumes\/[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{12}\/$/)
  })

  it('counts every byte and gives it back', async () => {
    await using lab = await openTestStorage()
    const { datastore } = lab
    const free = datastore.freeBytes
    datastore.writeFile('a', new Uint8Array(1000))
    datastore.writeFile('a', new Uint8Array(300))
    expect(free - datastore.freeBytes).toBe(300)
    datastore.fill(100)
    expect(datastore.freeBytes).toBe(100)
    expect(() => datastore.writeFile('b', new Uint8Array(101))).toThrow(/101 are needed/)
    datastore.writeFile('b', new Uint8Array(100))
    datastore.fill()
    datastore.deleteFile('a')
    datastore.deleteFile('b')
    expect(datastore.freeBytes).toBe(free)
  })

  it('renames files and folders, disks and their parts included', async () => {
    await using lab = await openTestStorage()
    await lab.storage.createDisk('[ds] old/disk.vmdk', { capacityBytes: 1024 * 1024 })
    lab.datastore.writeFile('old/deep/file.log', 'x')
    lab.datastore.moveFile('old', 'new')
    expect(lab.datastore.list('new').map((entry) => entry.name)).toEqual(['deep', 'disk-flat.vmdk', 'disk.vmdk'])
    expect(lab.datastore.stat('old')).toBeUndefined()
    lab.datastore.moveFile('new/disk.vmdk', 'new/other.vmdk')
    expect(await textOf(lab.datastore.readFile('new/other.vmdk'))).toContain('VMFS "other-flat.vmdk"')
    lab.datastore.deleteFile('new')
    expect(lab.datastore.list('').map((entry) => entry.name)).toEqual(['vm'])
  })

  it.each([
    ['reads what is not there', 'lab.file-not-found', (d: Ds) => d.open('none')],
    ['lists what is not there', 'lab.file-not-found', (d: Ds) => d.list('none')],
    ['deletes what is not there', 'lab.file-not-found', (d: Ds) => d.deleteFile('none')],
    ['reads a folder', 'lab.is-folder', (d: Ds) => d.open('vm')],
    ['writes over a folder', 'lab.is-folder', (d: Ds) => d.writeFile('vm', 'x')],
    ['makes a folder over a file', 'lab.file-exists', (d: Ds) => d.makeFolder('vm/vm.vmx')],
    ['renames onto a file', 'lab.file-exists', (d: Ds) => d.moveFile('vm/a', 'vm/vm.vmx')],
    ['climbs out', 'lab.bad-path', (d: Ds) => d.open('vm/../../etc')],
    ['deletes a locked file', 'lab.file-locked', (d: Ds) => d.deleteFile('vm/a')],
    ['reads a locked file', 'lab.file-locked', (d: Ds) => d.open('vm/a')],
    ['deletes a folder with a locked file', 'lab.file-locked', (d: Ds) => d.deleteFile('vm')],
    ["deletes a disk's extent", 'lab.file-locked', (d: Ds) => d.deleteFile('vm/vm-flat.vmdk')],
    ["deletes a VM's disk", 'lab.file-locked', (d: Ds) => d.deleteFile('vm/vm.vmdk')],
    ["reads a running VM's extent", 'lab.file-locked', (d: Ds) => d.open('vm/vm-flat.vmdk')],
    ['reads a disk at once', 'lab.file-too-large', (d: Ds) => d.readFile('vm/big-flat.vmdk')],
  ])('refuses who %s: %s', async (_, code, attempt) => {
    await using lab = await openTestStorage()
    await lab.vm.addDisk({ key: 2000, capacityBytes: 1024 * 1024 })
    await lab.storage.createDisk('[ds] vm/big.vmdk', { capacityBytes: 1024 ** 3 })
    await lab.vm.setPower('on')
    for (const name of ['vm/vm.vmx', 'vm/a']) lab.datastore.writeFile(name, 'x')
    const before = lab.datastore.list('vm')
    using _lock = lab.datastore.lock('vm/a')
    await expect((async () => attempt(lab.datastore))()).rejects.toMatchObject({ code })
    expect(lab.datastore.list('vm')).toEqual(before)
  })

  it('shows a -flat.vmdk of a disk that is not in use, in ranges', async () => {
    await using lab = await openTestStorage()
    const disk = await lab.vm.addDisk({ key: 2000, capacityBytes: 1024 * 1024 })
    await disk.writeGuest(1000, Buffer.from('here'))
    await using file = lab.datastore.open('vm/vm-flat.vmdk')
    const target = Buffer.alloc(6)
    await file.read(999, target)
    expect([file.sizeBytes, target.toString('latin1')]).toEqual([1024 * 1024, '\0here\0'])
  })

  it('has no extents to show where disks are objects', async () => {
    await using lab = await openTestStorage({ type: 'vsan' })
    await lab.vm.addDisk({ key: 2000, capacityBytes: 1024 * 1024 })
    expect(lab.datastore.list('vm').map((entry) => entry.name)).toEqual(['vm.vmdk'])
    expect(await textOf(lab.datastore.readFile('vm/vm.vmdk'))).toMatch(/^RW 2048 VMFS "vsan:\/\/[0-9a-f]{32}"$/m)
  })
})
type Ds = Awaited<ReturnType<typeof openTestStorage>>['datastore']

it('a descriptor is the text ESXi writes, for a base and its child', async () => {
  await using lab = await openTestStorage()
  const disk = await lab.vm.addDisk({ key: 2000, capacityBytes: 10 * 1024 ** 3 })
  await lab.vm.setChangeTracking(true)
  await lab.vm.createSnapshot({ id: 'a', name: 'a' })
  const base = await textOf(lab.datastore.readFile('vm/vm.vmdk'))
  const cid = disk.backing.contentId.slice(-8)
  expect(base.split('\n').slice(0, 10)).toEqual([
    '# Disk DescriptorFile',
    'version=4',
    'encoding="UTF-8"',
    `CID=${cid}`,
    'parentCID=ffffffff',
    'createType="vmfs"',
    '',
    '# Extent description',
    'RW 20971520 VMFS "vm-flat.vmdk"',
    '',
  ])
  expect(base).toContain('# Change Tracking File\nchangeTrackPath="vm-ctk.vmdk"\n')
  expect(base).toContain('ddb.geometry.cylinders = "1305"\nddb.geometry.heads = "255"\nddb.geometry.sectors = "63"\n')
  const child = await textOf(lab.datastore.readFile('vm/vm-000001.vmdk'))
  expect(child).toContain(
    `CID=${cid}\nparentCID=${cid}\ncreateType="seSparse"\nparentFileNameHint="vm.vmdk"\n\n# Extent description\nRW 20971520 SESPARSE "vm-000001-sesparse.vmdk"\n`,
  )
})

it('a large file is there as far as it is written, and to the end for who reads it while it is deleted', async () => {
  await using lab = await openTestStorage()
  const free = lab.datastore.freeBytes
  const file = lab.datastore.createFile('vm/vm-Snapshot1.vmem')
  file.write(65_000, Buffer.alloc(1000, 7))
  file.extendTo(2 ** 30)
  expect(lab.datastore.stat('vm/vm-Snapshot1.vmem')).toMatchObject({
    type: 'snapshotMemory',
    sizeBytes: 2 ** 30,
    allocatedBytes: 2 ** 17,
  })
  const reader = lab.datastore.open('vm/vm-Snapshot1.vmem')
  lab.datastore.deleteFile('vm/vm-Snapshot1.vmem')
  lab.datastore.createFile('vm/other').write(0, Buffer.alloc(2 ** 18, 9))
  const part = Buffer.alloc(1002)
  await reader.read(64_999, part)
  expect(part.equals(Buffer.concat([Buffer.of(0), Buffer.alloc(1000, 7), Buffer.of(0)]))).toBe(true)
  await reader[Symbol.asyncDispose]()
  lab.datastore.deleteFile('vm/other')
  expect(lab.datastore.freeBytes).toBe(free)
})

it('a .vmsd lists the snapshots', async () => {
  await using lab = await openTestStorage()
  await lab.vm.addDisk({ key: 2000, capacityBytes: 1024 * 1024 })
  await lab.vm.createSnapshot({ id: 'a', name: 'before "x"', description: 'two\nlines' })
  await lab.vm.createSnapshot({ id: 'b', name: 'b' })
  const entries = parseVmx(await textOf(lab.datastore.readFile('vm/vm.vmsd')))
  expect(Object.fromEntries(entries)).toMatchObject({
    'snapshot.lastUID': '2',
    'snapshot.current': '2',
    'snapshot.numSnapshots': '2',
    'snapshot0.displayName': 'before "x"',
    'snapshot0.description': 'two\nlines',
    'snapshot0.disk0.fileName': 'vm.vmdk',
    'snapshot0.disk0.node': 'scsi0:0',
    'snapshot1.parent': '1',
    'snapshot1.disk0.fileName': 'vm-000001.vmdk',
  })
})

it('a vmx is read back as it was written, whatever its values hold', () => {
  const entries = [
    ['displayName', 'a "b" | c\n报告'],
    ['scsi0:0.fileName', 'vm.vmdk'],
    ['empty', ''],
  ] as const
  expect([...parseVmx(vmxText(entries))]).toEqual(entries.map((entry) => [...entry]))
  expect([...parseVmx('#!/usr/bin/vmware\nx = y\n  key = "v"  \r\n')]).toEqual([['key', 'v']])
})

it.each([
  ['[ds] a/b.vmdk', { datastore: 'ds', path: 'a/b.vmdk' }],
  ['[a b] /x/', { datastore: 'a b', path: 'x' }],
  ['[ds]', { datastore: 'ds', path: '' }],
])('the path %j names %j', (text, expected) => expect(parseDatastorePath(text)).toEqual(expected))
