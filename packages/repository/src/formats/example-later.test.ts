// Holds the code to the second worked example of docs/formats/repository.md, §10.1: what a repository gains as it lives.
import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { maintenanceContent } from '../keys/role-keys.ts'
import { publicKeyOf } from '../keys/x25519.ts'
import { ParityMaker } from '../parity/make-parity.ts'
import { encodeCensus } from './census.ts'
import { encodeFormat } from './format-object.ts'
import { fromHex } from './hex.ts'
import { encodeRoot } from './index-root.ts'
import { encodeKeyRing } from './key-ring.ts'
import { encodeKeySlot, slotKind } from './key-slot.ts'
import { encodeLockRecord } from './lock-record.ts'
import { encodeProof } from './proof.ts'
import { encodeLostCopies } from './lost-copies.ts'
import {
  censusKey,
  deltaKey,
  formatKey,
  lockRecordKey,
  proofKey,
  lostRecordKey,
  packKey,
  packNameOf,
  parityKey,
  pointKey,
  ringKey,
  rootKey,
  segmentKey,
  slotKey,
  trashEntryKey,
  validationKey,
  verifiedRecordKey,
} from './object-names.ts'
import { encodePackRows } from './pack-rows.ts'
import { encodeParity, parityLayout } from './parity.ts'
import { encodePoint } from './point.ts'
import { SegmentBuilder } from './segment.ts'
import { encodeSessionStart } from './session-start.ts'
import { encodeTrashEntry } from './trash-entry.ts'
import { encodeValidation } from './validation.ts'
import { encodeVerifiedPacks } from './verified-packs.ts'
import {
  all,
  countingRandom,
  exampleBlock,
  exampleBytes,
  exampleKeys,
  exampleSession as sessionId,
  written,
} from './worked-example.ts'

const heading = '### 10.1'
const firstMs = 1_767_225_600_000
const laterMs = firstMs + 86_400_000
const { masterKey, repositoryId, roles } = exampleKeys

