import { createSecretKey, randomBytes } from 'node:crypto'
import { type Secret, systemClock, systemRandom } from '@vmkeep/kit'
import type { Storage, StoredImage, WriterSession } from '@vmkeep/repository'
import { blobType } from '../../../packages/repository/src/formats/blob.ts'
import { chunkCountOf, heightOf } from '../../../packages/repository/src/formats/map-geometry.ts'
import { MapPage, slotsPerPage } from '../../../packages/repository/src/formats/map-page.ts'
import { proofKey } from '../../../packages/repository/src/formats/object-names.ts'
import { encodeProof } from '../../../packages/repository/src/formats/proof.ts'
import { roleKeys } from '../../../packages/repository/src/keys/role-keys.ts'
import { unlock } from '../../../packages/repository/src/keys/unlock.ts'
import type { OpenSession } from '../../../packages/repository/src/sessions/writer-session.ts'
import { ObjectStore } from '../../../packages/repository/src/storage/object-store.ts'
import { idOf, sealBlob } from '../../../packages/repository/src/workers/seal-blob.ts'

const chunkSizeBytes = 2 ** 18

/**
 * An image of which no chunk is zero, without the data that would take: every 64 MiB of it are the same 256 chunks, so that there is
 * one page per level, and a walk of the map is as long as that of any full disk.
 */
export async function fullImage(
  storage: Storage,
  session: WriterSession,
  { capacityBytes, passphrase }: { readonly capacityBytes: number; readonly passphrase: Secret },
): Promise<StoredImage> {
  const leaf = await session.beginImage({ capacityBytes: slotsPerPage * chunkSizeBytes, unwritten: 'zero' })
  for (let chunk = 0; chunk < slotsPerPage; chunk++) {
    const lease = await leaf.lease(chunkSizeBytes)
    Buffer.from(lease.buffer, lease.byteOffset, lease.length).fill(`chunk ${chunk}. `)
    await leaf.write(chunk * chunkSizeBytes, lease)
  }
  const height = heightOf(capacityBytes, chunkSizeBytes)
  let id = Buffer.from((await leaf.finish()).root!, 'hex') as Uint8Array
  let pages = chunkCountOf(capacityBytes, chunkSizeBytes) / slotsPerPage
  const keys = await mapKeys(storage, passphrase)
  for (let level = 1; level < height; level++, pages = Math.ceil(pages / slotsPerPage)) {
    const page = new MapPage(level, Math.log2(chunkSizeBytes))
    for (let slot = 0; slot < Math.min(pages, slotsPerPage); slot++) page.set(slot, id)
    id = await putPage(session as OpenSession, keys, page)
  }
  return { capacityBytes, chunkSizeBytes, height, root: Buffer.from(id).toString('hex') }
}

/**
 * Writes down that a point was checked, as its check would: of 64 TiB that takes long, and it was not stored to measure that.
 */
export async function writeProof(storage: Storage, passphrase: Secret, pointId: string): Promise<void> {
  const { repositoryId, roles } = await rolesOf(storage, passphrase)
  const now = systemClock.nowMs()
  const proof = encodeProof(
    { repositoryId, pointId },
    { atMs: Math.floor(now), walkedAtMs: Math.floor(now) },
    { controlKey: roles.control, random: systemRandom },
  )
  await storage.putNew(proofKey(pointId), proof)
}

type Keys = Parameters<typeof idOf>[0]

async function mapKeys(storage: Storage, passphrase: Secret): Promise<Keys> {
  const { mapIds, map } = (await rolesOf(storage, passphrase)).roles
  const none = { data: new Map(), domains: new Map(), erased: new Map(), maintenanceOnly: true }
  return { mapIds: createSecretKey(mapIds), map: createSecretKey(map), ...none }
}

async function rolesOf(storage: Storage, passphrase: Secret) {
  const objects = new ObjectStore(storage, { clock: systemClock, random: systemRandom })
  const repositoryId = (await storage.get('format', 2 ** 16))!.slice(16, 32)
  const { masterKey } = await unlock(objects, repositoryId, passphrase)
  return { repositoryId, roles: roleKeys(masterKey, repositoryId) }
}

async function putPage(session: OpenSession, keys: Keys, page: MapPage): Promise<Uint8Array> {
  const plain = page.encode()
  const type = blobType.mapPage
  const id = idOf(keys, type, plain)
  await session.adopt([{ id, type }], async (missing, store) => {
    for (const name of missing) await store(name, sealBlob(keys, { type, id, plain, level: 0, nonce: randomBytes(12) }))
  })
  return id
}
