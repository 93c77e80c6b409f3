// The contract every disk passes. Run it from a test file: `diskReaderContract('vmdk flat', open)`.
import { seededRandom } from '@vmkeep/kit'
import { describe, expect, it } from 'vitest'
import type { DiskReader, DiskWriter } from './disk.ts'
import { endOf, type Extent, whole } from './extent.ts'

/** What a disk under test must hold: these bytes at these places, zeroes elsewhere. */
export interface DiskContent {
  readonly capacityBytes: number
  readonly runs: readonly { readonly offsetBytes: number; readonly bytes: Uint8Array }[]
}

/** A small sparse disk with data at its start, across odd boundaries and in its last sector. */
export function sampleContent(capacityBytes = 4 * 1024 * 1024 + 512, seed = 'sample'): DiskContent {
  const random = seededRandom(seed)
  const at = (offsetBytes: number, lengthBytes: number) => ({ offsetBytes, bytes: random.bytes(lengthBytes) })
  return {
    capacityBytes,
    runs: [at(0, 1024), at(65_000, 70_000), at(2 * 1024 * 1024 + 512, 512), at(capacityBytes - 512, 512)],
  }
}

export function imageOf({ capacityBytes, runs }: DiskContent): Buffer {
  const image = Buffer.alloc(capacityBytes)
  for (const { offsetBytes, bytes } of runs) image.set(bytes, offsetBytes)
  return image
}

/** The reader half. `open` makes a disk that holds `content`; it is disposed here. */
export function diskReaderContract(name: string, open: (content: DiskContent) => Promise<DiskReader>): void {
  describe(`${name} keeps the disk reader contract`, () => {
    const content = sampleContent()
    const image = imageOf(content)

    it('reads every byte, whatever the run', async () => {
      await using disk = await open(content)
      expect(disk.capacityBytes).toBe(content.capacityBytes)
      for (const [offsetBytes, lengthBytes] of [
        [0, content.capacityBytes],
        [1, 1],
        [511, 2],
        [64_999, 70_002],
        [content.capacityBytes - 1, 1],
      ] as const)
        expect(
          image
            .subarray(offsetBytes, offsetBytes + lengthBytes)
            .equals(await bytesOf(disk, { offsetBytes, lengthBytes })),
        ).toBe(true)
    })

    it('answers parallel reads, each with its own bytes', async () => {
      await using disk = await open(content)
      const runs = Array.from({ length: 64 }, (_, i) => ({
        offsetBytes: (i * 65_521) % (content.capacityBytes - 4096),
        lengthBytes: 4096 - i,
      }))
      const got = await Promise.all(runs.map((run) => bytesOf(disk, run)))
      runs.forEach((run, i) => expect(image.subarray(run.offsetBytes, endOf(run)).equals(got[i]!)).toBe(true))
    })

    it('refuses runs outside the disk', async () => {
      await using disk = await open(content)
      for (const offsetBytes of [-1, content.capacityBytes, content.capacityBytes - 1])
        await expect(disk.read(offsetBytes, new Uint8Array(2))).rejects.toMatchObject({ code: 'disk.out-of-range' })
    })

    it('leaves out of `allocated` only what reads as zero', async () => {
      await using disk = await open(content)
      let at = 0
      for await (const extent of disk.allocated(whole(content.capacityBytes))) {
        expect(extent.offsetBytes).toBeGreaterThanOrEqual(at)
        expect(image.subarray(at, extent.offsetBytes).every((byte) => byte === 0)).toBe(true)
        at = endOf(extent)
      }
      expect(at).toBeLessThanOrEqual(content.capacityBytes)
      expect(image.subarray(at).every((byte) => byte === 0)).toBe(true)
    })

    it('keeps `allocated` inside what was asked', async () => {
      await using disk = await open(content)
      const within = { offsetBytes: 70_000, lengthBytes: 10_000 }
      for await (const extent of disk.allocated(within)) {
        expect(extent.offsetBytes).toBeGreaterThanOrEqual(within.offsetBytes)
        expect(endOf(extent)).toBeLessThanOrEqual(endOf(within))
      }
    })

    it('stops at an aborted signal and fails once closed', async () => {
      const disk = await open(content)
      const reason = new Error('enough')
      await expect(disk.read(0, new Uint8Array(512), AbortSignal.abort(reason))).rejects.toBe(reason)
      await disk[Symbol.asyncDispose]()
      await disk[Symbol.asyncDispose]()
      await expect(disk.read(0, new Uint8Array(512))).rejects.toMatchObject({ code: 'disk.closed' })
    })
  })
}

/** The writer half. `create` makes an empty disk; `reopen` reads back what was finished. */
export function diskWriterContract(
  name: string,
  create: (capacityBytes: number) => Promise<{ disk: DiskWriter; reopen: () => Promise<DiskReader> }>,
): void {
  describe(`${name} keeps the disk writer contract`, () => {
    it.each(['full of holes', 'empty'] as const)('reads back what was written, %s', async (kind) => {
      const content = kind === 'empty' ? { ...sampleContent(), runs: [] } : sampleContent()
      const { disk, reopen } = await create(content.capacityBytes)
      for (const { offsetBytes, bytes } of content.runs) await disk.write(offsetBytes, bytes)
      await disk.finish()
      await disk[Symbol.asyncDispose]()
      await using back = await reopen()
      expect(back.capacityBytes).toBe(content.capacityBytes)
      expect(imageOf(content).equals(await bytesOf(back, whole(content.capacityBytes)))).toBe(true)
    })

    it('refuses runs outside the disk', async () => {
      const { disk } = await create(1024 * 1024)
      await expect(disk.write(1024 * 1024 - 1, new Uint8Array(2))).rejects.toMatchObject({ code: 'disk.out-of-range' })
      await disk[Symbol.asyncDispose]()
    })

    it('keeps its word about order', async () => {
      const { disk, reopen } = await create(1024 * 1024)
      const bytes = seededRandom('order').bytes(65_536)
      await disk.write(131_072, bytes)
      if (disk.ascending) {
        await expect(disk.write(0, bytes)).rejects.toMatchObject({ code: 'disk.not-ascending' })
        return disk[Symbol.asyncDispose]()
      }
      await disk.write(0, bytes)
      await disk.finish()
      await using back = await reopen()
      expect(Buffer.from(bytes).equals(await bytesOf(back, { offsetBytes: 0, lengthBytes: 65_536 }))).toBe(true)
    })
  })
}

export async function bytesOf(disk: DiskReader, { offsetBytes, lengthBytes }: Extent): Promise<Buffer> {
  const target = Buffer.alloc(lengthBytes, 0xee)
  await disk.read(offsetBytes, target)
  return target
}
