import fc from 'fast-check'
import { FormatError, seededRandom } from '@vmkeep/kit'
import { describe, expect, it } from 'vitest'
import { blobType, compression, decodeBlobHeader, encodeBlobHeader } from './blob.ts'
import { decodeCbor, encodeCbor } from './cbor.ts'
import { decodeCensus, encodeCensus } from './census.ts'
import { decodeCondemnedPacks, encodeCondemnedPacks } from './condemned-packs.ts'
import { decodeHeader, encodeHeader, magic } from './common-header.ts'
import { decodeDelta, encodeDelta } from './delta.ts'
import { decodeFormat, encodeFormat, peekFormat } from './format-object.ts'
import { hmac } from './aead.ts'
import { decodeLostCopies, encodeLostCopies } from './lost-copies.ts'
import { toHex } from './hex.ts'
import { decodeKeyRing, encodeKeyRing } from './key-ring.ts'
import { publicKeyOf } from '../keys/x25519.ts'
import {
  decodeKeySlot,
  encodeKeySlot,
  keySlotBytesMax,
  openKeySlot,
  type SlotLock,
  type SlotOpener,
} from './key-slot.ts'
import { heightOf } from './map-geometry.ts'
import { MapPage } from './map-page.ts'
import {
  decodeFooter,
  decodePackHeader,
  decodeTrailer,
  encodeFooter,
  encodePackHeader,
  encodeTrailer,
  footerBytes,
  packKind,
  trailerBytesOf,
} from './pack.ts'
import { decodeSessionEnd, encodeFence, encodePoint } from './point.ts'
import { createdAtMsOf, newSessionId } from './session-id.ts'
import { decodeBeat, decodePin, encodeBeat, encodePin } from './session-signs.ts'
import { decodeSessionStart, encodeSessionStart } from './session-start.ts'
import { decodeTrashEntry, encodeTrashEntry } from './trash-entry.ts'
import { decodeVerifiedPacks, encodeVerifiedPacks } from './verified-packs.ts'
import { packKey, packNameOf } from './object-names.ts'

const random = seededRandom('formats')
const repositoryId = random.bytes(16)
const key = random.bytes(32)
const sessionId = newSessionId(Date.UTC(2026, 0, 1), random.bytes(2), random)
const sealing = { controlKey: key, random }
const identity = { repositoryId, sessionId }
const holder = { repositoryId, holderId: sessionId }

const name = random.bytes(24)
const header = encodePackHeader({ repositoryId, name }, packKind.data)
const entries = [
  {
    id: random.bytes(32),
    offsetBytes: 64,
    storedBytes: 1000,
    plainBytes: 131_072,
    type: blobType.chunk,
    compression: compression.zstd,
  },
  {
    id: random.bytes(32),
    offsetBytes: 1064,
    storedBytes: 200,
    plainBytes: 120,
    type: blobType.mapPage,
    compression: compression.none,
  },
]
const trailer = encodeTrailer(entries, { header, name, indexKey: key })
const footer = { trailerOffsetBytes: 1264, trailerBytes: trailer.length, count: 2, sha256: random.bytes(32) }
const packBytes = 1264 + trailer.length + footerBytes
const row = {
  name,
  sizeBytes: packBytes,
  blobs: 2,
  plainBytes: 131_192,
  sha256: footer.sha256,
  kind: 1,
  keyGeneration: 1,
}
const deltaIdentity = { repositoryId, sessionId: Buffer.from(sessionId, 'hex'), number: 1 }
const page = new MapPage(1, 18)
for (const slot of [0, 7, 8, 255]) page.set(slot, random.bytes(32))
const manifest = {
  subject: { id: 'vm-1', name: 'Büro 1', kind: 'vm' },
  images: [
    {
      key: 'a',
      label: 'A',
      attributes: { list: [1, 'x', null, new Uint8Array([1])] },
      image: {
        capacityBytes: 70_000_000_000,
        chunkSizeBytes: 262_144,
        height: heightOf(70_000_000_000, 262_144),
        root: toHex(random.bytes(32)),
      },
    },
    {
      key: 'b',
      label: 'B',
      attributes: {},
      image: { capacityBytes: 0, chunkSizeBytes: 131_072, height: 1, root: null },
    },
  ],
  blobs: { 'vm.vmx': toHex(random.bytes(32)) },
  attributes: { deep: { a: { b: [-1, 1.5, true] } } },
  stats: { sent: 3 },
  tags: ['audit', 'env=prod'],
  gfs: [{ period: 'monthly', keepUntil: '2027-11-22T00:00:00.000Z' }],
  origin: { repository: '0a'.repeat(16), point: '0b'.repeat(16), committedAt: '2025-12-31T23:59:59.999Z' },
}
const marks = {
  protection: { at: '2026-11-22T00:00:00.000Z', reason: 'a trial', until: '2027-01-01T00:00:00.000Z' },
  tags: [],
  clearance: { at: '2026-11-22T01:00:00.000Z', reason: 'an upgrade' },
}

