import { describe, expect, it } from 'vitest'
import { MemoryDisk, totalBytes, whole } from '@vmkeep/disk'
import { bytesOf, type DiskContent, diskReaderContract } from '@vmkeep/disk/testing'
import { collect, seededRandom } from '@vmkeep/kit'
import { MemoryImage } from '../guest/memory-image.ts'
import type { DiskAllocation } from './model.ts'
import { guestImage, imageAt, imageOfPath, openTestStorage, run } from './testing.ts'

const MiB = 1024 * 1024
const page = 64 * 1024
const noise = Buffer.from(seededRandom('storage').bytes(MiB))
const path = '[ds] vm/vm.vmdk'

async function labWithDisk(options: { allocation?: DiskAllocation; capacityBytes?: number } = {}) {
  const lab = await openTestStorage()
  const disk = await lab.vm.addDisk({ key: 2000, capacityBytes: 4 * MiB, ...options })
  return { ...lab, disk }
}

/** Content spread over a source, a base and two layers. */
async function chainOf({ capacityBytes, runs }: DiskContent) {
  const lab = await openTestStorage()
  const source = new MemoryDisk(capacityBytes)
  await source.write(runs[0]!.offsetBytes, runs[0]!.bytes)
  await source.write(300_000, noise.subarray(0, 100_000))
  const disk = await lab.vm.addDisk({ key: 2000, capacityBytes, source })
  await disk.writeGuest(runs[1]!.offsetBytes, runs[1]!.bytes)
  await lab.vm.createSnapshot({ id: 'a', name: 'a' })
  await disk.writeGuest(runs[2]!.offsetBytes, runs[2]!.bytes)
  await lab.vm.createSnapshot({ id: 'b', name: 'b' })
  await disk.trimGuest(300_000, 100_000)
  await disk.writeGuest(runs[3]!.offsetBytes, runs[3]!.bytes)
  return lab
}

diskReaderContract('an open chain', async (content) => {
  const lab = await chainOf(content)
  const disk = lab.storage.openPath(lab.vm.disk(2000).backing.fileName)
  return disposedWith(disk, lab)
})
diskReaderContract('a frozen view', async (content) => {
  const lab = await chainOf(content)
  await lab.vm.createSnapshot({ id: 'c', name: 'c' })
  return disposedWith(lab.vm.frozenView('c', 2000), lab)
})

function disposedWith<T extends AsyncDisposable>(disk: T, lab: AsyncDisposable): T {
  const dispose = disk[Symbol.asyncDispose].bind(disk)
  disk[Symbol.asyncDispose] = async () => {
    await dispose()
    await lab[Symbol.asyncDispose]()
  }
  return disk
}

