import fc from 'fast-check'
import { noise, openTestRepository } from '@vmkeep/repository/testing'
import { expect, it } from 'vitest'
import { copyStream } from './copy-stream.ts'

async function* inPieces(bytes: Uint8Array, sizes: readonly number[]) {
  for (let [at, turn] = [0, 0]; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]!
    yield bytes.subarray(at, at + size)
    at += size
  }
}

it('an image holds what the stream brought, whatever its pieces', async () => {
  await using test = await openTestRepository()
  const pieces = fc.array(fc.integer({ min: 1, max: 300_000 }), { minLength: 1, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 900_000 }), pieces, async (sizeBytes, sizes) => {
      const bytes = noise(sizeBytes, `memory-${sizeBytes}`)
      await using session = await test.repository.beginSession()
      const image = await session.beginImage({ capacityBytes: sizeBytes, unwritten: 'zero' })
      let readBytes = 0
      await copyStream(inPieces(bytes, sizes), image, (now) => (readBytes = now))
      const stored = await image.finish()
      const point = await session.commit({
        subject: { id: 'x', name: 'x', kind: 'test' },
        images: [{ key: 'memory', label: 'Memory', image: stored, attributes: {} }],
        blobs: {},
        attributes: {},
        stats: {},
      })
      await using reader = await test.repository.openImage(point.images[0]!.image)
      const back = new Uint8Array(sizeBytes)
      await reader.read(0, back)
      expect(readBytes).toBe(sizeBytes)
      expect(Buffer.compare(back, bytes)).toBe(0)
    }),
    { numRuns: 25 },
  )
}, 60_000)

it('a stream that breaks gives its buffer back', async () => {
  const released: number[] = []
  const image = {
    capacityBytes: 1000,
    leaseBytesMax: 4096,
    lease: async (lengthBytes: number) => new Uint8Array(lengthBytes),
    release: ({ length }: Uint8Array) => void released.push(length),
    write: async () => expect.unreachable('nothing is whole'),
  }
  const breaking = (async function* () {
    yield new Uint8Array(10)
    throw new Error('the line broke')
  })()
  await expect(copyStream(breaking, image, () => {})).rejects.toThrow('the line broke')
  expect(released).toEqual([1000])
})