/** Every format of the repository: bytes, and what reads them. `sealed`: any damage must be noticed by the format itself. */
const formats: [string, { bytes: Uint8Array; decode: (bytes: Uint8Array) => unknown; sealed: boolean }][] = [
  ['a header', { bytes: header, decode: (b) => decodePackHeader(b, { repositoryId, name }), sealed: true }],
  [
    'a pack trailer',
    {
      bytes: trailer,
      decode: (b) => decodeTrailer(b, { header, name, indexKey: key, trailerOffsetBytes: 1264 }),
      sealed: true,
    },
  ],
  [
    'a delta',
    {
      bytes: encodeDelta(
        deltaIdentity,
        [row],
        entries.map((entry) => ({ ...entry, pack: 0 })),
        key,
      ),
      decode: (b) => decodeDelta(b, deltaIdentity, key),
      sealed: true,
    },
  ],
  [
    'a format object',
    {
      bytes: encodeFormat(
        {
          keysId: new Uint8Array(16).fill(9),
          chunkSizeBytes: 262_144,
          createdAtMs: 5,
          writer: 'w',
          readFeatures: [],
          writeFeatures: [],
          gcFeatures: ['x'],
        },
        repositoryId,
        key,
        random,
      ),
      decode: (b) => decodeFormat(b, repositoryId, key),
      sealed: true,
    },
  ],
  [
    'a ring',
    {
      bytes: encodeKeyRing(
        {
          repositoryId,
          objectId: random.bytes(16),
          ring: {
            generations: [
              { generation: 1, key, createdAtMs: 1, domain: '' },
              { generation: 3, key, createdAtMs: 2, domain: 'a' },
            ],
            domains: [{ name: 'a', ids: key, createdAtMs: 3 }],
            erased: [{ name: 'b', generations: [2, 4], erasedAtMs: 4 }],
            last: 4,
            oldest: 2,
          },
        },
        key,
        random,
      ),
      decode: (b) => decodeKeyRing(b, repositoryId, key),
      sealed: true,
    },
  ],
  [
    'a session start',
    {
      bytes: encodeSessionStart(identity, { startedAtMs: 7, writer: 'w' }, sealing),
      decode: (b) => decodeSessionStart(b, identity, key),
      sealed: true,
    },
  ],
  [
    'a point',
    {
      bytes: encodePoint(identity, manifest, { committedAtMs: 9, writer: 'w' }, sealing),
      decode: (b) => decodeSessionEnd(b, identity, key),
      sealed: true,
    },
  ],
  [
    'a fence',
    { bytes: encodeFence(identity, 3, sealing), decode: (b) => decodeSessionEnd(b, identity, key), sealed: true },
  ],
  [
    'an entry of a fate',
    {
      bytes: encodeTrashEntry(
        { ...identity, pointId: sessionId, number: 2 },
        { kind: 'forgotten', atMs: 4, reason: 'r', marks },
        sealing,
      ),
      decode: (b) => decodeTrashEntry(b, { ...identity, pointId: sessionId, number: 2 }, key),
      sealed: true,
    },
  ],
  [
    'a beat',
    {
      bytes: encodeBeat(holder, { number: 3, respects: 2, atMs: 5 }, sealing),
      decode: (b) => decodeBeat(b, { ...holder, number: 3 }, key),
      sealed: true,
    },
  ],
  [
    'a pin',
    {
      bytes: encodePin(holder, { pointId: sessionId, atMs: 5 }, sealing),
      decode: (b) => decodePin(b, { ...holder, pointId: sessionId }, key),
      sealed: true,
    },
  ],
  [
    'a list of condemned packs',
    {
      bytes: encodeCondemnedPacks(
        repositoryId,
        { part: 'list', number: 7, atMs: 5, packs: [name, name], points: [] },
        sealing,
      ),
      decode: (b) => decodeCondemnedPacks(b, { repositoryId, part: 'list', number: 7 }, key),
      sealed: true,
    },
  ],
  [
    'a final',
    {
      bytes: encodeCondemnedPacks(
        repositoryId,
        { part: 'final', number: 7, atMs: 5, packs: [name], points: [sessionId] },
        sealing,
      ),
      decode: (b) => decodeCondemnedPacks(b, { repositoryId, part: 'final', number: 7 }, key),
      sealed: true,
    },
  ],
  [
    'a record of lost copies',
    {
      bytes: encodeLostCopies(
        { repositoryId, recordId: name.subarray(0, 16) },
        { copies: [{ packName: name, offsetBytes: 64, id: random.bytes(32) }], atMs: 5 },
        sealing,
      ),
      decode: (b) => decodeLostCopies(b, { repositoryId, recordId: name.subarray(0, 16) }, key),
      sealed: true,
    },
  ],
  [
    'a record of verified packs',
    {
      bytes: encodeVerifiedPacks(
        { repositoryId, recordId: name.subarray(0, 16) },
        [{ prefix: name.subarray(0, 16), checksumMinutes: 7, fullMinutes: 5 }],
        sealing,
      ),
      decode: (b) => decodeVerifiedPacks(b, { repositoryId, recordId: name.subarray(0, 16) }, key),
      sealed: true,
    },
  ],
  [
    'a census',
    {
      bytes: encodeCensus(
        { repositoryId, recordId: name.subarray(0, 16) },
        { points: [sessionId], objects: { format: random.bytes(32) } },
        sealing,
      ),
      decode: (b) => decodeCensus(b, { repositoryId, recordId: name.subarray(0, 16) }, key),
      sealed: true,
    },
  ],
  ['a footer', { bytes: encodeFooter(footer), decode: (b) => decodeFooter(b, packBytes), sealed: false }],
  ['a map page', { bytes: page.encode(), decode: (b) => MapPage.decode(b, 1, 18), sealed: false }],
  [
    'a blob header',
    {
      bytes: encodeBlobHeader({
        type: 1,
        compression: 1,
        storedBytes: 1000,
        plainBytes: 131_072,
        keyGeneration: 1,
        id: random.bytes(32),
        nonce: random.bytes(12),
      }),
      decode: (b) => decodeBlobHeader(b, 1000),
      sealed: false,
    },
  ],
  ['CBOR', { bytes: encodeCbor(manifest.images[0]!.attributes), decode: decodeCbor, sealed: false }],
]

