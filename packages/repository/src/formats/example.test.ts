// Holds the code to the worked example of docs/formats/repository.md §10, or the page to the code.
import { createHash, hkdfSync } from 'node:crypto'
import { expect, it } from 'vitest'
import { newRecoveryCode } from '../keys/recovery-code.ts'
import { blobKeys, roleKeys } from '../keys/role-keys.ts'
import { idOf, openBlob, sealBlob } from '../workers/seal-blob.ts'
import { blobType, compression } from './blob.ts'
import { encodeCondemnedPacks } from './condemned-packs.ts'
import { encodeDelta } from './delta.ts'
import { encodeFormat } from './format-object.ts'
import { toHex } from './hex.ts'
import { encodeKeyRing, firstRing } from './key-ring.ts'
import { encodeKeySlot, slotKind } from './key-slot.ts'
import { heightOf } from './map-geometry.ts'
import { MapPage } from './map-page.ts'
import { packKey, pointKey } from './object-names.ts'
import { encodeFooter, encodePackHeader, encodeTrailer, footerBytes, packKind } from './pack.ts'
import { encodeFence, encodePoint } from './point.ts'
import { encodeBeat, encodePin } from './session-signs.ts'
import { encodeSessionStart } from './session-start.ts'
import { encodeTrashEntry } from './trash-entry.ts'
import {
  all,
  countingRandom,
  exampleBlock,
  exampleKeys,
  exampleSession as sessionId,
  written,
} from './worked-example.ts'

