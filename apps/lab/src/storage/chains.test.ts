// Random lives of a VM's disk, compared with the plainest model: one buffer per instant.
import fc from 'fast-check'
import { seededRandom } from '@vmkeep/kit'
import { expect, it } from 'vitest'
import { MemoryDisk } from '@vmkeep/disk'
import { changedSince, guestImage, imageAt, imageOfPath, openTestStorage } from './testing.ts'

const capacityBytes = 640 * 1024 + 512
const blockSizeBytes = 16 * 1024
const noise = Buffer.from(seededRandom('noise').bytes(300 * 1024))

const extent = fc
  .tuple(fc.nat(capacityBytes - 1), fc.oneof(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 200_000 })))
  .map(([offsetBytes, lengthBytes]) => ({
    offsetBytes,
    lengthBytes: Math.min(lengthBytes, capacityBytes - offsetBytes),
  }))
const command = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('write' as const), extent, from: fc.nat(50_000) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('trim' as const), extent }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('snapshot' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('remove' as const),
      which: fc.nat(),
      children: fc.boolean(),
      write: extent,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('revert' as const), which: fc.nat() }) },
)

interface Instant {
  readonly image: Buffer
  readonly changeId: string
}

it(
  'every layer, frozen view and guest reads what a plain model says; changed areas hold every difference and no block more',
  () =>
    fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 40 }), fc.boolean(), async (commands, hasSource) => {
        await using lab = await openTestStorage({ changeTracking: { blockSizeBytes } })
        const source = hasSource ? await sourceDisk() : undefined
        await lab.vm.addDisk({ key: 2000, capacityBytes, ...(source === undefined ? {} : { source }) })
        await lab.vm.setChangeTracking(true)
        await lab.vm.setPower('on')
        const instants = new Map<string, Instant>()
        let now = await guestImage(lab.vm)
        let touched = new Set<number>()
        let made = 0
        const change = async (
          { offsetBytes, lengthBytes }: { offsetBytes: number; lengthBytes: number },
          bytes?: Buffer,
        ) => {
          if (bytes === undefined) await lab.vm.disk(2000).trimGuest(offsetBytes, lengthBytes)
          else await lab.vm.disk(2000).writeGuest(offsetBytes, bytes)
          now = Buffer.from(now)
          now.fill(0, offsetBytes, offsetBytes + lengthBytes)
          bytes?.copy(now, offsetBytes)
          for (let b = Math.floor(offsetBytes / blockSizeBytes); b * blockSizeBytes < offsetBytes + lengthBytes; b++)
            touched.add(b)
        }
        for (const each of commands) {
          const ids = [...instants.keys()]
          if (each.do === 'write')
            await change(each.extent, noise.subarray(each.from, each.from + each.extent.lengthBytes))
          else if (each.do === 'trim') await change(each.extent)
          else if (each.do === 'snapshot') {
            const before = lab.vm.currentSnapshot
            const { id, disks } = await lab.vm.createSnapshot({ id: `snapshot-${++made}`, name: `s${made}` })
            instants.set(id, { image: now, changeId: disks[0]!.backing.changeId! })
            if (before !== undefined && !wasReset(instants.get(before.id)!, instants.get(id)!)) {
              const { extents } = await changedSince(lab.vm, id, instants.get(before.id)!.changeId)
              expect(blocksOf(extents)).toEqual([...touched].toSorted((a, b) => a - b))
            }
            touched = new Set()
          } else if (ids.length > 0) {
            const id = ids[each.which % ids.length]!
            if (each.do === 'revert') {
              await lab.vm.revertToSnapshot(id)
              now = instants.get(id)!.image
              touched = new Set()
            } else {
              for await (const percent of lab.vm.removeSnapshot(id, { removeChildren: each.children }))
                if (percent < 50) await change(each.write, noise.subarray(7, 7 + each.write.lengthBytes))
              const left = new Set(lab.vm.snapshots.map((snapshot) => snapshot.id))
              for (const gone of ids) if (!left.has(gone)) instants.delete(gone)
              touched = new Set() // the base of the next comparison may be another one
              if (lab.vm.currentSnapshot !== undefined)
                instants.set(lab.vm.currentSnapshot.id, {
                  ...instants.get(lab.vm.currentSnapshot.id)!,
                  changeId: 'stale',
                })
            }
          }
          expect(now.equals(await guestImage(lab.vm))).toBe(true)
          for (const [id, { image }] of instants) {
            expect(image.equals(await imageOfPath(lab.storage, lab.vm.snapshot(id).disks[0]!.backing.fileName))).toBe(
              true,
            )
            await using view = lab.vm.frozenView(id, 2000)
            expect(image.equals(await imageAt(view))).toBe(true)
          }
          expect(lab.vm.consolidationNeeded).toBe(false)
        }
      }),
      { numRuns: 60 },
    ),
  30_000,
)

const wasReset = (a: Instant, b: Instant) => a.changeId.split('/')[0] !== b.changeId.split('/')[0]

const blocksOf = (extents: readonly { offsetBytes: number; lengthBytes: number }[]) =>
  extents.flatMap(({ offsetBytes, lengthBytes }) => {
    expect(offsetBytes % blockSizeBytes).toBe(0)
    return Array.from({ length: Math.ceil(lengthBytes / blockSizeBytes) }, (_, i) => offsetBytes / blockSizeBytes + i)
  })

async function sourceDisk() {
  const disk = new MemoryDisk(512 * 1024)
  await disk.write(70_000, noise.subarray(0, 200_000))
  return disk
}
