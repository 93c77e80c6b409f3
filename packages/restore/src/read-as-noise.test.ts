import { seededRandom } from '@vmkeep/kit'
import { expect, it } from 'vitest'
import { looksLikeNoise } from './read-as-noise.ts'

// With restore points: tests/journeys/read-as-noise.test.ts.

const text = (start: string, random: number) =>
  Buffer.concat([Buffer.from(start, 'latin1'), seededRandom(start).bytes(random), Buffer.alloc(512)]).subarray(0, 512)

it.each([
  ['nothing', new Uint8Array(512)],
  ['boot code and a table of partitions', Buffer.concat([seededRandom('b').bytes(510), Buffer.of(0x55, 0xaa)])],
  ['a guest’s own encryption', text('LUKS\u{ba}\u{be}\0\u{02}', 100)],
  ['text', text('# a swap file, perhaps\n', 0)],
])('%s is no noise', (_, sector) => expect(looksLikeNoise(sector)).toBe(false))

it('noise is', () => {
  for (let seed = 0; seed < 200; seed++) expect(looksLikeNoise(seededRandom(seed).bytes(512))).toBe(true)
})
