import fc from 'fast-check'
import { seededRandom } from '@vmkeep/kit'
import { describe, expect, it } from 'vitest'
import { decodeDelta, encodeDelta, type PackRow } from '../formats/delta.ts'
import { packKey } from '../formats/object-names.ts'
import { ChunkIndex } from './chunk-index.ts'
import { PrefixTable } from './prefix-table.ts'

const random = seededRandom('index')

describe('a prefix table', () => {
  /** Few distinct prefixes, many of them differing in one place only: collisions of every kind. */
  const anyPrefix = fc
    .record({ place: fc.nat(15), value: fc.nat(3) })
    .map(({ place, value }) => new Uint8Array(16).fill(value, place, place + 1))

  it('does what a Map does', () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(anyPrefix, fc.integer({ min: 1, max: 0xffff_ffff }), fc.nat(0xffff_ffff))),
        (sets) => {
          const table = new PrefixTable(2)
          const model = new Map<string, number[]>()
          for (const [prefix, a, b] of sets) {
            table.set(prefix, a, b)
            model.set(String(prefix), [a, b])
          }
          expect(table.size).toBe(model.size)
          for (let place = 0; place < 16; place++)
            for (let value = 0; value < 4; value++) {
              const prefix = new Uint8Array(16).fill(value, place, place + 1)
              expect([...(table.find(prefix) ?? [])]).toEqual(model.get(String(prefix)) ?? [])
            }
        },
      ),
    ))

  it('grows and keeps everything, in about 40 bytes per entry', () => {
    const table = new PrefixTable(3)
    const prefixes = Array.from({ length: 200_000 }, (_, i) => {
      const prefix = new Uint8Array(16)
      const view = new DataView(prefix.buffer)
      for (let word = 0; word < 4; word++)
        view.setUint32(word * 4, Math.imul(i + 1, 0x9e37_79b1 + 2 * word) ^ (i << word))
      prefix[15] = i % 251
      return prefix
    })
    prefixes.forEach((prefix, i) => table.set(prefix, i + 1, i, 7))
    expect(prefixes.every((prefix, i) => table.find(prefix)![1] === i)).toBe(true)
    expect(table.find(random.bytes(16))).toBeUndefined()
    expect(table.bytes / table.size).toBeLessThan(52)
  })

  it('takes little more than needed when told beforehand', () => {
    const table = new PrefixTable(3)
    table.reserve(100_000)
    expect(table.bytes / 100_000).toBeLessThan(40)
  })
})

describe('a chunk index', () => {
  const identity = { repositoryId: random.bytes(16), sessionId: random.bytes(16), number: 3 }
  const key = random.bytes(32)
  const row = (name: Uint8Array): PackRow => ({
    name,
    sizeBytes: 10_000,
    blobs: 2,
    plainBytes: 500_000,
    sha256: random.bytes(32),
    kind: 1,
    keyGeneration: 1,
  })
  const delta = (rows: PackRow[], ids: Uint8Array[]) => {
    const entries = ids.map((id, i) => ({
      id,
      pack: i % rows.length,
      offsetBytes: 64 + i,
      storedBytes: 200 + i,
      type: 1,
      compression: 1,
    }))
    return decodeDelta(encodeDelta(identity, rows, entries, key), identity, key)
  }

  it('finds what deltas said', () => {
    const index = new ChunkIndex()
    const names = [random.bytes(24), random.bytes(24)]
    const ids = Array.from({ length: 500 }, () => random.bytes(32))
    const { packs, entries } = delta(names.map(row), ids)
    index.addDelta(packs, entries)
    ids.forEach((id, i) =>
      expect(index.find(id)).toMatchObject({
        offsetBytes: 64 + i,
        storedBytes: 200 + i,
        type: 1,
        pack: { key: packKey(names[i % 2]!) },
      }),
    )
    expect(index.find(random.bytes(32))).toBeUndefined()
  })

  it('finds the other copy when a pack is gone', () => {
    const index = new ChunkIndex()
    const id = random.bytes(32)
    for (const name of [random.bytes(24), random.bytes(24)]) {
      const { packs, entries } = delta([row(name)], [id])
      index.addDelta(packs, entries)
    }
    const [first, second] = index.packs
    expect(index.find(id)?.pack).toBe(first) // the first of two good copies
    first!.state = 'gone'
    expect(index.find(id)?.pack).toBe(second)
    second!.state = 'gone'
    expect(index.find(id)).toBeUndefined()
    const again = delta([row(second!.name)], [id])
    index.addDelta(again.packs, again.entries)
    second!.state = 'live'
    expect(index.find(id)?.pack).toBe(second)
    expect(index.packs).toHaveLength(2)
  })

  it('prefers any copy to one that is condemned, and reads from that when there is no other', () => {
    const doomed = random.bytes(24)
    const index = new ChunkIndex({
      condemned: { isCondemned: (name) => Buffer.compare(name, doomed) === 0, isDoomed: () => false },
    })
    const id = random.bytes(32)
    const condemned = delta([row(doomed)], [id])
    index.addDelta(
      condemned.packs.map((each) => ({ ...each, name: doomed })),
      condemned.entries,
    )
    expect(index.find(id)?.pack).toMatchObject({ state: 'condemned', condemned: true })
    const other = index.addPack(random.bytes(24), 'pending')
    index.add(other, { id, offsetBytes: 64, storedBytes: 100, type: 1 })
    expect(index.find(id)?.pack).toBe(other)
  })

  it('prefers a live copy to a pending or doubtful one', () => {
    const index = new ChunkIndex()
    const blob = { id: random.bytes(32), offsetBytes: 64, storedBytes: 100, type: 1 }
    const doubtful = index.addPack(random.bytes(24), 'doubtful')
    index.add(doubtful, blob)
    const pending = index.addPack(random.bytes(24), 'pending')
    index.add(pending, blob)
    expect(index.find(blob.id)?.pack).toBe(pending)
    const { packs, entries } = delta([row(random.bytes(24))], [blob.id])
    index.addDelta(packs, entries)
    index.add(doubtful, blob)
    expect(index.find(blob.id)?.pack.state).toBe('live')
  })
})
