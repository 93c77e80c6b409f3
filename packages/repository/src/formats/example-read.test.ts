// Takes every object of the worked examples from docs/formats/repository.md, and reads it: the page cannot rot.
import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { blobKeys, maintenanceContent } from '../keys/role-keys.ts'
import { openBlob } from '../workers/seal-blob.ts'
import { blobType } from './blob.ts'
import { decodeCensus } from './census.ts'
import { decodeCondemnedPacks } from './condemned-packs.ts'
import { decodeDelta } from './delta.ts'
import { decodeFormat, peekFormat } from './format-object.ts'
import { fromHex, toHex } from './hex.ts'
import { checkBlocked, indexKind } from './index-blocks.ts'
import { decodeRoot } from './index-root.ts'
import { decodeKeyRing, firstRing } from './key-ring.ts'
import { decodeKeySlot, openKeySlot, type SlotOpener } from './key-slot.ts'
import { decodeLockRecord } from './lock-record.ts'
import { decodeLostCopies } from './lost-copies.ts'
import { MapPage } from './map-page.ts'
import { decodeFooter, decodePackHeader, decodeTrailer } from './pack.ts'
import { checkPackRowsFooter, decodePackRows } from './pack-rows.ts'
import { decodeParity, isParityWhole } from './parity.ts'
import { decodeSessionEnd } from './point.ts'
import { decodeProof } from './proof.ts'
import { checkSegmentFooter } from './segment.ts'
import { decodeBeat, decodePin } from './session-signs.ts'
import { decodeSessionStart } from './session-start.ts'
import { decodeTrashEntry } from './trash-entry.ts'
import { decodeValidation } from './validation.ts'
import { decodeVerifiedPacks } from './verified-packs.ts'
import { all, exampleBytes, exampleKeys, exampleSession as sessionId } from './worked-example.ts'

const { masterKey, repositoryId, roles } = exampleKeys
const { control, index } = roles
const keys = blobKeys(roles, firstRing(all(0x33, 32), 0))
const [firstMs, dayMs] = [1_767_225_600_000, 86_400_000]
const first = exampleBytes('## 10. Worked example')
const later = exampleBytes('### 10.1')
const packName = fromHex(`${'66'.repeat(16)}030405060708090a`, 24)!
const packText = `packs/66/${'66'.repeat(16)}-030405060708090a`
const session = { repositoryId, sessionId }
const point = { repositoryId, pointId: sessionId }
const holder = { repositoryId, holderId: sessionId }
const recordId = all(0x75, 16)
const record = { repositoryId, recordId }
const at = new Date(firstMs + dayMs).toISOString()

const slotOf = (id: number, opener: SlotOpener) => async (bytes: Uint8Array) =>
  toHex((await openKeySlot(decodeKeySlot(bytes, repositoryId, all(id, 16)), opener))!)
const endOf = (bytes: Uint8Array) => decodeSessionEnd(bytes, session, control)
const fileId = fromHex('7950459da3b97e9c32e90df217797d2601b962a9246dd953a2c773178a367bea', 32)!
const hello = Buffer.from('hello, world')

/** Which example, how the title begins, how to read it, and what it then says. */
type Row = readonly [Map<string, Uint8Array>, string, (bytes: Uint8Array) => unknown, unknown]

function readPack(bytes: Uint8Array) {
  const footer = decodeFooter(bytes.subarray(-64), bytes.length)
  const header = bytes.subarray(0, 64)
  decodePackHeader(header, { repositoryId, name: packName })
  const { trailerOffsetBytes, trailerBytes } = footer
  const end = trailerOffsetBytes + trailerBytes
  expect(createHash('sha256').update(bytes.subarray(0, end)).digest()).toEqual(Buffer.from(footer.sha256))
  const about = { header, name: packName, indexKey: index, trailerOffsetBytes }
  return decodeTrailer(bytes.subarray(trailerOffsetBytes, end), about)
}

function readDelta(bytes: Uint8Array) {
  const { packs, entries } = decodeDelta(bytes, { repositoryId, sessionId: fromHex(sessionId, 16)!, number: 1 }, index)
  return { packs, entries: entries.length, prefix: toHex(entries.prefixOf(0)) }
}

