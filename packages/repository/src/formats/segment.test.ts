import fc from 'fast-check'
import { seededRandom } from '@vmkeep/kit'
import { describe, expect, it } from 'vitest'
import { hmac } from './aead.ts'
import { entryBytes } from './delta.ts'
import { blockBytes, checkBlocked, indexKind } from './index-blocks.ts'
import { decodeRoot, encodeRoot, type IndexRoot } from './index-root.ts'
import { checkPackRowsFooter, decodePackRows, encodePackRows } from './pack-rows.ts'
import {
  checkSegmentFooter,
  entriesPerBlock,
  everyFilterBit,
  filterLineOf,
  filterLinesOf,
  lineBytes,
  linesPerBlock,
  SegmentBuilder,
  segmentBlocksOf,
} from './segment.ts'

const random = seededRandom('segments')
const name = () => new Uint8Array(random.bytes(24))
const key = random.bytes(32)
const identity = { repositoryId: random.bytes(16), name: random.bytes(24) }

function segmentOf(entries: number): Buffer {
  const builder = new SegmentBuilder()
  const ids = Array.from({ length: entries }, (_, i) => hmac(key, `${i}`)).toSorted((a, b) => Buffer.compare(a, b))
  for (const id of ids) {
    const entry = new DataView(new ArrayBuffer(entryBytes))
    for (let i = 0; i < 16; i++) entry.setUint8(i, id[i]!)
    builder.add(entry, 0, 0)
  }
  return Buffer.concat(builder.finish(identity, key))
}

const rows = Array.from({ length: 100 }, (_, i) => ({
  name: name(),
  sizeBytes: 1000 + i,
  blobs: 1 + i,
  plainBytes: 2 ** 33 + i,
  sha256: new Uint8Array(random.bytes(32)),
  kind: 1,
  keyGeneration: 3,
  since: 1_800_000_000 + i,
}))

describe.each([
  { what: 'a segment', kind: indexKind.segment, source: segmentOf(entriesPerBlock + 3), check: checkSegmentFooter },
  {
    what: 'a pack table',
    kind: indexKind.packTable,
    source: Buffer.concat(encodePackRows(identity, rows, key)),
    check: checkPackRowsFooter,
  },
])('$what', ({ kind, source, check }) => {
  const read = (bytes: Uint8Array) => check(checkBlocked(kind, bytes, identity, key))

  it('is read back', () => expect(() => read(source)).not.toThrow())

  it('refuses a flipped bit in every byte', () => {
    for (let at = 0; at < source.length; at++) {
      const damaged = Buffer.from(source)
      damaged[at]! ^= 1 << (at % 8)
      expect(() => read(damaged), `byte ${at}`).toThrow(/./)
    }
  })

  it('refuses every truncation, and more than there was', () => {
    for (let end = 0; end < source.length; end += end % blockBytes === 0 ? 1 : 511)
      expect(() => read(source.subarray(0, end))).toThrow('it')
    expect(() => read(Buffer.concat([source, source.subarray(0, blockBytes)]))).toThrow('it')
  })

  it('refuses another place, another repository, another key and another kind', () => {
    const other = { ...identity, name: random.bytes(24) }
    expect(() => checkBlocked(kind, source, other, key)).toThrow('its id is not the one in its name')
    const session = { ...identity, name: Buffer.concat([identity.name.subarray(0, 16), random.bytes(8)]) }
    expect(() => checkBlocked(kind, source, session, key)).toThrow('it names another session')
    const repository = { ...identity, repositoryId: random.bytes(16) }
    expect(() => checkBlocked(kind, source, repository, key)).toThrow('another repository')
    expect(() => checkBlocked(kind, source, identity, random.bytes(32))).toThrow('it is not what was written')
    const wrong = kind === indexKind.segment ? indexKind.packTable : indexKind.segment
    expect(() => checkBlocked(wrong, source, identity, key)).toThrow('of kind')
  })

  it('makes of arbitrary bytes a format error and nothing else', () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3 * blockBytes, size: 'max' }), (bytes) => {
        expect(() => read(bytes)).toThrow(expect.objectContaining({ name: 'FormatError' }))
      }),
      { numRuns: 50 },
    ))
})

it('a filter lets every entry through, and of others fewer than one in fifty', () => {
  const entries = 20_000
  const source = segmentOf(entries)
  const filterAt = (1 + segmentBlocksOf(entries).itemBlocks) * blockBytes
  const passes = (id: Uint8Array) => {
    const view = new DataView(id.buffer, id.byteOffset)
    const line = filterLineOf(view.getUint32(8), filterLinesOf(entries))
    const at = filterAt + Math.floor(line / linesPerBlock) * blockBytes + (line % linesPerBlock) * lineBytes
    return everyFilterBit(view.getUint32(4), view.getUint32(12), (byte, bit) => (source[at + byte]! & bit) !== 0)
  }
  const known = Array.from({ length: entries }, (_, i) => hmac(key, `${i}`))
  const others = Array.from({ length: entries }, (_, i) => hmac(key, `other ${i}`))
  expect(known.every(passes)).toBe(true)
  expect(others.filter(passes).length / entries).toBeLessThan(0.02)
})

it('a pack table gives its rows back', () => {
  const source = Buffer.concat(encodePackRows(identity, rows, key))
  expect([...decodePackRows(source, rows.length)]).toEqual(rows)
})

describe('a root', () => {
  const repositoryId = random.bytes(16)
  const sealing = { controlKey: random.bytes(32), random }
  const root: IndexRoot = {
    number: 7,
    atMs: 1_790_000_000_000,
    runs: [{ entries: 10, packs: 2, packTables: [name()], segments: [name(), name()] }],
    folded: [
      'index/delta/019b76daa8000102030405060708090a-000001',
      'index/delta/019b76daa8000102030405060708090a-000017',
    ],
  }
  const source = encodeRoot(repositoryId, root, sealing)

  it('is read back', () => expect(decodeRoot(source, { repositoryId, number: 7 }, sealing.controlKey)).toEqual(root))

  it('cannot take the place of another', () =>
    expect(() => decodeRoot(source, { repositoryId, number: 8 }, sealing.controlKey)).toThrow('its id'))

  it('refuses a flipped bit in every byte', () => {
    for (let at = 0; at < source.length; at++) {
      const damaged = Buffer.from(source)
      damaged[at]! ^= 1 << (at % 8)
      if (at === 9 || (at >= 56 && at < 60)) continue // minor and reserved are under the checksum alone
      expect(() => decodeRoot(damaged, { repositoryId, number: 7 }, sealing.controlKey), `byte ${at}`).toThrow('it')
    }
  })
})
