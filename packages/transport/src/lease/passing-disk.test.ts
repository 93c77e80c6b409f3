import fc from 'fast-check'
import { AppError, systemClock } from '@vmkeep/kit'
import { bytesOf, imageOf, sampleContent } from '@vmkeep/disk/testing'
import { diskFail } from '@vmkeep/disk'
import { describe, expect, it } from 'vitest'
import { fail } from '../errors.ts'
import { type Pass, PassingDisk, type PassingDiskOptions } from './passing-disk.ts'

const content = sampleContent()
const image = imageOf(content)
const grainBytes = 65_536
const instantly = { ...systemClock, sleep: async () => {} }

interface Passages {
  /** How often it was begun, and how much has passed. */
  begun: number
  passedBytes: number
  /** Those that break, after so many bytes, and how. */
  readonly breakAt: number[]
  readonly breakWith?: Error
  readonly proof?: () => Promise<void>
}

function diskOf(passages: Passages, options: Partial<PassingDiskOptions> = {}): PassingDisk {
  return new PassingDisk({
    path: 'disk',
    capacityBytes: image.length,
    sectorSizeBytes: 512,
    open: async () => passOf(passages),
    restartsMax: 2,
    onRestart: () => {},
    onProgress: (bytes) => (passages.passedBytes = Math.max(passages.passedBytes, bytes)),
    clock: instantly,
    ...options,
  })
}

function passOf(passages: Passages): Pass {
  passages.begun++
  const breakAt = passages.breakAt.shift() ?? Infinity
  let at = 0
  return {
    async next() {
      for (; at < image.length; at += grainBytes) {
        if (at >= breakAt) throw passages.breakWith ?? diskFail('disk.closed', { disk: 'line' })
        const bytes = image.subarray(at, at + grainBytes)
        if (bytes.every((byte) => byte === 0)) continue
        const grain = { offsetBytes: at, bytes }
        at += grainBytes
        return grain
      }
      await passages.proof?.()
      return undefined
    },
    [Symbol.asyncDispose]: async () => {},
  }
}

const fresh = (breakAt: number[] = []): Passages => ({ begun: 0, passedBytes: 0, breakAt })
const broke = new AppError('test.broke', 'retry', 'the line broke')

describe('a disk that passes', () => {
  it('is had in one passage by reads that ascend, several at a time', async () => {
    const passages = fresh()
    await using disk = diskOf(passages)
    const step = 100_000
    for (let at = 0; at < image.length; at += 4 * step) {
      const runs = [0, 1, 2, 3].map((i) => at + i * step).filter((offset) => offset < image.length)
      await Promise.all(
        runs.map(async (offsetBytes) => {
          const lengthBytes = Math.min(step, image.length - offsetBytes)
          const got = await bytesOf(disk, { offsetBytes, lengthBytes })
          expect(got.equals(image.subarray(offsetBytes, offsetBytes + lengthBytes))).toBe(true)
        }),
      )
    }
    expect(passages.begun).toBe(1)
  })

  it('gives every read its bytes, in whatever order they come and however often the line breaks', async () => {
    const run = fc.tuple(fc.nat(image.length - 1), fc.integer({ min: 1, max: 300_000 }))
    const breaks = fc.array(fc.nat(image.length), { maxLength: 2 })
    await fc.assert(
      fc.asyncProperty(fc.array(run, { minLength: 1, maxLength: 12 }), breaks, async (runs, breakAt) => {
        await using disk = diskOf({ ...fresh(breakAt), breakWith: broke })
        const read = async ([offsetBytes, length]: [number, number]) => {
          const lengthBytes = Math.min(length, image.length - offsetBytes)
          const got = await bytesOf(disk, { offsetBytes, lengthBytes })
          expect(got.equals(image.subarray(offsetBytes, offsetBytes + lengthBytes))).toBe(true)
        }
        await Promise.all(runs.slice(0, 6).map(read))
        for (const one of runs.slice(6)) await read(one)
      }),
      { numRuns: 60 },
    )
  })

  it('comes no faster than somebody asks for it', async () => {
    const passages = fresh()
    await using disk = diskOf(passages)
    await bytesOf(disk, { offsetBytes: 0, lengthBytes: 1000 })
    expect(passages.passedBytes).toBe(grainBytes)
  })

  it('does not give its last byte before all of it is proven', async () => {
    const proof = async () => {
      throw fail('transport.lease-altered', { disk: 'disk', fact: 'other bytes' })
    }
    await using disk = diskOf({ ...fresh(), proof })
    await bytesOf(disk, { offsetBytes: 0, lengthBytes: image.length - 1 })
    await expect(bytesOf(disk, { offsetBytes: image.length - 1, lengthBytes: 1 })).rejects.toMatchObject({
      code: 'transport.lease-altered',
    })
  })

  it('gives up when passages break before anything new has come', async () => {
    const passages = { ...fresh([0, 0, 0]), breakWith: broke }
    await using disk = diskOf(passages)
    await expect(bytesOf(disk, { offsetBytes: 0, lengthBytes: 1 })).rejects.toBe(broke)
    expect(passages.begun).toBe(3)
  })

  it('lets the reads of others go on when one is aborted', async () => {
    await using disk = diskOf(fresh())
    const enough = new AbortController()
    const [aborted, other] = [new Uint8Array(1000), new Uint8Array(image.length)]
    const reading = disk.read(0, aborted, enough.signal)
    const whole = disk.read(0, other)
    enough.abort(new Error('enough'))
    await expect(reading).rejects.toThrow('enough')
    await whole
    expect(image.equals(other)).toBe(true)
  })
})
