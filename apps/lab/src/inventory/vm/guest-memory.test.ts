import type { DataObject, ManagedObjectReference } from '@vmkeep/vsphere/types'
import { describe, expect, it } from 'vitest'
import { parseVmx } from '../../storage/index.ts'
import { contentDigest } from '../../storage/sparse-bytes.ts'
import { openTestLab, vmRef } from '../../testing.ts'

type TestLab = Awaited<ReturnType<typeof openTestLab>>

const mebibyte = 2 ** 20
const memoryMb = 16
const description = { vms: [{ name: 'web01', memoryMb, disks: [{ capacityBytes: mebibyte }] }] }
const home = (name: string) => `/folder/web01/${name}?dcPath=Lab&dsName=shared-1`

async function snapshot({ client }: TestLab, { name = 's', memory = true } = {}): Promise<ManagedObjectReference> {
  const task = await client.call('CreateSnapshot_Task', { _this: vmRef(101), name, memory, quiesce: false })
  return (await client.finished(task)) as ManagedObjectReference
}

const digestNow = ({ lab }: TestLab) => contentDigest(lab.vm('web01').memory()!)

async function digestOfFile({ lab }: TestLab, path: string): Promise<string> {
  await using file = lab.storage.datastore('shared-1').open(path)
  return await contentDigest(file)
}

describe('the memory of a guest', () => {
  it('is another one after each write, mostly zeroes, and none of a VM that is off', async () => {
    await using world = await openTestLab(description)
    const first = await digestNow(world)
    expect(await digestNow(world)).toBe(first)
    expect(world.lab.vm('web01').memory()!.sizeBytes).toBe(memoryMb * mebibyte)
    await world.lab.vm('web01').disk().writeGuest(0, Buffer.from('x'))
    const second = await digestNow(world)
    await world.lab.vm('web01').power('off')
    expect(world.lab.vm('web01').memory()).toBeUndefined()
    await world.lab.vm('web01').power('on')
    expect(new Set([first, second, await digestNow(world)]).size).toBe(3)
    expect(world.lab.vm('web01').lastStart).toBe('boot')
  })
})

describe('a snapshot with memory', () => {
  it('leaves what the guest had in memory at its instant beside the vmx, and takes it away again', async () => {
    await using world = await openTestLab(description)
    const before = await digestNow(world)
    const ref = await snapshot(world)
    await world.lab.vm('web01').disk().writeGuest(0, Buffer.from('later'))
    expect(await digestOfFile(world, 'web01/web01-Snapshot1.vmem')).toBe(before)
    expect(before).not.toBe(await digestNow(world))
    const layout = (await world.client.read(vmRef(101), 'layoutEx')) as DataObject<'VirtualMachineFileLayoutEx'>
    const { dataKey, memoryKey } = layout.snapshot![0]!
    const fileOf = (key: number | undefined) => layout.file!.find((file) => file.key === key)
    expect(fileOf(dataKey)).toMatchObject({ name: '[shared-1] web01/web01-Snapshot1.vmsn', type: 'snapshotData' })
    expect(fileOf(memoryKey)).toMatchObject({
      name: '[shared-1] web01/web01-Snapshot1.vmem',
      type: 'snapshotMemory',
      size: memoryMb * mebibyte,
    })
    await world.client.finished(await world.client.call('RemoveSnapshot_Task', { _this: ref, removeChildren: false }))
    for (const extension of ['vmsn', 'vmem'])
      expect(await world.client.http('HEAD', home(`web01-Snapshot1.${extension}`))).toMatchObject({ status: 404 })
  })

  it('is listed as such', async () => {
    await using world = await openTestLab(description)
    await snapshot(world)
    const { body } = await world.client.http('GET', home('web01.vmsd'))
    expect(Object.fromEntries(parseVmx(body))).toMatchObject({
      'snapshot.lastUID': '1',
      'snapshot.current': '1',
      'snapshot.numSnapshots': '1',
      'snapshot0.uid': '1',
      'snapshot0.filename': 'web01-Snapshot1.vmsn',
      'snapshot0.displayName': 's',
      'snapshot0.type': '1',
      'snapshot0.numDisks': '1',
      'snapshot0.disk0.fileName': 'web01.vmdk',
      'snapshot0.disk0.node': 'scsi0:0',
    })
    expect(await world.client.read(vmRef(101), 'snapshot')).toMatchObject({
      rootSnapshotList: [{ state: 'poweredOn' }],
    })
    expect(await world.client.read(vmRef(101), 'capability')).toMatchObject({ memorySnapshotsSupported: true })
  })

  it('can be fetched over /folder, whole and in parts', async () => {
    await using world = await openTestLab(description)
    const memory = world.lab.vm('web01').memory()!
    const expected = Buffer.alloc(memory.sizeBytes)
    await memory.read(0, expected)
    await snapshot(world)
    const { bytes } = await world.client.http('GET', home('web01-Snapshot1.vmem'))
    expect(bytes.equals(expected)).toBe(true)
    const headers = { range: 'bytes=65530-70000' }
    const part = await world.client.http('GET', home('web01-Snapshot1.vmem'), { headers })
    expect(part.bytes.equals(expected.subarray(65_530, 70_001))).toBe(true)
    expect(await world.client.http('GET', home('web01-Snapshot1.vmsn'))).toMatchObject({ status: 200 })
  })

  it('holds no memory of a VM that is off, or where none is asked for', async () => {
    await using world = await openTestLab(description)
    await snapshot(world, { name: 'without', memory: false })
    await world.lab.vm('web01').power('off')
    await snapshot(world, { name: 'off' })
    const layout = (await world.client.read(vmRef(101), 'layoutEx')) as DataObject<'VirtualMachineFileLayoutEx'>
    expect(layout.snapshot!.map(({ memoryKey }) => memoryKey)).toEqual([-1, -1])
    const { body } = await world.client.http('GET', home('web01.vmsd'))
    expect(body).not.toContain('.type')
  })

  it('leaves nothing where the datastore has no room for the memory', async () => {
    await using world = await openTestLab({ vms: [{ ...description.vms[0]!, memoryMb: 128 }] })
    world.lab.storage.datastore('shared-1').fill(mebibyte + 2 ** 16)
    await expect(snapshot(world)).rejects.toMatchObject({ type: 'NoDiskSpace' })
    const names = world.lab.storage
      .datastore('shared-1')
      .list('web01')
      .map(({ name }) => name)
    expect(names.filter((name) => name.includes('Snapshot'))).toEqual([])
    expect(world.lab.vm('web01').snapshots).toEqual([])
  })
})
