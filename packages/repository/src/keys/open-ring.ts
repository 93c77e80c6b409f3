import { FormatError } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { decodeKeyRing, keyRingBytesMax } from '../formats/key-ring.ts'
import { isRingKey, keysPrefix } from '../formats/object-names.ts'
import type { ObjectStore } from '../storage/object-store.ts'
import { type BlobKeys, blobKeys, type RoleKeys } from './role-keys.ts'

/** Reads the newest ring. @throws `repository.object-corrupt` if it is damaged or missing */
export async function openRing(
  objects: ObjectStore,
  repositoryId: Uint8Array,
  roles: RoleKeys,
  signal?: AbortSignal,
): Promise<BlobKeys> {
  let newest: string | undefined
  for await (const { key } of objects.list(keysPrefix, signal)) if (isRingKey(key)) newest = key
  const source = newest === undefined ? undefined : await objects.get(newest, keyRingBytesMax, signal)
  if (newest === undefined || source === undefined)
    throw fail('repository.object-corrupt', { object: 'keys/ring-*', reason: 'it is missing' })
  try {
    return blobKeys(roles, decodeKeyRing(source, repositoryId, roles.ring))
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    throw fail('repository.object-corrupt', { object: newest, reason: error.message }, error)
  }
}