const outcome = (work: () => unknown): unknown => {
  try {
    return { value: work() }
  } catch (error) {
    return error
  }
}

it('a control object is no other, by number or by point', () => {
  const list = encodeCondemnedPacks(
    repositoryId,
    { part: 'list', number: 7, atMs: 5, packs: [name], points: [] },
    sealing,
  )
  for (const wrong of [
    { part: 'list', number: 8 },
    { part: 'final', number: 7 },
  ] as const)
    expect(() => decodeCondemnedPacks(list, { repositoryId, ...wrong }, key)).toThrow(FormatError)
  const entry = { kind: 'buried', atMs: 1, reason: '', marks: {} } as const
  const fate = encodeTrashEntry({ ...identity, pointId: sessionId, number: 2 }, entry, sealing)
  expect(() => decodeTrashEntry(fate, { ...identity, pointId: sessionId, number: 3 }, key)).toThrow(FormatError)
  const beat = encodeBeat(holder, { number: 3, respects: 2, atMs: 5 }, sealing)
  expect(() => decodeBeat(beat, { ...holder, number: 4 }, key)).toThrow(FormatError)
  const pin = encodePin(holder, { pointId: sessionId, atMs: 5 }, sealing)
  expect(() => decodePin(pin, { ...holder, pointId: '0'.repeat(32) }, key)).toThrow(FormatError)
})

