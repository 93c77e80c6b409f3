import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Extent, endOf, MemoryDisk } from '@vmkeep/disk'
import { seededRandom } from '@vmkeep/kit'
import { BlockSet } from './block-set.ts'
import { formatChangeId, newChangeUuid, parseChangeId } from './change-id.ts'
import { ChangeTracker } from './change-tracker.ts'
import type { ChangedAnswer, DatastoreType, DiskAllocation, VmStorage } from './model.ts'
import { changedSince, openTestStorage, run, type TestStorageOptions } from './testing.ts'

const kiB = 1024
const MiB = kiB * kiB
const page = 64 * kiB
const extent = (firstPage: number, pages: number): Extent => ({
  offsetBytes: firstPage * page,
  lengthBytes: pages * page,
})

async function trackedLab(options: TestStorageOptions = {}, allocation: DiskAllocation = 'thin') {
  const lab = await openTestStorage(options)
  const disk = await lab.vm.addDisk({ key: 2000, capacityBytes: 4 * MiB, allocation })
  await lab.vm.setPower('on')
  await lab.vm.setChangeTracking(true)
  const write = (firstPage: number, pages = 1) => disk.writeGuest(firstPage * page, Buffer.alloc(pages * page, 1))
  let made = 0
  const snapshot = async () => {
    const { id, disks } = await lab.vm.createSnapshot({ id: `s${++made}`, name: `s${made}` })
    return { id, changeId: disks[0]?.backing.changeId }
  }
  return { ...lab, disk, write, snapshot }
}

const ask = (
  vm: VmStorage,
  query: { snapshotId?: string; deviceKey?: number; startOffset?: number; changeId?: string },
) => vm.queryChanged({ deviceKey: 2000, startOffset: 0, changeId: '*', ...query })

describe('change tracking takes effect', () => {
  it('at the next stun of a running VM: the snapshot itself has the first change id', async () => {
    await using lab = await trackedLab()
    expect(lab.vm.changeTracking).toEqual({ configured: true, effective: false })
    expect(lab.disk.backing.changeId).toBeUndefined()
    const { changeId } = await lab.snapshot()
    expect(lab.vm.changeTracking.effective).toBe(true)
    expect(changeId).toMatch(/^[0-9a-f]{2}( [0-9a-f]{2}){7}-[0-9a-f]{2}( [0-9a-f]{2}){7}\/1$/)
    expect(lab.datastore.stat('vm/vm-ctk.vmdk')).toMatchObject({ kind: 'file' })
  })

  it('at once when the VM is off, and at a power cycle', async () => {
    await using lab = await trackedLab()
    await lab.vm.setPower('off')
    expect(lab.vm.changeTracking.effective).toBe(true)
    await lab.write(3)
    expect(await ask(lab.vm, { changeId: lab.disk.backing.changeId! })).toMatchObject({ kind: 'page', extents: [] })
    expect(await ask(lab.vm, {})).toMatchObject({ extents: [extent(3, 1)] })
  })

  it('not on independent disks, which no snapshot holds', async () => {
    await using lab = await trackedLab()
    await lab.vm.addDisk({ key: 2001, capacityBytes: MiB, mode: 'independent_persistent' })
    const { id } = await lab.snapshot()
    expect(lab.vm.snapshot(id).disks.map((disk) => disk.key)).toEqual([2000])
    expect(lab.vm.disk(2001).backing.changeId).toBeUndefined()
    expect(await ask(lab.vm, { snapshotId: id, deviceKey: 2001 })).toEqual({
      kind: 'invalid-argument',
      property: 'deviceKey',
    })
  })
})

