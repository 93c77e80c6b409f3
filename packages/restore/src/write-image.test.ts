import { MemoryDisk } from '@vmkeep/disk'
import { imageOf, sampleContent } from '@vmkeep/disk/testing'
import type { ImageReader } from '@vmkeep/repository'
import { expect, it } from 'vitest'
import { compareWithImage, writeImage } from './write-image.ts'

const signal = new AbortController().signal
const content = sampleContent()

/** An image with the sample's bytes, handed out in two runs and a hole. */
function fakeImage(runBytes = 1024 * 1024): ImageReader {
  const bytes = imageOf(content)
  return {
    capacityBytes: content.capacityBytes,
    async *runs() {
      for (let at = 0; at < bytes.length; at += runBytes) {
        const run = bytes.subarray(at, at + runBytes)
        if (run.some((byte) => byte !== 0)) yield { offsetBytes: at, bytes: run, [Symbol.dispose]: () => {} }
      }
    },
  } as unknown as ImageReader
}

it('writes what the image holds and leaves its holes alone', async () => {
  const disk = new MemoryDisk(content.capacityBytes)
  const writtenBytes = await writeImage(fakeImage(), disk, () => {}, signal)
  const back = Buffer.alloc(content.capacityBytes)
  await disk.read(0, back)
  expect(back.equals(imageOf(content))).toBe(true)
  expect(writtenBytes).toBeLessThan(content.capacityBytes)
})

it('finds no difference in a faithful copy', async () => {
  const disk = new MemoryDisk(content.capacityBytes)
  await writeImage(fakeImage(), disk, () => {}, signal)
  let checkedTo = 0
  await compareWithImage(fakeImage(), disk, 'copy', (bytes) => (checkedTo = bytes), signal)
  expect(checkedTo).toBe(content.capacityBytes)
})

it.each([
  ['in the data', 65_000],
  ['in a hole', 3 * 1024 * 1024 + 7],
  ['in the last byte', content.capacityBytes - 1],
])('names the first byte that differs %s', async (_where, offsetBytes) => {
  const disk = new MemoryDisk(content.capacityBytes)
  await writeImage(fakeImage(), disk, () => {}, signal)
  const byte = imageOf(content)[offsetBytes]!
  await disk.write(offsetBytes, Uint8Array.of(byte ^ 1))
  await expect(compareWithImage(fakeImage(), disk, 'copy', () => {}, signal)).rejects.toMatchObject({
    code: 'restore.verify-failed',
    details: { offsetBytes },
  })
})