function readBlocked(kind: 2 | 3, bytes: Uint8Array, id: number) {
  const name = Buffer.concat([all(id, 16), packName.subarray(16)])
  return checkBlocked(kind, bytes, { repositoryId, name }, index)
}

function readSegment(bytes: Uint8Array) {
  const footer = readBlocked(indexKind.segment, bytes, 0x67)
  checkSegmentFooter(footer)
  return { footer, prefix: toHex(bytes.subarray(4096, 4096 + 16)) }
}

function readTable(bytes: Uint8Array) {
  const footer = readBlocked(indexKind.packTable, bytes, 0x68)
  checkPackRowsFooter(footer)
  return [...decodePackRows(bytes, footer.items)]
}

/** How to read what the page shows, and what it then says. */
const table: readonly Row[] = [
  ...Object.entries(roles).map(([role, key]): Row => [
    first,
    `role key: ${role}`,
    (b) => Buffer.from(b),
    Buffer.from(key),
  ]),
  [first, 'key slot', slotOf(0x44, { kind: 1, secret: 'example' }), toHex(masterKey)],
  [first, 'keys/ring-00000001', (b) => decodeKeyRing(b, repositoryId, roles.ring), firstRing(all(0x33, 32), firstMs)],
  [
    first,
    'format',
    (b) => [peekFormat(b).needs, decodeFormat(b, repositoryId, control)],
    ['0.1.0', { readFeatures: [] }],
  ],
  [first, `sessions/${sessionId}/start`, (b) => decodeSessionStart(b, session, control), { startedAtMs: firstMs }],
  [first, 'id of a chunk of 262,144 bytes 0x55', (b) => b.length, 32],
  [first, 'map page of level 0 whose slot 3 is that chunk', (b) => MapPage.decode(b, 0, 18).has(3), true],
  [
    first,
    'its blob',
    (b) => MapPage.decode(openBlob(keys, b, { id: b.subarray(20, 52), type: blobType.mapPage }), 0, 18).size,
    1,
  ],
  [first, 'blob of the small file "hello, world"', (b) => Buffer.from(openBlob(keys, b, { id: fileId })), hello],
  [first, packText, (b) => readPack(b), [{ id: fileId, offsetBytes: 64 }]],
  [
    first,
    `index/delta/${sessionId}-000001`,
    (b) => readDelta(b),
    { packs: [{ name: packName, keyGeneration: 1 }], entries: 1, prefix: toHex(fileId.subarray(0, 16)) },
  ],
  [first, `points/${sessionId}`, endOf, { kind: 'point', point: { attributes: { answer: 42 } } }],
  [first, 'the same place, had it been fenced', endOf, { kind: 'fenced' }],
  [
    first,
    `trash/${sessionId}/000001`,
    (b) => decodeTrashEntry(b, { ...point, number: 1 }, control),
    { kind: 'forgotten', reason: 'too old' },
  ],
  [
    first,
    `sessions/${sessionId}/beat-000001`,
    (b) => decodeBeat(b, { ...holder, number: 1 }, control),
    { respects: 3 },
  ],
  [
    first,
    `sessions/${sessionId}/pin-${sessionId}`,
    (b) => decodePin(b, { ...holder, pointId: sessionId }, control),
    { pointId: sessionId },
  ],
  [
    first,
    'gc/00000003/list',
    (b) => decodeCondemnedPacks(b, { repositoryId, part: 'list', number: 3 }, control),
    { packs: [packName] },
  ],
  [
    first,
    'gc/00000003/final',
    (b) => decodeCondemnedPacks(b, { repositoryId, part: 'final', number: 3 }, control),
    { packs: [packName], points: [sessionId] },
  ],

  [later, `keys/slot-${'71'.repeat(16)}`, slotOf(0x71, { kind: 2, secret: '0'.repeat(27) + '1' }), toHex(masterKey)],
  [later, `keys/slot-${'72'.repeat(16)}`, slotOf(0x72, { kind: 3, keyFile: all(0x81, 32) }), toHex(masterKey)],
  [later, `keys/slot-${'73'.repeat(16)}`, slotOf(0x73, { kind: 4, privateKey: all(0x82, 32) }), toHex(masterKey)],
  [
    later,
    `keys/slot-${'74'.repeat(16)}`,
    slotOf(0x74, { kind: 3, keyFile: all(0x83, 32) }),
    toHex(maintenanceContent(roles)),
  ],
  [
    later,
    'keys/ring-00000005',
    (b) => decodeKeyRing(b, repositoryId, roles.ring),
    { last: 4, oldest: 5, domains: [{ name: 'blue' }], erased: [{ name: 'red', generations: [4] }] },
  ],
  [
    later,
    'format',
    (b) => [peekFormat(b).needs, decodeFormat(b, repositoryId, control)],
    ['0.2.0', { keysId: all(0x23, 16), parity: true, lock: { days: 14 } }],
  ],
  [later, `sessions/${sessionId}/start`, (b) => decodeSessionStart(b, session, control), { keyGeneration: 4 }],
  [
    later,
    `points/${sessionId}`,
    endOf,
    { point: { domain: 'blue', tags: ['audit'], lockedUntil: at, origin: { point: sessionId } } },
  ],
  [
    later,
    `trash/${sessionId}/000002`,
    (b) => decodeTrashEntry(b, { ...point, number: 2 }, control),
    { kind: 'stands', marks: { protection: { reason: 'law' }, tags: ['audit'] } },
  ],
  [
    later,
    `trash/${sessionId}/000003`,
    (b) => decodeTrashEntry(b, { ...point, number: 3 }, control),
    { kind: 'buried' },
  ],
  [
    later,
    `index/seg/${'67'.repeat(16)}-030405060708090a`,
    (b) => readSegment(b),
    { footer: { items: 1 }, prefix: toHex(fileId.subarray(0, 16)) },
  ],
  [
    later,
    `index/seg/${'68'.repeat(16)}-030405060708090a`,
    (b) => readTable(b),
    [{ name: packName, since: firstMs / 1000 }],
  ],
  [
    later,
    'index/root/00000001',
    (b) => decodeRoot(b, { repositoryId, number: 1 }, control),
    { folded: [`index/delta/${sessionId}-000001`], runs: [{ entries: 1 }] },
  ],
  [
    later,
    `parity/66/${'66'.repeat(16)}-030405060708090a`,
    (b) => isParityWhole(decodeParity(b, { repositoryId, name: packName }, index)),
    true,
  ],
  [
    later,
    `lost/${'75'.repeat(16)}`,
    (b) => decodeLostCopies(b, record, control),
    [{ packName, offsetBytes: 64, id: all(0x69, 32) }],
  ],
  [
    later,
    `locks/${sessionId}`,
    (b) => decodeLockRecord(b, point, control),
    { needMs: firstMs + dayMs, walkedAtMs: firstMs + dayMs, keys: new Set(['format', packText]) },
  ],
  [
    later,
    `verify/${'75'.repeat(16)}`,
    (b) => decodeVerifiedPacks(b, record, control),
    [{ checksumMinutes: 29_454_000, fullMinutes: 0 }],
  ],
  [
    later,
    `verify/census-${'75'.repeat(16)}`,
    (b) => decodeCensus(b, record, control),
    { points: [sessionId], objects: { format: all(0x6a, 32) } },
  ],
  [
    later,
    `validations/${sessionId}`,
    (b) => decodeValidation(b, { repositoryId, id: sessionId }, control),
    { at, checks: [{ outcome: 'failed' }] },
  ],
  [
    later,
    `proofs/${sessionId}`,
    (b) => decodeProof(b, point, control),
    { atMs: firstMs + dayMs, walkedAtMs: firstMs + dayMs },
  ],
]

const titleOf = (example: Map<string, Uint8Array>, begin: string) =>
  [...example.keys()].find((title) => title === begin || title.startsWith(`${begin}:`))!

it.each(table.map((row, i) => ({ i, title: titleOf(row[0], row[1]) })))('reads $title', async ({ i, title }) => {
  const [example, , read, expected] = table[i]!
  const found = await read(example.get(title)!)
  if (typeof expected === 'object' && !Buffer.isBuffer(expected)) expect(found).toMatchObject(expected as object)
  else expect(found).toEqual(expected)
})

it.each([
  ['first', first],
  ['later', later],
] as const)('leaves out nothing that the %s example shows', (_, example) => {
  const read = table.filter(([from]) => from === example).map(([from, begin]) => titleOf(from, begin))
  expect(read.toSorted()).toEqual([...example.keys()].toSorted())
})