async function example(): Promise<string> {
  const lines: string[] = []
  const show = (name: string, bytes: Uint8Array | string) => {
    lines.push(`${name}\n  ${typeof bytes === 'string' ? bytes : written(bytes)}`)
  }
  const { masterKey, repositoryId, roles } = exampleKeys
  for (const [role, key] of Object.entries(roles)) show(`role key: ${role}`, key)
  const ring = firstRing(all(0x33, 32), 1_767_225_600_000)
  const keys = blobKeys(roles, ring)
  const random = countingRandom(0xa0)
  show('recovery code, random bytes 0xa0', newRecoveryCode(random))
  const slot = { repositoryId, slotId: all(0x44, 16) }
  const cost = { memoryKiB: 64, passes: 2, parallelism: 1 }
  const lock = { kind: slotKind.passphrase, secret: 'example', kdf: 1, cost }
  show('key slot: passphrase "example", salt 0xa1, nonce 0xa2', await encodeKeySlot(slot, lock, masterKey, random))
  show(
    'keys/ring-00000001: nonce 0xa3',
    encodeKeyRing({ repositoryId, objectId: all(0x55, 16), ring }, roles.ring, random),
  )
  const format = {
    keysId: repositoryId,
    chunkSizeBytes: 262_144,
    createdAtMs: 1_767_225_600_000,
    writer: 'vmkeep 0.1.0',
    readFeatures: [],
    writeFeatures: [],
    gcFeatures: [],
  }
  show('format: nonce 0xa4', encodeFormat(format, repositoryId, roles.control, random))

  const identity = { repositoryId, sessionId }
  const sealing = { controlKey: roles.control, random }
  show(
    `sessions/${sessionId}/start: nonce 0xa5`,
    encodeSessionStart(identity, { startedAtMs: 1_767_225_600_000, writer: 'vmkeep 0.1.0' }, sealing),
  )

  const chunkId = idOf(keys, blobType.chunk, all(0x55, 262_144))
  show('id of a chunk of 262,144 bytes 0x55', chunkId)
  const page = new MapPage(0, 18)
  page.set(3, chunkId)
  show('map page of level 0 whose slot 3 is that chunk', page.encode())
  const pageId = idOf(keys, blobType.mapPage, page.encode())
  const pageBlob = sealBlob(keys, {
    type: blobType.mapPage,
    id: pageId,
    plain: page.encode(),
    level: 0,
    nonce: random.bytes(12),
  })
  show('its blob: nonce 0xa6', Buffer.concat([pageBlob.header, pageBlob.ciphertext, pageBlob.tag]))
  const file = Buffer.from('hello, world')
  const fileId = idOf(keys, blobType.smallFile, file)
  const fileBlob = sealBlob(keys, {
    type: blobType.smallFile,
    id: fileId,
    plain: file,
    level: 0,
    nonce: random.bytes(12),
  })
  const fileBytes = Buffer.concat([fileBlob.header, fileBlob.ciphertext, fileBlob.tag])
  show('blob of the small file "hello, world": nonce 0xa7', fileBytes)
  expect(openBlob(keys, fileBytes, { id: fileId })).toEqual(file)

  const name = Buffer.concat([all(0x66, 16), Buffer.from(sessionId.slice(16), 'hex')])
  const header = encodePackHeader({ repositoryId, name }, packKind.metadata)
  const entry = {
    id: fileId,
    offsetBytes: 64,
    storedBytes: fileBytes.length,
    plainBytes: file.length,
    type: blobType.smallFile,
    compression: compression.none,
  }
  const trailer = encodeTrailer([entry], { header, name, indexKey: roles.index })
  const sha256 = createHash('sha256').update(header).update(fileBytes).update(trailer).digest()
  const trailerOffsetBytes = 64 + fileBytes.length
  const footer = encodeFooter({ trailerOffsetBytes, trailerBytes: trailer.length, count: 1, sha256 })
  const pack = Buffer.concat([header, fileBytes, trailer, footer])
  show(packKey(name), pack)
  const row = {
    name,
    sizeBytes: trailerOffsetBytes + trailer.length + footerBytes,
    blobs: 1,
    plainBytes: file.length,
    sha256,
    kind: packKind.metadata,
    keyGeneration: 1,
  }
  const delta = encodeDelta(
    { repositoryId, sessionId: Buffer.from(sessionId, 'hex'), number: 1 },
    [row],
    [{ ...entry, pack: 0 }],
    roles.index,
  )
  show(`index/delta/${sessionId}-000001`, delta)
  const image = {
    capacityBytes: 1_048_576,
    chunkSizeBytes: 262_144,
    height: heightOf(1_048_576, 262_144),
    root: toHex(pageId),
  }
  const manifest = {
    subject: { id: 's', name: 'Subject', kind: 'example' },
    images: [{ key: 'disk', label: 'Disk 1', image, attributes: {} }],
    blobs: { hello: toHex(fileId) },
    attributes: { answer: 42 },
    stats: {},
  }
  show(
    `${pointKey(sessionId)}: nonce 0xa8`,
    encodePoint(identity, manifest, { committedAtMs: 1_767_225_660_000, writer: 'vmkeep 0.1.0' }, sealing),
  )
  show('the same place, had it been fenced: nonce 0xa9', encodeFence(identity, 1_767_225_660_000, sealing))
  const atMs = 1_767_225_720_000
  const forgotten = { kind: 'forgotten', atMs, reason: 'too old', marks: {} } as const
  const trash = { repositoryId, pointId: sessionId, number: 1 }
  show(`trash/${sessionId}/000001: nonce 0xaa`, encodeTrashEntry(trash, forgotten, sealing))
  const holder = { repositoryId, holderId: sessionId }
  show(`sessions/${sessionId}/beat-000001: nonce 0xab`, encodeBeat(holder, { number: 1, respects: 3, atMs }, sealing))
  const pin = encodePin(holder, { pointId: sessionId, atMs }, sealing)
  show(`sessions/${sessionId}/pin-${sessionId}: nonce 0xac`, pin)
  const list = { part: 'list', number: 3, atMs, packs: [name], points: [] } as const
  show('gc/00000003/list: nonce 0xad', encodeCondemnedPacks(repositoryId, list, sealing))
  const final = { part: 'final', number: 3, atMs, packs: [name], points: [sessionId] } as const
  show('gc/00000003/final: nonce 0xae', encodeCondemnedPacks(repositoryId, final, sealing))
  return lines.join('\n')
}

it('makes the bytes of the worked example', async () => {
  expect(await example()).toBe(exampleBlock('## 10. Worked example'))
})

it('derives its keys as the page says', () => {
  const roles = roleKeys(all(0x11, 32), all(0x22, 16))
  const derived = (info: string, sizeBytes: number) =>
    new Uint8Array(hkdfSync('sha256', all(0x11, 32), all(0x22, 16), info, sizeBytes))
  expect(roles.ids).toEqual(derived('vmkeep/1 ids', 32))
  expect(Buffer.concat([roles.mapIds, roles.map])).toEqual(Buffer.from(derived('vmkeep/1 map', 64)))
  expect([roles.index, roles.control, roles.ring]).toEqual(
    ['index', 'control', 'chunk'].map((label) => derived(`vmkeep/1 ${label}`, 32)),
  )
})