describe('a disk', () => {
  it('of 62 TB costs neither space nor time', async () => {
    await using lab = await labWithDisk({ capacityBytes: 62 * 1024 ** 4 })
    await lab.disk.writeGuest(61 * 1024 ** 4 + 5, noise)
    await lab.vm.createSnapshot({ id: 'a', name: 'a' })
    await lab.disk.trimGuest(0, 62 * 1024 ** 4)
    await using frozen = lab.vm.frozenView('a', 2000)
    expect(noise.equals(await bytesOf(frozen, { offsetBytes: 61 * 1024 ** 4 + 5, lengthBytes: MiB }))).toBe(true)
    const now = Buffer.alloc(MiB, 1)
    await lab.disk.readGuest(61 * 1024 ** 4 + 5, now)
    expect(now.equals(Buffer.alloc(MiB))).toBe(true)
    expect(totalBytes(await collect(frozen.allocated(whole(frozen.capacityBytes))))).toBe(17 * page)
  })

  it('takes of its datastore what it has written, or all at once if it is thick', async () => {
    await using lab = await openTestStorage()
    const free = () => lab.datastore.freeBytes
    const start = free()
    const thin = await lab.vm.addDisk({ key: 2000, capacityBytes: 4 * MiB })
    expect(start - free()).toBe(0)
    await thin.writeGuest(10, noise.subarray(0, page))
    expect(start - free()).toBe(2 * page)
    await thin.trimGuest(0, page)
    expect(start - free()).toBe(page)
    const thick = await lab.vm.addDisk({ key: 2001, capacityBytes: 4 * MiB, allocation: 'lazyZeroedThick' })
    await thick.writeGuest(0, noise)
    expect(start - free()).toBe(page + 4 * MiB)
    await lab.vm.growDisk(2001, 6 * MiB)
    expect(start - free()).toBe(page + 6 * MiB)
    await lab.vm.detachDisk(2000, { destroy: true })
    await lab.vm.detachDisk(2001, { destroy: true })
    expect(free()).toBe(start)
  })

  it('on a full datastore takes no write to new pages, and no snapshot', async () => {
    await using lab = await labWithDisk()
    await lab.disk.writeGuest(0, noise.subarray(0, page))
    lab.datastore.fill(0)
    await lab.disk.writeGuest(5, Buffer.of(1))
    const before = await guestImage(lab.vm)
    await expect(lab.disk.writeGuest(page - 1, noise)).rejects.toMatchObject({ code: 'lab.no-space' })
    await expect(lab.vm.createSnapshot({ id: 'a', name: 'a' })).rejects.toMatchObject({ code: 'lab.no-space' })
    expect(before.equals(await guestImage(lab.vm))).toBe(true)
    expect(lab.vm.snapshots).toEqual([])
    expect(lab.disk.backing.parent).toBeUndefined()
    lab.datastore.fill()
    await lab.disk.writeGuest(page - 1, noise)
  })

  it('grows without snapshots only, and reads zeroes there', async () => {
    await using lab = await labWithDisk()
    await lab.disk.writeGuest(4 * MiB - 512, noise.subarray(0, 512))
    await lab.vm.growDisk(2000, 4 * MiB + 512)
    expect(
      (await guestImage(lab.vm))
        .subarray(4 * MiB - 512)
        .equals(Buffer.concat([noise.subarray(0, 512), Buffer.alloc(512)])),
    ).toBe(true)
    await expect(lab.vm.growDisk(2000, MiB)).rejects.toMatchObject({ code: 'lab.bad-capacity' })
    await expect(lab.vm.growDisk(2000, 5 * MiB + 1)).rejects.toMatchObject({ code: 'lab.bad-capacity' })
    await lab.vm.createSnapshot({ id: 'a', name: 'a' })
    await expect(lab.vm.growDisk(2000, 8 * MiB)).rejects.toMatchObject({ code: 'lab.disk-has-children' })
  })

  it('is copied without copying, and the copies part at the first write', async () => {
    await using lab = await labWithDisk()
    await lab.disk.writeGuest(0, noise)
    await lab.vm.createSnapshot({ id: 'a', name: 'a' })
    await lab.disk.trimGuest(0, page)
    await lab.storage.copyDisk('[ds] vm/vm-000001.vmdk', '[ds] copy/copy.vmdk', 'eagerZeroedThick')
    const image = await guestImage(lab.vm)
    expect(image.equals(await imageOfPath(lab.storage, '[ds] copy/copy.vmdk'))).toBe(true)
    await lab.disk.writeGuest(page, Buffer.alloc(MiB, 9))
    expect(image.equals(await imageOfPath(lab.storage, '[ds] copy/copy.vmdk'))).toBe(true)
    {
      await using copy = lab.storage.openPath('[ds] copy/copy.vmdk', { access: 'write' })
      await copy.write(0, Buffer.alloc(100, 3))
    }
    const written = await imageOfPath(lab.storage, '[ds] copy/copy.vmdk')
    expect([written[99], written[100]]).toEqual([3, 0])
    expect((await guestImage(lab.vm))[0]).toBe(0)
    await expect(lab.storage.copyDisk(path, '[ds] copy/copy.vmdk')).rejects.toMatchObject({ code: 'lab.file-exists' })
  })

  it('shows its chain as vSphere does: names, uuid, formats, content ids', async () => {
    await using lab = await labWithDisk()
    await lab.vm.createSnapshot({ id: 'a', name: 'a' })
    const { backing } = lab.disk
    expect(backing).toMatchObject({
      fileName: '[ds] vm/vm-000001.vmdk',
      datastore: 'ds',
      thinProvisioned: true,
      deltaDiskFormat: 'seSparseFormat',
      parent: { fileName: path, uuid: backing.uuid },
    })
    expect(backing.uuid).toMatch(/^6000C29[0-9A-F](-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    expect(backing.contentId).toBe(backing.parent!.contentId) // the trap: a fresh child has its parent's
    await lab.disk.writeGuest(0, Buffer.of(1))
    expect(lab.disk.backing.contentId).toBe(backing.contentId) // until it is closed
    await lab.vm.createSnapshot({ id: 'b', name: 'b' })
    expect(lab.vm.snapshot('b').disks[0]!.backing.contentId).not.toBe(backing.contentId)
    expect(lab.vm.snapshot('a').disks[0]!.backing.fileName).toBe(path)
  })
})

describe('a snapshot', () => {
  it('is one instant of all disks, whatever guests write meanwhile', async () => {
    await using lab = await openTestStorage()
    const disks = [
      await lab.vm.addDisk({ key: 2000, capacityBytes: MiB }),
      await lab.vm.addDisk({ key: 2001, capacityBytes: MiB }),
    ]
    const writes: Promise<void>[] = []
    const snapshots: Promise<unknown>[] = []
    for (let i = 1; i <= 100; i++) {
      // the second disk is always written after the first: at no instant may it be ahead
      for (const disk of disks) writes.push(disk.writeGuest(page - 50, Buffer.alloc(100, i)))
      if (i % 20 === 0) snapshots.push(lab.vm.createSnapshot({ id: `s${i}`, name: 's' }))
    }
    await Promise.all([...writes, ...snapshots])
    for (const { id } of lab.vm.snapshots) {
      const values = []
      for (const key of [2000, 2001]) {
        await using view = lab.vm.frozenView(id, key)
        const bytes = new Set(await bytesOf(view, { offsetBytes: page - 50, lengthBytes: 100 }))
        expect(bytes.size).toBe(1) // not torn
        values.push([...bytes][0]!)
      }
      expect(values[0]! - values[1]!).toBeGreaterThanOrEqual(0)
      expect(values[0]! - values[1]!).toBeLessThanOrEqual(1)
    }
  })

  it('is removed in steps; its layers are merged and its files are gone', async () => {
    await using lab = await labWithDisk({ capacityBytes: 64 * MiB })
    for (const id of ['a', 'b', 'c']) {
      for (let i = 0; i < 32; i++) await lab.disk.writeGuest(i * MiB, noise)
      await lab.vm.createSnapshot({ id, name: id })
    }
    expect(lab.datastore.list('vm').map((entry) => entry.name)).toEqual([
      'vm-000001-sesparse.vmdk',
      'vm-000001.vmdk',
      'vm-000002-sesparse.vmdk',
      'vm-000002.vmdk',
      'vm-000003-sesparse.vmdk',
      'vm-000003.vmdk',
      'vm-Snapshot1.vmsn',
      'vm-Snapshot2.vmsn',
      'vm-Snapshot3.vmsn',
      'vm-flat.vmdk',
      'vm.vmdk',
      'vm.vmsd',
    ])
    const steps = await run(lab.vm.removeSnapshot('b'))
    expect(steps.length).toBeGreaterThan(5)
    expect(steps).toEqual(steps.toSorted((x, y) => x - y))
    expect([steps[0], steps.at(-1)]).toEqual([0, 100])
    expect(lab.vm.snapshots.map((snapshot) => snapshot.id)).toEqual(['a', 'c'])
    expect(lab.vm.snapshot('c').parent?.id).toBe('a')
    expect(lab.vm.snapshot('c').disks[0]!.backing.fileName).toBe('[ds] vm/vm-000001.vmdk')
    await run(lab.vm.removeAllSnapshots())
    expect(lab.datastore.list('vm').map((entry) => entry.name)).toEqual(['vm-flat.vmdk', 'vm.vmdk', 'vm.vmsd'])
    expect(lab.disk.backing).toMatchObject({ fileName: path })
    expect(lab.vm.currentSnapshot).toBeUndefined()
  })

  it('leaves consolidation needed when it may not or can not be merged', async () => {
    await using lab = await labWithDisk()
    await lab.vm.createSnapshot({ id: 'a', name: 'a' })
    await lab.disk.writeGuest(0, noise)
    await run(lab.vm.removeSnapshot('a', { consolidate: false }))
    expect([lab.vm.consolidationNeeded, lab.vm.snapshots.length]).toEqual([true, 0])
    expect(lab.disk.backing.fileName).toBe('[ds] vm/vm-000001.vmdk')
    lab.faults.add({ on: 'snapshot.consolidate', object: 'vm', times: 1, then: { do: 'fail' } })
    await expect(run(lab.vm.consolidate())).rejects.toMatchObject({ code: 'lab.by-rule' })
    lab.faults.add({ on: 'snapshot.consolidate', after: 1, times: 1, then: { do: 'fail' } })
    await expect(run(lab.vm.consolidate())).rejects.toMatchObject({ code: 'lab.by-rule' }) // half-way
    expect(lab.vm.consolidationNeeded).toBe(true)
    expect(noise.equals((await guestImage(lab.vm)).subarray(0, MiB))).toBe(true)
    expect(() => lab.storage.openPath(path)).toThrow(/locked by a consolidation/)
    await run(lab.vm.consolidate())
    expect([lab.vm.consolidationNeeded, lab.disk.backing.fileName]).toEqual([false, path])
    expect(noise.equals((await guestImage(lab.vm)).subarray(0, MiB))).toBe(true)
  })

  it('stays unmerged while somebody reads it', async () => {
    await using lab = await labWithDisk()
    await lab.vm.setPower('on')
    const { disks } = await lab.vm.createSnapshot({ id: 'a', name: 'a' })
    const reader = lab.storage.openPath(disks[0]!.backing.fileName)
    const before = await imageAt(reader)
    await lab.disk.writeGuest(0, noise)
    await run(lab.vm.removeSnapshot('a'))
    expect(lab.vm.consolidationNeeded).toBe(true)
    await expect(run(lab.vm.consolidate())).rejects.toMatchObject({ code: 'lab.file-locked' })
    expect(before.equals(await imageAt(reader))).toBe(true)
    await reader[Symbol.asyncDispose]()
    await run(lab.vm.consolidate())
    expect(lab.vm.consolidationNeeded).toBe(false)
  })

  it('of a dead branch that is open goes when it is closed', async () => {
    await using lab = await labWithDisk()
    await lab.vm.createSnapshot({ id: 'a', name: 'a' })
    await lab.vm.createSnapshot({ id: 'b', name: 'b' })
    const reader = lab.storage.openPath('[ds] vm/vm-000001.vmdk')
    await lab.vm.revertToSnapshot('a')
    await run(lab.vm.removeSnapshot('b'))
    expect(lab.datastore.stat('vm/vm-000001.vmdk')).toBeDefined()
    await reader[Symbol.asyncDispose]()
    expect(lab.datastore.stat('vm/vm-000001.vmdk')).toBeUndefined()
    await run(lab.vm.removeSnapshot('a'))
    expect([lab.disk.capacityBytes, lab.vm.disk(2000).backing.fileName]).toEqual([4 * MiB, path])
  })

  it('taken while another is being merged is still its own instant', async () => {
    await using lab = await labWithDisk({ capacityBytes: 32 * MiB })
    await lab.vm.createSnapshot({ id: 'a', name: 'a' })
    for (let i = 0; i < 16; i++) await lab.disk.writeGuest(i * MiB, noise)
    const images = new Map<string, Buffer>()
    for await (const percent of lab.vm.removeSnapshot('a')) {
      if (percent < 30 || images.size > 0) continue
      images.set('b', await guestImage(lab.vm))
      await lab.vm.createSnapshot({ id: 'b', name: 'b' })
      await lab.disk.writeGuest(3 * MiB, Buffer.alloc(MiB, 7))
    }
    const { fileName } = lab.vm.snapshot('b').disks[0]!.backing
    expect(fileName).toBe(path)
    expect(images.get('b')!.equals(await imageOfPath(lab.storage, fileName))).toBe(true)
  })

  it('can fail by rule, and then nothing has happened', async () => {
    await using lab = await labWithDisk()
    lab.faults.add({ on: 'snapshot.create', times: 1, then: { do: 'fail' } })
    await expect(lab.vm.createSnapshot({ id: 'a', name: 'a' })).rejects.toMatchObject({ code: 'lab.by-rule' })
    expect(lab.datastore.list('vm').map((entry) => entry.name)).toEqual(['vm-flat.vmdk', 'vm.vmdk'])
    expect(() => lab.vm.snapshot('a')).toThrow('vm has no snapshot a')
  })
})

describe('reverting', () => {
  it('brings back the disks of the snapshot, those added since are detached, and branches grow', async () => {
    await using lab = await labWithDisk()
    await lab.disk.writeGuest(0, noise)
    const instant = await guestImage(lab.vm)
    await lab.vm.createSnapshot({ id: 'a', name: 'a' })
    await lab.vm.addDisk({ key: 2001, capacityBytes: MiB })
    await lab.vm.disk(2000).writeGuest(0, Buffer.alloc(MiB))
    await lab.vm.createSnapshot({ id: 'b', name: 'b' })
    await lab.vm.revertToSnapshot('a')
    expect(lab.vm.disks.map((disk) => disk.key)).toEqual([2000])
    expect(instant.equals(await guestImage(lab.vm))).toBe(true)
    await lab.vm.createSnapshot({ id: 'c', name: 'c' })
    expect(lab.vm.snapshot('a').children.map((child) => child.id)).toEqual(['b', 'c'])
    await run(lab.vm.removeSnapshot('a')) // carries two branches: nothing to merge into
    expect(lab.vm.consolidationNeeded).toBe(false)
    await lab.vm.revertToSnapshot('b')
    expect(lab.vm.disks.map((disk) => disk.key)).toEqual([2000, 2001])
    await run(lab.vm.removeAllSnapshots())
    expect(lab.disk.capacityBytes).toBe(4 * MiB)
    expect((await guestImage(lab.vm)).equals(Buffer.alloc(4 * MiB))).toBe(true)
    expect(
      lab.datastore
        .list('vm')
        .filter((entry) => entry.type === 'diskDescriptor')
        .map((entry) => entry.name),
    ).toEqual(['vm.vmdk', 'vm_1.vmdk'])
  })
})

describe('opening a disk by its path', () => {
  it.each([
    ['[ds] vm/none.vmdk', 'lab.file-not-found'],
    ['[ds] vm/vm.vmx', 'lab.not-a-disk'],
    ['[ds] vm/vm-flat.vmdk', 'lab.not-a-disk'],
    ['[other] vm/vm.vmdk', 'lab.no-such-datastore'],
    ['vm/vm.vmdk', 'lab.bad-path'],
    ['[ds] ../vm.vmdk', 'lab.bad-path'],
  ])('%s fails with %s', async (text, code) => {
    await using lab = await labWithDisk()
    lab.datastore.writeFile('vm/vm.vmx', 'x')
    expect(() => lab.storage.openPath(text)).toThrow(expect.objectContaining({ code }))
  })

  it('respects locks: a running leaf, a writer, a snapshot on top, readers', async () => {
    await using lab = await labWithDisk()
    const locked = expect.objectContaining({ code: 'lab.file-locked' }) as Error
    const open = (access: 'read' | 'write') => lab.storage.openPath(path, { access })
    await lab.vm.setPower('on')
    expect(() => open('read')).toThrow(locked)
    await lab.vm.suspend({ config: '', memory: () => new MemoryImage('seed', 2 ** 20) })
    const writer = open('write')
    expect(() => open('read')).toThrow(locked)
    await expect(lab.vm.resume()).rejects.toMatchObject({ code: 'lab.file-locked' })
    await writer[Symbol.asyncDispose]()
    const reader = open('read')
    expect(() => open('write')).toThrow(locked)
    await expect(lab.vm.resume()).rejects.toMatchObject({ code: 'lab.file-locked' })
    await reader[Symbol.asyncDispose]()
    await lab.vm.createSnapshot({ id: 'a', name: 'a' })
    expect(() => open('write')).toThrow(locked)
    await lab.vm.setPower('on')
    await open('read')[Symbol.asyncDispose]()
  })

  it('hot-adds a frozen layer to another VM through a redo log, which blocks the merge and then goes away', async () => {
    await using lab = await labWithDisk()
    await lab.disk.writeGuest(0, noise)
    await lab.vm.setPower('on')
    await expect(attached(lab, path)).rejects.toMatchObject({ code: 'lab.file-locked' })
    await lab.vm.createSnapshot({ id: 'a', name: 'a' })
    const proxy = await attached(lab, path)
    const image = await guestImage(proxy)
    await proxy.disk(2000).writeGuest(0, Buffer.of(9)) // a file system is mounted; the snapshot must not notice
    expect(image.equals(await imageOfPath(lab.storage, path))).toBe(true)
    await run(lab.vm.removeSnapshot('a'))
    expect(lab.vm.consolidationNeeded).toBe(true)
    await proxy.detachDisk(2000)
    await run(lab.vm.consolidate())
    expect(lab.datastore.list('vm').filter((entry) => /REDO|0000/.test(entry.name))).toEqual([])
    expect(image.equals(await guestImage(lab.vm))).toBe(true)
  })
})

async function attached(lab: Awaited<ReturnType<typeof labWithDisk>>, disk: string) {
  const proxy = lab.storage.addVm({ name: 'proxy', vmxPath: '[ds] proxy/proxy.vmx' })
  await proxy.attachDisk({ key: 2000, path: disk, mode: 'independent_nonpersistent' })
  return proxy
}

describe('a VM', () => {
  it('moves with its layers, snapshots and small files to another datastore', async () => {
    await using lab = await labWithDisk()
    const other = lab.storage.addDatastore({ name: 'ds2', type: 'NFS', capacityBytes: 1024 ** 3 })
    lab.datastore.writeFile('vm/vm.vmx', 'config')
    await lab.disk.writeGuest(0, noise)
    await lab.vm.createSnapshot({ id: 'a', name: 'a' })
    const image = await guestImage(lab.vm)
    await lab.vm.relocate('[ds2] moved')
    expect(lab.vm.vmxPath).toBe('[ds2] moved/vm.vmx')
    expect(lab.disk.backing).toMatchObject({ fileName: '[ds2] moved/vm-000001.vmdk', deltaDiskFormat: 'redoLogFormat' })
    expect(other.list('moved').map((entry) => entry.name)).toEqual([
      'vm-000001-delta.vmdk',
      'vm-000001.vmdk',
      'vm-Snapshot1.vmsn',
      'vm-flat.vmdk',
      'vm.vmdk',
      'vm.vmsd',
      'vm.vmx',
    ])
    expect(lab.datastore.list('vm')).toEqual([])
    expect(lab.datastore.freeBytes).toBe(lab.datastore.capacityBytes)
    expect(image.equals(await guestImage(lab.vm))).toBe(true)
    expect(lab.storage.openPath('[ds2] moved/vm.vmdk').path).toBe('[ds2] moved/vm.vmdk')
  })

  it('is destroyed with all it had, or unregistered and its files stay', async () => {
    await using lab = await labWithDisk()
    await lab.vm.createSnapshot({ id: 'a', name: 'a' })
    lab.datastore.writeFile('vm/vm.vmx', 'config')
    lab.storage.removeVm(lab.vm)
    expect(lab.storage.vms).toEqual([])
    expect(lab.datastore.stat('vm/vm-000001.vmdk')).toBeDefined()
    const again = lab.storage.addVm({ name: 'vm', vmxPath: '[ds] vm/vm.vmx' })
    await again.attachDisk({ key: 2000, path: '[ds] vm/vm-000001.vmdk' })
    lab.storage.removeVm(again, { destroy: true })
    expect(lab.datastore.list('')).toEqual([])
    expect(lab.datastore.freeBytes).toBe(lab.datastore.capacityBytes)
  })

  it('names new disks as vSphere does, and refuses a key or a name twice', async () => {
    await using lab = await labWithDisk()
    const next = await lab.vm.addDisk({ key: 2001, capacityBytes: MiB, path: '[ds] ' })
    expect([next.backing.fileName, next.node]).toEqual(['[ds] vm/vm_1.vmdk', 'scsi0:1'])
    await expect(lab.vm.addDisk({ key: 2001, capacityBytes: MiB })).rejects.toMatchObject({
      code: 'lab.disk-key-taken',
    })
    await expect(lab.vm.addDisk({ key: 2002, capacityBytes: MiB, path })).rejects.toMatchObject({
      code: 'lab.file-exists',
    })
    for (const capacityBytes of [0, 100, -512, 63 * 1024 ** 4, NaN])
      await expect(lab.vm.addDisk({ key: 2002, capacityBytes })).rejects.toMatchObject({ code: 'lab.bad-capacity' })
    expect(() => lab.vm.disk(2002)).toThrow('vm has no disk 2002')
  })
})