describe.each(formats)('%s', (_, { bytes, decode, sealed }) => {
  it('reads back, the same each time', () => expect(decode(bytes)).toEqual(decode(new Uint8Array(bytes))))

  it('refuses every truncation', () => {
    for (let length = 0; length < bytes.length; length++)
      expect(outcome(() => decode(bytes.slice(0, length)))).toBeInstanceOf(FormatError)
  })

  it(sealed ? 'notices every flipped bit' : 'takes a flipped bit for what it is, or refuses it', () => {
    for (let at = 0; at < bytes.length * 8; at++) {
      const damaged = new Uint8Array(bytes)
      damaged[at >> 3]! ^= 1 << (at & 7)
      const result = outcome(() => decode(damaged))
      if (sealed || result instanceof Error) expect([at, result]).toEqual([at, expect.any(FormatError)])
    }
  })

  it('refuses any other bytes', () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2 * bytes.length }), (other) => {
        const result = outcome(() => decode(other))
        if (sealed || result instanceof Error) expect(result).toBeInstanceOf(FormatError)
      }),
    ))
})

describe('a header', () => {
  const fields = { magic: magic.point, repositoryId, objectId: random.bytes(16), kind: 1 }
  const reseal = (change: (bytes: Uint8Array) => void) => {
    const bytes = encodeHeader(fields)
    change(bytes)
    const fresh = encodeHeader(fields)
    const { crc32 } = process.getBuiltinModule('node:zlib')
    fresh.set(bytes)
    new DataView(fresh.buffer).setUint32(60, crc32(fresh.subarray(0, 60)), true)
    return fresh
  }

  it.each([
    ['another major', 8, 2],
    ['an unknown flag', 12, 1],
    ['another hash', 48, 2],
    ['another cipher', 49, 9],
    ['another compression', 50, 3],
    ['another header length', 10, 80],
  ])('refuses %s', (_, at, value) => {
    expect(() =>
      decodeHeader(
        reseal((bytes) => bytes.fill(value, at, at + 1)),
        { magic: magic.point },
      ),
    ).toThrow(FormatError)
  })

  it('reads on past an unknown minor', () => {
    expect(
      decodeHeader(
        reseal((bytes) => bytes.fill(7, 9, 10)),
        { magic: magic.point },
      ).minor,
    ).toBe(7)
  })

  it('belongs to one object of one repository', () => {
    const bytes = encodeHeader(fields)
    const other = random.bytes(16)
    for (const expected of [{ magic: magic.pack }, { repositoryId: other }, { objectId: other }, { kind: 2 }])
      expect(() => decodeHeader(bytes, { ...fields, ...expected })).toThrow(FormatError)
  })
})