describe('changed areas', () => {
  it('since a change id are what was written and trimmed between the two snapshots', async () => {
    await using lab = await trackedLab()
    await lab.write(1)
    const first = await lab.snapshot()
    await lab.write(5, 2)
    await lab.disk.trimGuest(20 * page, page)
    const second = await lab.snapshot()
    await lab.write(40)
    const third = await lab.snapshot()
    const since = async (id: string, changeId: string) => (await changedSince(lab.vm, id, changeId)).extents
    expect(await since(second.id, first.changeId!)).toEqual([extent(5, 2), extent(20, 1)])
    expect(await since(third.id, first.changeId!)).toEqual([extent(5, 2), extent(20, 1), extent(40, 1)])
    expect(await since(third.id, second.changeId!)).toEqual([extent(40, 1)])
    expect(await since(second.id, second.changeId!)).toEqual([])
  })

  it('survive the removal of the snapshot their change id came from', async () => {
    await using lab = await trackedLab()
    const first = await lab.snapshot()
    await run(lab.vm.removeSnapshot(first.id))
    await lab.write(7)
    const second = await lab.snapshot()
    expect((await changedSince(lab.vm, second.id, first.changeId!)).extents).toEqual([extent(7, 1)])
  })

  it('come in pages of 2,000 extents, whose length ends with the last', async () => {
    await using lab = await trackedLab({ changeTracking: { blockSizeBytes: 512 } })
    const first = await lab.snapshot()
    for (let i = 0; i < 2500; i++) await lab.disk.writeGuest(i * 1024, Buffer.alloc(512, 1))
    const second = await lab.snapshot()
    const { pages, extents } = await changedSince(lab.vm, second.id, first.changeId!)
    expect(pages.map((each) => [each.startOffset, each.length, each.extents.length])).toEqual([
      [0, 1999 * 1024 + 512, 2000],
      [1999 * 1024 + 512, 4 * MiB - 1999 * 1024 - 512, 500],
    ])
    expect(extents.map((each) => each.offsetBytes)).toEqual(Array.from({ length: 2500 }, (_, i) => i * 1024))
  })

  it('may come in empty pages, and are cut where a page begins', async () => {
    await using lab = await trackedLab({ changeTracking: { pageLengthBytesMax: MiB } })
    const first = await lab.snapshot()
    await lab.write(47, 3)
    const second = await lab.snapshot()
    const { pages, extents } = await changedSince(lab.vm, second.id, first.changeId!)
    expect(pages.map((each) => each.extents.length)).toEqual([0, 0, 1, 1])
    expect(extents).toEqual([extent(47, 1), extent(48, 2)])
    const inside = await ask(lab.vm, { snapshotId: second.id, changeId: first.changeId!, startOffset: 48 * page + 512 })
    expect(inside).toMatchObject({
      startOffset: 48 * page + 512,
      extents: [{ offsetBytes: 48 * page + 512, lengthBytes: 2 * page - 512 }],
    })
  })

  it('are rounded outward to blocks, but not past the end of the disk', async () => {
    await using lab = await openTestStorage()
    const disk = await lab.vm.addDisk({ key: 2000, capacityBytes: page + 512 })
    await lab.vm.setChangeTracking(true)
    const { disks } = await lab.vm.createSnapshot({ id: 'a', name: 'a' })
    await disk.writeGuest(page + 511, Buffer.of(1))
    await lab.vm.createSnapshot({ id: 'b', name: 'b' })
    expect((await changedSince(lab.vm, 'b', disks[0]!.backing.changeId!)).extents).toEqual([
      { offsetBytes: page, lengthBytes: 512 },
    ])
  })
})

describe('the change id * gives what is in use', () => {
  const written = [extent(2, 3)]
  const everything = [extent(0, 64)]
  it.each<[DatastoreType, DiskAllocation, readonly Extent[]]>([
    ['VMFS', 'thin', written],
    ['VMFS', 'lazyZeroedThick', written],
    ['VMFS', 'eagerZeroedThick', everything],
    ['NFS', 'thin', everything],
    ['vsan', 'thin', everything],
    ['VVOL', 'thin', everything],
  ])('on %s, %s', async (type, allocation, expected) => {
    await using lab = await trackedLab({ type }, allocation)
    await lab.write(2, 3)
    const { id } = await lab.snapshot()
    await lab.write(30) // after the instant
    expect((await changedSince(lab.vm, id, '*')).extents).toEqual(expected)
  })

  it('or a fault, off VMFS, if so set', async () => {
    await using lab = await trackedLab({ type: 'NFS', changeTracking: { starOffVmfs: 'file-fault' } })
    const { id } = await lab.snapshot()
    expect(await ask(lab.vm, { snapshotId: id })).toEqual({ kind: 'file-fault', file: '/vmfs/volumes/ds/vm/vm.vmdk' })
  })

  it('with what is not in use too, when a snapshot existed as tracking began', async () => {
    await using lab = await trackedLab()
    await lab.vm.setChangeTracking(false)
    await lab.write(2, 3)
    await lab.snapshot()
    await lab.vm.setChangeTracking(true)
    const { id } = await lab.snapshot()
    expect((await changedSince(lab.vm, id, '*')).extents).toEqual(everything)
  })

  it('without what was trimmed, and with what the disk was made from', async () => {
    await using lab = await openTestStorage()
    const source = new MemoryDisk(MiB)
    await source.write(3 * page, Buffer.alloc(4 * page, 1))
    const disk = await lab.vm.addDisk({ key: 2000, capacityBytes: 4 * MiB, source })
    await lab.vm.setChangeTracking(true)
    await disk.trimGuest(4 * page, page)
    await disk.writeGuest(20 * page + 5, Buffer.of(1))
    await lab.vm.createSnapshot({ id: 'a', name: 'a' })
    expect((await changedSince(lab.vm, 'a', '*')).extents).toEqual([extent(3, 1), extent(5, 2), extent(20, 1)])
  })
})

