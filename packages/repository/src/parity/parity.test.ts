import { seededRandom } from '@vmkeep/kit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { noise } from '../testing.ts'
import { decodeParity, encodeParity, parityBytesOf, parityLayout } from '../formats/parity.ts'
import { ParityMaker } from './make-parity.ts'
import { RebuiltPack } from './rebuilt-pack.ts'
import { Syndromes } from './reed-solomon.ts'

const random = seededRandom('parity')
const indexKey = random.bytes(32)
const identity = { repositoryId: random.bytes(16), name: random.bytes(24) }
const KiB = 1024

function parityOf(pack: Uint8Array) {
  const maker = new ParityMaker(parityLayout(pack.length))
  for (let at = 0; at < pack.length; at += 10_007) maker.push(pack.subarray(at, at + 10_007))
  return maker.finish()
}
const readerOf = (pack: Uint8Array) => async (at: number, target: Uint8Array) =>
  target.set(pack.subarray(at, at + target.length))

describe('the code', () => {
  const shard = (...bytes: number[]) => Uint8Array.from({ length: 4 }, (_, i) => bytes[i] ?? 0)

  // Source: the definition, by hand: x·data mod (x−1)(x−2) over 0x11d; and reedsolo 1.7.0, RSCodec(2).encode. Evidence: observed.
  it.each([
    ['a single 1', [1], [3, 2]],
    ['1, 2, 3, 4', [1, 2, 3, 4], [4, 0]],
    ['the bytes of "hello"', [...Buffer.from('hello')], [236, 142]],
  ])('gives the check bytes of %s', (_, data, expected) => {
    const syndromes = new Syndromes(4)
    for (const byte of data) syndromes.add(shard(byte))
    expect(syndromes.checks().map(([byte]) => byte)).toEqual(expected)
  })

  it('gives back any two shards of a group', () =>
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 8, maxLength: 8 }), { minLength: 1, maxLength: 40 }),
        fc.nat(),
        fc.nat(),
        (data, x, y) => {
          const making = new Syndromes(8)
          for (const each of data) making.add(each.slice())
          const word = [...data, ...making.checks()]
          const places = [...new Set([x % word.length, y % word.length])].toSorted((a, b) => a - b)
          const mending = new Syndromes(8)
          for (const [i, each] of word.entries()) mending.add(places.includes(i) ? new Uint8Array(8) : each.slice())
          expect(mending.lost(places).map((each) => [...each])).toEqual(places.map((place) => [...word[place]!]))
        },
      ),
    ))
})

describe('the parity of a pack', () => {
  it.each([1, 511, 512, 9 * KiB, 100 * KiB, 2048 * KiB - 1, 2048 * KiB + 1, 9000 * KiB + 77])(
    'of %i bytes takes about a sixteenth, and a few sectors',
    (size) => {
      const layout = parityLayout(size)
      expect(layout.dataShards).toBe(Math.ceil(size / layout.shardBytes))
      expect(layout.groups * 32).toBeGreaterThanOrEqual(layout.dataShards)
      expect(parityBytesOf(layout)).toBeLessThan(size / 12 + 131_072 + 4 * KiB)
      const pack = noise(size, size)
      const encoded = encodeParity(identity, parityOf(pack), indexKey)
      expect(encoded.length).toBe(parityBytesOf(layout))
      const decoded = decodeParity(encoded, identity, indexKey)
      expect(decoded.layout).toEqual(layout)
      expect(Buffer.compare(decoded.shards, parityOf(pack).shards)).toBe(0)
    },
  )

  it.each<[string, (pack: Uint8Array, shardBytes: number, groups: number) => void]>([
    ['one bit', (pack) => pack.set([pack[77_777]! ^ 1], 77_777)],
    [
      'as many shards in a row as there are parity shards',
      (pack, shard, groups) => void pack.fill(0, 5 * shard, (5 + 2 * groups) * shard),
    ],
    ['the end', (pack, shard) => void pack.fill(9, pack.length - shard)],
    ['the beginning', (pack) => void pack.fill(1, 0, 64)],
  ])('brings back %s', async (_, damage) => {
    const pack = noise(4500 * KiB + 33, 'pack')
    const parity = parityOf(pack)
    const damaged = new Uint8Array(pack)
    damage(damaged, parity.layout.shardBytes, parity.layout.groups)
    expect(Buffer.compare(damaged, pack)).not.toBe(0)
    const rebuilt = await RebuiltPack.open(parity, readerOf(damaged))
    expect(Buffer.compare(await rebuilt.bytes(0, pack.length), pack)).toBe(0)
    expect(Buffer.compare(await rebuilt.bytes(65_000, 3000), pack.subarray(65_000, 68_000))).toBe(0)
  })

  it('brings a shard back when a parity shard is damaged as well, and nothing of a group that lost three', async () => {
    const pack = noise(1000 * KiB, 'pack')
    const parity = parityOf(pack)
    const { shardBytes } = parity.layout
    const damaged = new Uint8Array(pack)
    damaged.fill(0, 0, shardBytes)
    parity.shards.fill(0, 0, 10)
    const one = await RebuiltPack.open(parity, readerOf(damaged))
    expect(Buffer.compare(await one.bytes(0, pack.length), pack)).toBe(0)
    damaged.fill(0, 3 * shardBytes, 4 * shardBytes)
    const two = await RebuiltPack.open(parity, readerOf(damaged))
    expect(Buffer.compare(await two.bytes(0, pack.length), damaged)).toBe(0)
  })
})
