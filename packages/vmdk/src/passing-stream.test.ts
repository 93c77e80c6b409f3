import { seededRandom } from '@vmkeep/kit'
import { imageOf, sampleContent } from '@vmkeep/disk/testing'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { PassingStream } from './passing-stream.ts'
import { StreamOptimizedWriter } from './stream-optimized-writer.ts'

const content = sampleContent()
const image = imageOf(content)
let stream: Buffer
beforeAll(async () => {
  stream = await streamOf(content)
})

/** The stream that VMware's format makes of a disk. */
async function streamOf({ capacityBytes, runs }: typeof content): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  const sink = {
    path: 'memory',
    append: async (bytes: Uint8Array) => void pieces.push(bytes.slice()),
    publish: async () => {},
    [Symbol.asyncDispose]: async () => {},
  }
  await using writer = await StreamOptimizedWriter.create(sink, { name: 'disk.vmdk', capacityBytes, metadata: {} })
  for (const { offsetBytes, bytes } of runs) await writer.write(offsetBytes, bytes)
  await writer.finish()
  return Buffer.concat(pieces)
}

async function* inPieces(bytes: Uint8Array, sizes: Iterable<number> = [65_000]): AsyncGenerator<Uint8Array> {
  const list = [...sizes]
  for (let [at, turn] = [0, 0]; at < bytes.length; turn++) {
    const size = list[turn % list.length]!
    yield bytes.subarray(at, at + size)
    at += size
  }
}

async function imageFrom(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  await using passing = await PassingStream.open(pieces, 'disk.vmdk')
  const target = Buffer.alloc(Math.min(passing.capacityBytes, 2 ** 28)) // a flipped bit may ask for any size
  let last = -1
  for await (const { offsetBytes, bytes } of passing.grains()) {
    expect(offsetBytes).toBeGreaterThan(last)
    target.set(bytes, (last = offsetBytes))
  }
  return target
}

describe('a stream-optimized VMDK that passes', () => {
  it('gives every byte, however it is cut on its way', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1 }), async (sizes) => {
        expect((await imageFrom(inPieces(stream, sizes))).equals(image)).toBe(true)
      }),
      { numRuns: 20 },
    )
  })

  it('tells what disk it is before its first grain', async () => {
    await using passing = await PassingStream.open(inPieces(stream), 'disk.vmdk')
    expect(passing.capacityBytes).toBe(image.length)
    expect(passing.descriptor?.createType).toBe('streamOptimized')
  })

  it('is refused wherever it ends early', async () => {
    const cuts = [1, 512, 513, 1024, 1536, 1537, 4096, 66_000, stream.length - 512, stream.length - 1]
    for (const cut of cuts)
      await expect(imageFrom(inPieces(stream.subarray(0, stream.length - cut)))).rejects.toMatchObject({
        code: 'vmdk.damaged',
      })
  })

  it('is refused if a grain was lost on the way, though all that came is sound', async () => {
    const [first = 0, second = 0] = grainSectors(stream)
    const without = Buffer.concat([stream.subarray(0, first * 512), stream.subarray(second * 512)])
    await expect(imageFrom(inPieces(without))).rejects.toThrow(/grain table names/)
  })

  it('never gives other bytes than were sent, whatever bit flips', async () => {
    const flip = fc.tuple(fc.nat(stream.length - 1), fc.nat(7))
    await fc.assert(
      fc.asyncProperty(flip, async ([at, bit]) => {
        const flipped = Buffer.from(stream)
        flipped[at]! ^= 1 << bit
        const outcome = await imageFrom(inPieces(flipped)).catch((error: unknown) => error)
        if (outcome instanceof Buffer) expect(outcome.equals(image)).toBe(true)
        else expect(outcome).toMatchObject({ code: expect.stringMatching(/^vmdk\.(damaged|unsupported)$/) as string })
      }),
      { numRuns: 150 },
    )
  })

  it('passes on the error of its source, and stops asking it', async () => {
    let isClosed = false
    async function* broken() {
      try {
        yield stream.subarray(0, 70_000)
        throw new Error('the line is dead')
      } finally {
        isClosed = true
      }
    }
    await expect(imageFrom(broken())).rejects.toThrow('the line is dead')
    expect(isClosed).toBe(true)
  })

  it('holds across many tables', async () => {
    const random = seededRandom('tables')
    const runs = [0, 31, 32, 70, 129].map((mebibytes) => ({
      offsetBytes: mebibytes * 2 ** 20,
      bytes: random.bytes(200_000),
    }))
    const wide = { capacityBytes: 130 * 2 ** 20, runs }
    expect((await imageFrom(inPieces(await streamOf(wide)))).equals(imageOf(wide))).toBe(true)
  })
})

/** Where grains begin: a sector whose size field is not 0 and whose place is a multiple of a grain. */
function grainSectors(bytes: Buffer): number[] {
  const found: number[] = []
  for (let sector = 128; sector * 512 < bytes.length;) {
    const size = bytes.readUInt32LE(sector * 512 + 8)
    if (size > 0) found.push(sector)
    sector += size > 0 ? Math.ceil((12 + size) / 512) : 1 + Number(bytes.readBigUInt64LE(sector * 512))
    if (size === 0) break
  }
  return found
}