describe('a change id is dead', () => {
  const dead = {
    kind: 'file-fault',
    file: expect.stringMatching(/^\/vmfs\/volumes\/ds\/vm\/vm(-\d{6})?\.vmdk$/) as string,
  }
  it.each<[string, (lab: Awaited<ReturnType<typeof trackedLab>>, first: string) => Promise<unknown>]>([
    ['after a revert', (lab, first) => lab.vm.revertToSnapshot(first)],
    [
      'after disabling and enabling',
      async (lab) => {
        await lab.vm.setChangeTracking(false)
        await lab.snapshot()
        await lab.vm.setChangeTracking(true)
      },
    ],
    ['after a storage vMotion that loses it', (lab) => lab.vm.relocate('[ds] moved', { keepChangeTracking: false })],
    [
      'after the disk was removed and added again',
      async (lab, first) => {
        await run(lab.vm.removeSnapshot(first))
        const { fileName } = lab.disk.backing
        await lab.vm.detachDisk(2000)
        await lab.vm.attachDisk({ key: 2000, path: fileName })
      },
    ],
    [
      'after a power loss, by rule',
      async (lab) => {
        lab.faults.add({ on: 'cbt.power-loss', then: { do: 'reset-change-tracking' } })
        await lab.vm.setPower('off', { hard: true })
      },
    ],
    [
      'after any stun, by rule',
      async (lab) => lab.faults.add({ on: 'cbt.stun', times: 1, then: { do: 'reset-change-tracking' } }),
    ],
    [
      'after growing, by rule',
      async (lab, first) => {
        lab.faults.add({ on: 'cbt.resize', then: { do: 'reset-change-tracking' } })
        await run(lab.vm.removeSnapshot(first))
        await lab.vm.growDisk(2000, 8 * MiB)
      },
    ],
  ])('%s', async (_, happens) => {
    await using lab = await trackedLab()
    const first = await lab.snapshot()
    await happens(lab, first.id)
    const second = await lab.snapshot()
    expect(second.changeId!.split('/')[0]).not.toBe(first.changeId!.split('/')[0])
    const answer = await ask(lab.vm, { snapshotId: second.id, changeId: first.changeId! })
    expect(answer).toEqual({ ...dead, file: expect.stringContaining('/vmfs/volumes/ds/') as string })
  })

  it('but not after a graceful power cycle, a plain growth or a storage vMotion', async () => {
    await using lab = await trackedLab()
    const first = await lab.snapshot()
    await run(lab.vm.removeSnapshot(first.id))
    await lab.vm.setPower('off')
    await lab.vm.setPower('on')
    await lab.vm.growDisk(2000, 8 * MiB)
    await lab.vm.relocate('[ds] moved')
    await lab.write(100)
    const second = await lab.snapshot()
    expect((await changedSince(lab.vm, second.id, first.changeId!)).extents).toEqual([extent(100, 1)])
  })

  it.each([
    ['the future of the snapshot', (id: string) => id.replace(/\d+$/, '9'), dead],
    ['sequence 0', (id: string) => id.replace(/\d+$/, '0'), dead],
    ['text that is no change id', () => 'abc', { kind: 'invalid-argument', property: 'changeId' }],
    ['nothing', () => '', { kind: 'invalid-argument', property: 'changeId' }],
  ])('if it is %s', async (_, change, expected) => {
    await using lab = await trackedLab()
    const { id, changeId } = await lab.snapshot()
    expect(await ask(lab.vm, { snapshotId: id, changeId: change(changeId!) })).toEqual(expected)
  })

  it.each([
    ['at the capacity', { startOffset: 4 * MiB }, 'startOffset'],
    ['before the disk', { startOffset: -1 }, 'startOffset'],
    ['at no number', { startOffset: NaN }, 'startOffset'],
    ['on an unknown key', { deviceKey: 2009 }, 'deviceKey'],
    ['in an unknown snapshot', { snapshotId: 'none' }, 'snapshot'],
  ])('and asking %s is an invalid argument', async (_, query, property) => {
    await using lab = await trackedLab()
    const { id } = await lab.snapshot()
    expect(await ask(lab.vm, { snapshotId: id, ...query })).toEqual({ kind: 'invalid-argument', property })
  })

  it('and without tracking there is no answer at all', async () => {
    await using lab = await trackedLab()
    await lab.vm.setChangeTracking(false)
    const { id, changeId } = await lab.snapshot()
    expect(changeId).toBeUndefined()
    expect(await ask(lab.vm, { snapshotId: id })).toEqual(dead)
  })
})