async function example(): Promise<string> {
  const lines: string[] = []
  const show = (name: string, bytes: Uint8Array | readonly Uint8Array[]) =>
    lines.push(`${name}\n  ${written(bytes instanceof Uint8Array ? bytes : Buffer.concat(bytes))}`)
  const random = countingRandom(0xb0)
  const sealing = { controlKey: roles.control, random }

  const slot = (id: number) => ({ repositoryId, slotId: all(id, 16) })
  const code = {
    kind: slotKind.recoveryCode,
    secret: '0'.repeat(27) + '1',
    kdf: 2,
    cost: { memoryKiB: 64, passes: 1, parallelism: 1 },
  }
  show(`${slotKey(all(0x71, 16))}: scrypt`, await encodeKeySlot(slot(0x71), code, masterKey, random))
  const keyFile = { kind: slotKind.keyFile, keyFile: all(0x81, 32) }
  show(`${slotKey(all(0x72, 16))}: key file`, await encodeKeySlot(slot(0x72), keyFile, masterKey, random))
  const recipient = { kind: slotKind.recipient, recipient: publicKeyOf(all(0x82, 32)) }
  show(`${slotKey(all(0x73, 16))}: recipient`, await encodeKeySlot(slot(0x73), recipient, masterKey, random))
  const maintenance = { kind: slotKind.keyFile, keyFile: all(0x83, 32) }
  const content = maintenanceContent(roles)
  show(`${slotKey(all(0x74, 16))}: maintenance`, await encodeKeySlot(slot(0x74), maintenance, content, random))

  const ring = {
    generations: [
      { generation: 2, key: all(0x34, 32), createdAtMs: laterMs, domain: '' },
      { generation: 3, key: all(0x35, 32), createdAtMs: laterMs, domain: 'blue' },
    ],
    domains: [{ name: 'blue', ids: all(0x36, 32), createdAtMs: laterMs }],
    erased: [{ name: 'red', generations: [4], erasedAtMs: laterMs }],
    last: 4,
    oldest: 5,
  }
  show(ringKey(5), encodeKeyRing({ repositoryId, objectId: all(0x56, 16), ring }, roles.ring, random))
  const format = {
    keysId: all(0x23, 16),
    chunkSizeBytes: 262_144,
    createdAtMs: firstMs,
    writer: 'vmkeep 0.2.0',
    readFeatures: ['data-keys', 'shared-keys'],
    writeFeatures: ['object-lock'],
    gcFeatures: ['object-lock'],
    lock: { days: 14, mode: 'governance' as const },
    parity: true,
  }
  show(`${formatKey}: of a twin that locks, with parity`, encodeFormat(format, repositoryId, roles.control, random))
  const start = { startedAtMs: laterMs, writer: 'vmkeep 0.2.0', keyGeneration: 4 }
  show(`sessions/${sessionId}/start`, encodeSessionStart({ repositoryId, sessionId }, start, sealing))
  const image = { capacityBytes: 1_048_576, chunkSizeBytes: 262_144, height: 1, root: null }
  const manifest = {
    subject: { id: 's', name: 'Subject', kind: 'example' },
    images: [{ key: 'disk', label: 'Disk 1', image, attributes: {} }],
    blobs: {},
    attributes: {},
    stats: {},
    tags: ['audit'],
    gfs: [{ period: 'yearly', keepUntil: new Date(laterMs).toISOString() }],
    origin: { repository: '23'.repeat(16), point: sessionId, committedAt: new Date(firstMs).toISOString() },
  }
  const about = { committedAtMs: laterMs, lockedUntilMs: laterMs, writer: 'vmkeep 0.2.0', domain: 'blue' }
  show(`${pointKey(sessionId)}: a copy`, encodePoint({ repositoryId, sessionId }, manifest, about, sealing))
  const at = new Date(laterMs).toISOString()
  const marks = { protection: { at, reason: 'law', until: at }, tags: ['audit'], clearance: { at, reason: 'seen' } }
  const fate = (number: number) => ({ repositoryId, pointId: sessionId, number })
  const stands = { kind: 'stands', atMs: laterMs, reason: '', marks } as const
  show(trashEntryKey(sessionId, 2), encodeTrashEntry(fate(2), stands, sealing))
  const buried = { kind: 'buried', atMs: laterMs, reason: '', marks: {} } as const
  show(trashEntryKey(sessionId, 3), encodeTrashEntry(fate(3), buried, sealing))

  const { pack, packName, row, entry } = packOfExample()
  const segmentName = Buffer.concat([all(0x67, 16), fromHex(sessionId.slice(16), 8)!])
  const tableName = Buffer.concat([all(0x68, 16), fromHex(sessionId.slice(16), 8)!])
  const builder = new SegmentBuilder()
  builder.add(entry, 0, 0)
  show(`${segmentKey(segmentName)}: segment`, builder.finish({ repositoryId, name: segmentName }, roles.index))
  const dated = [{ ...row, since: firstMs / 1000 }]
  show(`${segmentKey(tableName)}: pack table`, encodePackRows({ repositoryId, name: tableName }, dated, roles.index))
  const run = { packTables: [tableName], segments: [segmentName], entries: 1, packs: 1 }
  const root = { number: 1, atMs: laterMs, runs: [run], folded: [deltaKey(sessionId, 1)] }
  show(rootKey(1), encodeRoot(repositoryId, root, sealing))
  const parity = new ParityMaker(parityLayout(pack.length))
  parity.push(pack)
  show(parityKey(packName), encodeParity({ repositoryId, name: packName }, parity.finish(), roles.index))

  const recordId = all(0x75, 16)
  const identity = { repositoryId, recordId }
  const copies = [{ packName, offsetBytes: 64, id: all(0x69, 32) }]
  show(lostRecordKey(recordId), encodeLostCopies(identity, { copies, atMs: laterMs }, sealing))
  const locked = { needMs: laterMs, walkedAtMs: laterMs, keys: new Set([formatKey, packKey(packName)]) }
  show(lockRecordKey(sessionId), encodeLockRecord({ repositoryId, pointId: sessionId }, locked, sealing))
  const verified = [{ prefix: packName.subarray(0, 16), checksumMinutes: 29_454_000, fullMinutes: 0 }]
  show(verifiedRecordKey(recordId), encodeVerifiedPacks(identity, verified, sealing))
  const census = { points: [sessionId], objects: { format: all(0x6a, 32) } }
  show(censusKey(recordId), encodeCensus(identity, census, sealing))
  const validation = {
    at,
    writer: 'vmkeep 0.2.0',
    checks: [{ promise: 'creates-once', outcome: 'failed', reason: 'an example' }] as const,
  }
  show(validationKey(sessionId), encodeValidation({ repositoryId, id: sessionId }, validation, sealing))
  const proof = { atMs: laterMs, walkedAtMs: laterMs }
  show(proofKey(sessionId), encodeProof({ repositoryId, pointId: sessionId }, proof, sealing))
  return lines.join('\n')
}

/** The pack of the first example, as the page has it. */
function packOfExample() {
  const [key, pack] = [...exampleBytes('## 10. Worked example')].find(([name]) => name.startsWith('packs/'))!
  const delta = exampleBytes('## 10. Worked example').get(deltaKey(sessionId, 1))!
  const packName = packNameOf(key)!
  const sha256 = createHash('sha256').update(pack.subarray(0, -64)).digest()
  const row = { name: packName, sizeBytes: pack.length, blobs: 1, plainBytes: 12, sha256, kind: 2, keyGeneration: 1 }
  return { pack, packName, row, entry: new DataView(new Uint8Array(delta.subarray(80 + 80, 80 + 80 + 28)).buffer) }
}

it('makes the bytes of the second example', async () => expect(await example()).toBe(exampleBlock(heading)))
