import { type Extent, MemoryDisk, whole } from '@vmkeep/disk'
import { seededRandom } from '@vmkeep/kit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { auditWindow } from './audit-window.ts'
import { compareUnchanged } from './compare-unchanged.ts'
import { goesOn } from './tracked-disk.ts'

const day = 24 * 60 * 60_000
const chunkSizeBytes = 256 * 1024

async function* stream(...extents: Extent[]): AsyncIterable<Extent> {
  yield* extents
}

describe('the windows of audits', () => {
  it('bring a disk of any size round within the days given, whatever the pauses between runs', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 40 }),
        fc.integer({ min: 1, max: 365 }),
        fc.array(fc.integer({ min: 0, max: 3 * day }), { minLength: 1, maxLength: 400 }),
        (capacityBytes, auditDays, pauses) => {
          let [fromBytes, elapsedMs, rounds] = [0, 0, 0]
          for (const pause of pauses) {
            const window = auditWindow({ capacityBytes, chunkSizeBytes }, { fromBytes, elapsedMs: pause }, auditDays)!
            expect(window.offsetBytes).toBe(fromBytes)
            fromBytes = window.offsetBytes + window.lengthBytes
            if (fromBytes === capacityBytes) [fromBytes, rounds] = [0, rounds + 1]
            elapsedMs += pause
          }
          // a round ends where the disk does, not in the midst of a run, so that at most one run of a round is cut short
          expect(rounds).toBeGreaterThanOrEqual(Math.floor(elapsedMs / (auditDays * day + 3 * day)))
        },
      ),
    ))

  it('are none where auditing is off, and begin again where a disk has shrunk', () => {
    expect(auditWindow({ capacityBytes: 1, chunkSizeBytes }, { fromBytes: 0, elapsedMs: day }, 0)).toBeUndefined()
    const disk = { capacityBytes: chunkSizeBytes * 10, chunkSizeBytes }
    expect(auditWindow(disk, { fromBytes: 2 ** 40, elapsedMs: day }, 10)).toEqual(whole(chunkSizeBytes))
  })
})

describe('comparing what is called unchanged', () => {
  const capacityBytes = 5 * 2 ** 20 + 512
  const image = Buffer.from(seededRandom('image').bytes(capacityBytes))
  const diskOf = async (bytes: Uint8Array) => {
    const disk = new MemoryDisk(bytes.length)
    await disk.write(0, bytes)
    return disk
  }

  it('finds every page that differs, and nothing outside of what it was given', async () => {
    const changed = Buffer.from(image)
    for (const at of [0, 3 * 2 ** 20 + 70_000, capacityBytes - 1]) changed[at]! ^= 1
    const [disk, base] = [await diskOf(changed), await diskOf(image)]
    expect(await compareUnchanged(stream(whole(capacityBytes)), disk, base, {})).toEqual({
      checkedBytes: capacityBytes,
      differing: [
        { offsetBytes: 0, lengthBytes: 65_536 },
        { offsetBytes: 3 * 2 ** 20 + 65_536, lengthBytes: 65_536 },
        { offsetBytes: 5 * 2 ** 20, lengthBytes: 512 },
      ],
    })
    const inside = stream({ offsetBytes: 65_536, lengthBytes: 2 ** 20 })
    expect(await compareUnchanged(inside, disk, base, {})).toEqual({ checkedBytes: 2 ** 20, differing: [] })
  })

  it('stops at the first thousand differences', async () => {
    const [disk, base] = [new MemoryDisk(128 * 2 ** 20), await diskOf(Buffer.alloc(128 * 2 ** 20, 1))]
    const { differing } = await compareUnchanged(stream(whole(128 * 2 ** 20)), disk, base, {})
    expect(differing).toHaveLength(1000)
  })
})

it('tells the disks whose tracking went on where it was, and not those that have none', () => {
  const disk = (key: number, changeId?: string) => ({ key, label: `${key}`, ...(changeId && { changeId }) })
  const before = [disk(1, 'a/7'), disk(2, 'b/1'), disk(3)]
  expect(goesOn(before, [disk(1, 'a/9'), disk(2, 'c/1'), disk(3)])).toEqual([disk(1, 'a/9')])
  expect(goesOn(before, [disk(1), disk(2, 'd/1'), disk(3, 'e/1')])).toEqual([])
})