describe('length bombs', () => {
  const resigned = (bytes: Uint8Array, prefix = new Uint8Array()) => {
    const signed = bytes.subarray(0, bytes.length - 32)
    bytes.set(hmac(key, prefix, signed), signed.length)
    return bytes
  }

  it.each([64, 68])('a delta that claims 4 billion of something at byte %i is refused before it is believed', (at) => {
    const bytes = encodeDelta(deltaIdentity, [row], [], key)
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(at, 0xffff_ffff, true)
    expect(() => decodeDelta(resigned(bytes), deltaIdentity, key)).toThrow(FormatError)
  })

  it('a delta entry outside its pack is refused', () => {
    for (const wrong of [{ pack: 1 }, { offsetBytes: packBytes }, { storedBytes: packBytes }, { storedBytes: 80 }]) {
      const bytes = encodeDelta(deltaIdentity, [row], [{ ...entries[0]!, pack: 0, ...wrong }], key)
      expect(() => decodeDelta(bytes, deltaIdentity, key)).toThrow(FormatError)
    }
  })

  it('a trailer whose blobs overlap, leave gaps or end elsewhere is refused', () => {
    for (const wrong of [
      { offsetBytes: 63 },
      { offsetBytes: 65 },
      { storedBytes: 999 },
      { storedBytes: 80 },
      { plainBytes: 2 ** 31 },
      { plainBytes: 0 },
    ]) {
      const bytes = encodeTrailer([{ ...entries[0]!, ...wrong }, entries[1]!], { header, name, indexKey: key })
      expect(() => decodeTrailer(bytes, { header, name, indexKey: key, trailerOffsetBytes: 1264 })).toThrow(FormatError)
    }
  })

  it('a footer that points anywhere but to its trailer is refused', () => {
    for (const wrong of [
      { count: 1 },
      { count: 0, trailerBytes: trailerBytesOf(0) },
      { trailerOffsetBytes: 1 },
      { trailerOffsetBytes: 2 ** 50 },
      { trailerBytes: 2 ** 31 },
    ])
      expect(() => decodeFooter(encodeFooter({ ...footer, ...wrong }), packBytes)).toThrow(FormatError)
  })

  it.each([
    ['a list of 2^32', '9b0000000100000000'],
    ['bytes of 2^53', '5b0020000000000000'],
    ['a map of 2^31', 'ba80000000'],
  ])('CBOR that claims %s is refused', (_, hex) =>
    expect(() => decodeCbor(Buffer.from(hex, 'hex'))).toThrow(FormatError),
  )

  it('CBOR that nests without end is refused', () => {
    expect(() => decodeCbor(new Uint8Array(60_000).fill(0x81))).toThrow(FormatError)
    expect(() => decodeCbor(Buffer.concat([new Uint8Array(100).fill(0x81), Buffer.from([0])]))).toThrow(FormatError)
  })

  it('a blob that claims more than a blob holds is refused', () => {
    const blob = {
      type: 1,
      compression: 1,
      storedBytes: 1000,
      plainBytes: 131_072,
      keyGeneration: 1,
      id: random.bytes(32),
      nonce: random.bytes(12),
    }
    for (const wrong of [
      { plainBytes: 2 ** 31 },
      { plainBytes: 0 },
      { storedBytes: 999 },
      { type: 9 },
      { compression: 2 },
      { compression: 0 },
    ])
      expect(() => decodeBlobHeader(encodeBlobHeader({ ...blob, ...wrong }), 1000)).toThrow(FormatError)
  })
})

describe('CBOR', () => {
  // Source: RFC 8949, appendix A and §4.2.1. Evidence: documented.
  it.each([
    ['0', 0, '00'],
    ['1000000', 1_000_000, '1a000f4240'],
    ['1.5', 1.5, 'f93e00'],
    ['text', 'ü', '62c3bc'],
    ['bytes', new Uint8Array([1, 2, 3, 4]), '4401020304'],
    ['a map sorted by its keys', { b: 2, aa: 1, a: [false, null] }, 'a36161 82f4f6 6162 02 626161 01'],
  ])('%s', (_, value, hex) => expect(toHex(encodeCbor(value))).toBe(hex.replaceAll(' ', '')))

  it.each([
    ['a number longer than it need be', '1800'],
    ['keys out of order', 'a2616202616101'],
    ['a key twice', 'a2616101616102'],
    ['indefinite length', '9fff'],
    ['undefined', 'f7'],
    ['NaN', 'f97e00'],
    ['a tag', 'c11a514b67b0'],
    ['something after the end', '0000'],
  ])('refuses %s', (_, hex) => expect(() => decodeCbor(Buffer.from(hex, 'hex'))).toThrow(FormatError))

  it('refuses to write what would not come back', () => {
    for (const value of [undefined, Number.NaN, Infinity, 2 ** 53, new Date(), { a: () => {} }, 1n])
      expect(() => encodeCbor(value as never)).toThrow(FormatError)
  })
})