describe('by rule, change tracking', () => {
  it('lies, answers stuck or misplaced pages, faults, or hides its change id', async () => {
    await using lab = await trackedLab()
    const first = await lab.snapshot()
    for (let i = 0; i < 32; i++) await lab.write(2 * i)
    lab.faults.add({ on: 'cbt.change-id', times: 1, then: { do: 'empty-change-id' } })
    const second = await lab.snapshot()
    expect(second.changeId).toBeUndefined()
    const query = { snapshotId: second.id, changeId: first.changeId! }
    const answers = []
    for (const then of [
      { do: 'omit', share: 0.5 },
      { do: 'stuck-page' },
      { do: 'wrong-start' },
      { do: 'file-fault' },
    ] as const) {
      lab.faults.add({ on: 'cbt.query', times: 1, then })
      answers.push(await ask(lab.vm, query))
    }
    const honest = await ask(lab.vm, query)
    expect(honest).toMatchObject({ kind: 'page', startOffset: 0, length: 4 * MiB })
    const [lie, stuck, misplaced, fault] = answers
    expect(extentsIn(lie)).toBeGreaterThan(4)
    expect(extentsIn(lie)).toBeLessThan(28)
    expect(stuck).toMatchObject({ startOffset: 0, length: 0 })
    expect(misplaced).toMatchObject({ startOffset: page })
    expect(fault).toMatchObject({ kind: 'file-fault' })
  })
})

const extentsIn = (answer: ChangedAnswer | undefined) => (answer?.kind === 'page' ? answer.extents.length : -1)

it('a change id is read as it is written, and nothing else is one', () => {
  const id = { uuid: newChangeUuid(seededRandom('u')), sequence: 81 }
  expect(parseChangeId(formatChangeId(id))).toEqual(id)
  const real = '52 de c0 d9 b9 43 9d 10-61 d5 4c 1b e9 7b 65 63/81'
  expect(parseChangeId(real)).toEqual({ uuid: real.slice(0, -3), sequence: 81 })
  for (const text of ['*', real.slice(1), `${real}x`, real.replace('/', '-'), '/81'])
    expect(parseChangeId(text)).toBeUndefined()
})

const blocks = 70_000
const range = fc
  .tuple(fc.nat(blocks - 1), fc.nat(400))
  .map(([first, length]) => [first, Math.min(blocks, first + length)] as const)

it('a union of block sets is the union of the blocks', () =>
  fc.assert(
    fc.property(fc.array(fc.array(range, { maxLength: 8 }), { maxLength: 4 }), range, (epochs, [from, to]) => {
      const sets = epochs.map((ranges) => {
        const set = new BlockSet()
        for (const [first, end] of ranges) set.add(first, end)
        return set
      })
      const model = new Set(
        epochs.flat().flatMap(([first, end]) => Array.from({ length: end - first }, (_, i) => first + i)),
      )
      const expected = [...model].filter((block) => block >= from && block < to).toSorted((a, b) => a - b)
      const runs = [...BlockSet.runs(sets, from, to)]
      expect(runs.flatMap(([first, end]) => Array.from({ length: end - first }, (_, i) => first + i))).toEqual(expected)
      runs.slice(1).forEach(([first], i) => expect(first).toBeGreaterThan(runs[i]![1]))
    }),
    { numRuns: 60 },
  ))

it('a tracker knows what was written between any two of its epochs', () =>
  fc.assert(
    fc.property(
      fc.array(fc.array(range, { maxLength: 5 }), { minLength: 1, maxLength: 6 }),
      fc.nat(6),
      fc.nat(6),
      (epochs, a, b) => {
        const tracker = new ChangeTracker({ uuid: 'u', blockSizeBytes: 10, startedLate: false })
        for (const ranges of epochs) {
          for (const [first, end] of ranges)
            if (end > first) tracker.mark({ offsetBytes: first * 10 + 3, lengthBytes: (end - first) * 10 - 3 })
          tracker.closeEpoch()
        }
        const [since, until] = [Math.min(a, b), Math.min(Math.max(a, b), epochs.length)]
        const model = new Set(
          epochs
            .slice(since, until)
            .flat()
            .flatMap(([first, end]) => Array.from({ length: end - first }, (_, i) => first + i)),
        )
        const got = [...tracker.changed(since, until, { offsetBytes: 0, lengthBytes: blocks * 10 })]
        expect(got.reduce((sum, each) => sum + each.lengthBytes, 0)).toBe(model.size * 10)
        for (const each of got)
          for (let block = each.offsetBytes / 10; block < endOf(each) / 10; block++) expect(model.has(block)).toBe(true)
      },
    ),
    { numRuns: 60 },
  ))
