import { describe, expect, it } from 'vitest'
import type { DiskReader } from './disk.ts'
import type { Extent } from './extent.ts'
import { MemoryDisk } from './memory-disk.ts'
import { allocatedCanBeTrusted } from './trust-allocated.ts'

const capacityBytes = 4 * 1024 * 1024 + 512

/** A disk whose allocation map says what the test wants, true or not. */
const withMap = (disk: DiskReader, map: (within: Extent) => Extent[]): DiskReader => ({
  capacityBytes: disk.capacityBytes,
  sectorSizeBytes: disk.sectorSizeBytes,
  read: (offsetBytes, target) => disk.read(offsetBytes, target),
  async *allocated(within) {
    yield* map(within)
  },
  async [Symbol.asyncDispose]() {},
})

describe('allocatedCanBeTrusted', () => {
  it('believes a true map, also of an empty and of a full disk', async () => {
    const disk = new MemoryDisk(3 * 1024 ** 3)
    await disk.write(1024 ** 3, Buffer.alloc(4096, 1))
    expect(await allocatedCanBeTrusted(disk)).toBe(true)
    expect(await allocatedCanBeTrusted(new MemoryDisk(capacityBytes))).toBe(true)
    expect(await allocatedCanBeTrusted(withMap(disk, (within) => [within]))).toBe(true)
  })

  it('does not believe a map that leaves out data', async () => {
    const disk = new MemoryDisk(capacityBytes)
    await disk.write(0, Buffer.alloc(4096, 1))
    expect(await allocatedCanBeTrusted(withMap(disk, () => []))).toBe(false)
  })
})