describe('names', () => {
  it('session ids carry their time and sort by it', () => {
    expect(createdAtMsOf(sessionId)).toBe(Date.UTC(2026, 0, 1))
    expect(newSessionId(Date.UTC(2026, 0, 2), new Uint8Array(2), random) > sessionId).toBe(true)
  })

  it('pack names become keys and back', () => {
    expect(packNameOf(packKey(name))).toEqual(new Uint8Array(name))
    for (const other of ['packs/00/x', packKey(name).replace('packs/', 'pack/'), packKey(name).toUpperCase()])
      expect(packNameOf(other)).toBeUndefined()
  })
})

it('a format object of any version says what is needed', () => {
  const bytes = new Uint8Array(formats[3]![1].bytes)
  bytes[8] = 9
  const { crc32 } = process.getBuiltinModule('node:zlib')
  new DataView(bytes.buffer).setUint32(60, crc32(bytes.subarray(0, 60)), true)
  expect(peekFormat(bytes)).toMatchObject({ major: 9, known: false, needs: '0.1.0' })
})

it('a key slot of every kind opens with its secret only, and is refused when cut or changed', async () => {
  const identity = { repositoryId, slotId: random.bytes(16) }
  const cost = { memoryKiB: 8, passes: 1, parallelism: 1 }
  const [privateKey, keyFile] = [random.bytes(32), random.bytes(32)]
  const closings: readonly (readonly [SlotLock, SlotOpener])[] = [
    [
      { kind: 1, secret: 'secret', kdf: 1, cost },
      { kind: 1, secret: 'secret' },
    ],
    [
      { kind: 3, keyFile },
      { kind: 3, keyFile },
    ],
    [
      { kind: 4, recipient: publicKeyOf(privateKey) },
      { kind: 4, privateKey },
    ],
  ]
  for (const [lock, opener] of closings)
    for (const content of [random.bytes(32), random.bytes(128)]) {
      const bytes = await encodeKeySlot(identity, lock, content, random)
      expect(bytes.length).toBeLessThanOrEqual(keySlotBytesMax)
      const slot = decodeKeySlot(bytes, repositoryId, identity.slotId)
      expect(await openKeySlot(slot, opener)).toEqual(Buffer.from(content))
      for (const [, other] of closings) if (other !== opener) expect(await openKeySlot(slot, other)).toBeUndefined()
      expect(await openKeySlot(slot, { kind: 3, keyFile: random.bytes(32) })).toBeUndefined()
      expect(await openKeySlot(slot, { kind: 4, privateKey: random.bytes(32) })).toBeUndefined()
      for (let length = 0; length < bytes.length; length++)
        expect(() => decodeKeySlot(bytes.subarray(0, length), repositoryId, identity.slotId)).toThrow(FormatError)
      expect(() => decodeKeySlot(bytes, repositoryId, random.bytes(16))).toThrow(FormatError)
      for (let at = 0; at < bytes.length; at++) {
        if (at >= 68 && at < 80) continue // the cost
        const changed = Buffer.from(bytes)
        changed[at]! ^= 16
        const opened = async () => await openKeySlot(decodeKeySlot(changed, repositoryId, identity.slotId), opener)
        const came = await opened().catch((error: unknown) => {
          expect(error).toBeInstanceOf(FormatError)
        })
        expect([at, came]).toEqual([at, undefined])
      }
    }
})

describe('a map page', () => {
  it('has one encoding only', () => {
    const bytes = page.encode()
    expect(() => MapPage.decode(bytes, 0, 18)).toThrow(FormatError)
    expect(() => MapPage.decode(bytes, 1, 17)).toThrow(FormatError)
    expect(() => MapPage.decode(new MapPage(1, 18).encode(), 1, 18)).toThrow(FormatError) // an empty page is never written
    expect(() => MapPage.decode(Buffer.concat([bytes, new Uint8Array(32)]), 1, 18)).toThrow(FormatError)
  })
})
