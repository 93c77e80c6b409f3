import { describe, expect, it } from 'vitest'
import { checkpointBytes, parseCheckpoint } from './checkpoint.ts'

const checkpoint = {
  power: 'on',
  config: 'displayName = "web01"\n',
  memory: { sizeBytes: 2 ** 24, digest: 'ab' },
  disks: [{ node: 'scsi0:0', digest: 'cd' }],
} as const

describe('a checkpoint', () => {
  it('is read back as it was written', () => expect(parseCheckpoint(checkpointBytes(checkpoint))).toEqual(checkpoint))

  it('is none when it is cut short, or one bit of it is another', () => {
    const bytes = checkpointBytes(checkpoint)
    for (let at = 0; at < bytes.length; at++) {
      expect(parseCheckpoint(bytes.subarray(0, at))).toBeUndefined()
      const flipped = Buffer.from(bytes)
      flipped[at]! ^= 1
      expect(parseCheckpoint(flipped)).toBeUndefined()
    }
  })
})
