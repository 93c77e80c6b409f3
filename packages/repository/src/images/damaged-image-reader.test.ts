// With consent, what is lost reads as zeroes and is named, and everything else is as it was.
import { type Extent, joined } from '@vmkeep/disk'
import { bytesOf } from '@vmkeep/disk/testing'
import { collect } from '@vmkeep/kit'
import { describe, expect, it } from 'vitest'
import type { MemoryStorage } from '../storage/memory-storage.ts'
import { backUp, createTestRepository, noise, reopenTestRepository, testChunkBytes as chunk } from '../testing.ts'
import { memoryStorage } from '../storage/memory-storage.ts'

const pages = 3
const pageBytes = 256 * chunk
/** A little at the beginning of each of three pages of the map, and a last chunk that is cut. */
const disk = Buffer.alloc((pages - 1) * pageBytes + 9 * chunk + 512)
for (let page = 0; page < pages; page++) noise(9 * chunk, page).copy(disk, page * pageBytes)
disk.fill(7, disk.length - 512)

function damage(
  { objects }: MemoryStorage,
  isIt: (bytes: Uint8Array) => boolean,
  change: (bytes: Uint8Array) => Uint8Array,
) {
  const [key, bytes] = [...objects].find(([name, content]) => name.startsWith('packs/') && isIt(content))!
  objects.set(key, change(new Uint8Array(bytes)))
}
const flipAt = (at: (bytes: Uint8Array) => number) => (bytes: Uint8Array) => {
  bytes.set([bytes.at(at(bytes))! ^ 1], at(bytes))
  return bytes
}
const isData = (bytes: Uint8Array) => bytes[51] === 1
const isMap = (bytes: Uint8Array) => bytes[51] === 2
/** The n-th map page in a pack. */
const pageAt = (n: number) => (bytes: Uint8Array) => {
  let at = 0
  for (let i = 0; i <= n; i++) at = Buffer.from(bytes).indexOf(Buffer.from('BLB1\u0002', 'latin1'), at + 1)
  return at + 100
}

describe.each<[string, (storage: MemoryStorage) => void, (lost: Extent[]) => boolean]>([
  [
    'a chunk',
    (storage) =>
      damage(
        storage,
        isData,
        flipAt(() => 5000),
      ),
    ([lost]) => lost!.lengthBytes === chunk,
  ],
  [
    'half of a pack',
    (storage) => damage(storage, isData, (bytes) => bytes.slice(0, bytes.length / 2)),
    (lost) => lost.length > 0,
  ],
  [
    'a page of the map',
    (storage) => damage(storage, isMap, flipAt(pageAt(1))),
    ([lost]) => lost!.lengthBytes === pageBytes,
  ],
  [
    'the root of the map',
    (storage) => damage(storage, isMap, flipAt(pageAt(3))),
    ([lost]) => lost!.lengthBytes === disk.length,
  ],
])('when %s is lost', (_, strike, isExpected) => {
  async function open() {
    const { repository, storage } = await createTestRepository(memoryStorage())
    const point = await backUp(repository, { disk })
    strike(storage)
    const again = await reopenTestRepository(storage)
    const told: Extent[] = []
    const { image } = point.images[0]!
    const reader = await again.openImage(image, undefined, { onDamaged: (extent) => void told.push(extent) })
    const lost = async () =>
      collect(joined(told.toSorted((a, b) => a.offsetBytes - b.offsetBytes || a.lengthBytes - b.lengthBytes)))
    return { again, image, reader, lost }
  }
  const without = (lost: readonly Extent[]) => {
    const expected = Buffer.from(disk)
    for (const { offsetBytes, lengthBytes } of lost) expected.fill(0, offsetBytes, offsetBytes + lengthBytes)
    return expected
  }

  it('runs give the rest, and every lost part is told', async () => {
    const { again, image, reader, lost } = await open()
    const found = Buffer.alloc(disk.length)
    for await (const run of reader.runs()) {
      using held = run
      found.set(held.bytes, held.offsetBytes)
    }
    const parts = await lost()
    expect(isExpected(parts)).toBe(true)
    expect(Buffer.compare(found, without(parts))).toBe(0)
    await again.verify()
    const known = await again.lostExtents(image)
    const holes = await collect(joined([...known.extents, ...parts].toSorted((a, b) => a.offsetBytes - b.offsetBytes)))
    expect(holes).toEqual(known.extents) // nothing is told that is not lost
  })

  it('reads and allocated extents agree with it', async () => {
    const { reader, lost } = await open()
    const found = Buffer.alloc(disk.length)
    await reader.read(0, found)
    expect(Buffer.compare(found, without(await lost()))).toBe(0)
    for await (const extent of reader.allocated({ offsetBytes: 0, lengthBytes: disk.length }))
      expect(extent.offsetBytes + extent.lengthBytes).toBeLessThanOrEqual(disk.length)
    expect((await bytesOf(reader, { offsetBytes: 3, lengthBytes: 700 })).length).toBe(700)
  })
})
