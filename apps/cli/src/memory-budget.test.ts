import { describe, expect, it } from 'vitest'
import { configSchema } from './config/schema.ts'
import { bufferBytesOf, wantedBytesOf } from './memory-budget.ts'

const limitsOf = (limits: object) => configSchema.parse({ limits }).limits
/** What a repository takes: `Environment.memoryBytesMax`. */
const [least, most] = [48 * 2 ** 20, 2 ** 32]

describe('limits.memoryMiB', () => {
  it.each([128, 129, 512, 2047, 2048, 4096, 8191, 8192])(
    '%i gives the repository half, which it accepts',
    (memoryMiB) => {
      const bytes = bufferBytesOf(limitsOf({ memoryMiB }))
      expect(bytes).toBe(memoryMiB * 2 ** 19)
      expect(bytes).toBeGreaterThanOrEqual(least)
      expect(bytes).toBeLessThanOrEqual(most)
    },
  )

  it('that a repository could not use is refused where it is written', () => {
    expect(configSchema.safeParse({ limits: { memoryMiB: 127 } }).success).toBe(false)
    expect(configSchema.safeParse({ limits: { memoryMiB: 8193 } }).success).toBe(false)
  })

  it('is about what a backup takes with the default limits on two cores, and more with more cores or disks', () => {
    const wanted = wantedBytesOf(limitsOf({}), 2)
    expect(Math.abs(wanted - 512 * 2 ** 20)).toBeLessThan(64 * 2 ** 20)
    expect(wantedBytesOf(limitsOf({}), 16)).toBeGreaterThan(wanted)
    expect(wantedBytesOf(limitsOf({ disksPerHost: 50 }), 2)).toBeGreaterThan(wanted)
  })
})
