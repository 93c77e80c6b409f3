import { between, type DiskReader, endOf, type Extent, MemoryDisk } from '@vmkeep/disk'
import { collect, seededRandom } from '@vmkeep/kit'
import type { ImageWriter } from '@vmkeep/repository'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { copyRuns } from './copy-runs.ts'
import { planReads } from './plan-reads.ts'

const KiB = 1024
const chunkSizeBytes = 256 * KiB
const capacityBytes = 16 * chunkSizeBytes + 512

async function* from(extents: Extent[]) {
  yield* extents
}

/** A disk whose allocation map says what the test wants, true or not. */
const withMap = (disk: DiskReader, map: (within: Extent) => Extent[]): DiskReader => ({
  capacityBytes: disk.capacityBytes,
  sectorSizeBytes: 512,
  read: disk.read.bind(disk),
  allocated: (within) => from(map(within)),
  [Symbol.asyncDispose]: async () => {},
})

const plan = (changed: Extent[], disk: DiskReader, trustAllocated = true) =>
  collect(planReads(from(changed), disk, { chunkSizeBytes, trustAllocated }))

describe('planReads', () => {
  it('makes zeroes of what changed and is no longer allocated', async () => {
    const disk = new MemoryDisk(capacityBytes)
    await disk.write(0, Buffer.alloc(chunkSizeBytes, 1))
    expect(await plan([{ offsetBytes: 100, lengthBytes: chunkSizeBytes * 2 }], disk)).toEqual([
      { extent: between(0, chunkSizeBytes), kind: 'read' },
      { extent: between(chunkSizeBytes, chunkSizeBytes * 3), kind: 'zero' },
    ])
  })

  it('reads all that changed when the allocation map is not to be believed', async () => {
    const disk = new MemoryDisk(capacityBytes)
    expect(
      await plan(
        [
          { offsetBytes: 1, lengthBytes: 1 },
          { offsetBytes: capacityBytes - 1, lengthBytes: 1 },
        ],
        disk,
        false,
      ),
    ).toEqual([
      { extent: between(0, chunkSizeBytes), kind: 'read' },
      { extent: between(16 * chunkSizeBytes, capacityBytes), kind: 'read' },
    ])
  })

  it('covers every changed byte once, in order, and reads every allocated one, for any change and any map', () =>
    fc.assert(
      fc.asyncProperty(anyExtents(), anyExtents(), async (changed, allocated) => {
        const disk = withMap(new MemoryDisk(capacityBytes), (within) => clip(allocated, within))
        const runs = await plan(changed, disk)
        let at = 0
        for (const { extent } of runs) {
          expect(extent.offsetBytes).toBeGreaterThanOrEqual(at)
          expect(extent.offsetBytes % chunkSizeBytes).toBe(0)
          at = endOf(extent)
        }
        const kindAt = (byte: number) =>
          runs.find(({ extent }) => byte >= extent.offsetBytes && byte < endOf(extent))?.kind
        for (const extent of changed) for (const byte of ends(extent)) expect(kindAt(byte)).toBeDefined()
        const isAllocated = (byte: number) =>
          allocated.some((extent) => byte >= extent.offsetBytes && byte < endOf(extent))
        for (const extent of changed)
          for (const byte of ends(extent)) if (isAllocated(byte)) expect(kindAt(byte)).toBe('read')
      }),
    ))
})

describe('copyRuns', () => {
  it('hands over every byte at its place, in order, with zeroes as zeroes', async () => {
    const disk = new MemoryDisk(capacityBytes)
    const bytes = seededRandom('copy').bytes(capacityBytes)
    await disk.write(0, bytes)
    const { image, copy, zeroed } = fakeImage()
    const runs = [
      { extent: between(0, 3 * chunkSizeBytes), kind: 'read' as const },
      { extent: between(3 * chunkSizeBytes, 5 * chunkSizeBytes), kind: 'zero' as const },
      { extent: between(5 * chunkSizeBytes, capacityBytes), kind: 'read' as const },
    ]
    const done: number[] = []
    await copyRuns(runsOf(runs), disk, image, { runBytes: 2 * chunkSizeBytes, readsInFlightMax: 3 }, ({ extent }) =>
      done.push(extent.offsetBytes),
    )
    const expected = Buffer.from(bytes).fill(0, 3 * chunkSizeBytes, 5 * chunkSizeBytes)
    expect(copy.equals(expected)).toBe(true)
    expect(zeroed).toEqual([runs[1]!.extent])
    expect(done).toEqual(done.toSorted((a, b) => a - b))
  })
})

async function* runsOf<T>(runs: T[]) {
  yield* runs
}

/** An image that only remembers: just enough of the port for a copy. */
function fakeImage() {
  const copy = Buffer.alloc(capacityBytes)
  const zeroed: Extent[] = []
  const image = {
    lease: async (lengthBytes: number) => new Uint8Array(lengthBytes),
    write: async (offsetBytes: number, bytes: Uint8Array) => copy.set(bytes, offsetBytes),
    zero: async ({ offsetBytes, lengthBytes }: Extent) => void zeroed.push({ offsetBytes, lengthBytes }),
  }
  return { image: image as unknown as ImageWriter, copy, zeroed }
}

/** Ascending, disjoint extents. */
function anyExtents() {
  const edges = fc.uniqueArray(fc.nat(capacityBytes), { maxLength: 12 })
  return edges.map((found) => {
    const sorted = found.toSorted((a, b) => a - b)
    return Array.from({ length: Math.floor(sorted.length / 2) }, (_, i) => between(sorted[2 * i]!, sorted[2 * i + 1]!))
  })
}
const ends = (extent: Extent) => [extent.offsetBytes, endOf(extent) - 1]
const clip = (extents: Extent[], within: Extent) =>
  extents.flatMap((extent) => {
    const [offset, end] = [Math.max(extent.offsetBytes, within.offsetBytes), Math.min(endOf(extent), endOf(within))]
    return end > offset ? [between(offset, end)] : []
  })
