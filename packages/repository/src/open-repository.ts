import { type Clock, FormatError, systemClock, systemRandom } from '@vmkeep/kit'
import { fail } from './errors.ts'
import { unknownFeatures } from './formats/features.ts'
import { decodeFormat, type FormatObject, peekFormat } from './formats/format-object.ts'
import { slotPayload } from './formats/key-slot.ts'
import { whyNotChunkSize } from './formats/map-geometry.ts'
import { formatKey } from './formats/object-names.ts'
import { sealedObjectBytesMax } from './formats/sealed-object.ts'
import { KeyRing } from './keys/key-ring.ts'
import { maintenanceKeys, type RoleKeys, roleKeys } from './keys/role-keys.ts'
import { type Unlocked, unlockAny } from './keys/unlock.ts'
import type { Environment, OpenOptions, Repository } from './repository.ts'
import { assembled, type Opened } from './assemble.ts'
import { LockRule } from './lock/lock-rule.ts'
import { ObjectStore } from './storage/object-store.ts'
import type { Storage } from './storage/storage.ts'

/**
 * Opens the repository in `storage`, which it does not close.
 *
 * @throws `repository.missing`, `repository.wrong-key`, `repository.recovery-code-typo`, `repository.version-unknown`,
 *   `repository.feature-unknown`, `repository.object-corrupt`
 */
export async function openRepository(storage: Storage, { key, ...environment }: OpenOptions): Promise<Repository> {
  const objects = objectsOf(storage, environment)
  const format = await readFormat(objects, environment.signal)
  const unlocked = await unlockAny(objects, format.repositoryId, key, environment.signal)
  return assembled(await openUnlocked(objects, { ...format, ...unlocked }, environment), environment)
}

/** The `format` of a repository, and which one it is. */
export interface FoundFormat {
  readonly source: Uint8Array
  readonly repositoryId: Uint8Array
  readonly needs: string
}

/** Opens a repository with what a slot held. */
export async function openUnlocked(
  objects: ObjectStore,
  found: FoundFormat & Unlocked,
  environment: Environment,
): Promise<Opened> {
  const { repositoryId, slot, content } = found
  if (slot.record.payload === slotPayload.masterKey)
    return await openKeys(objects, { ...found, masterKey: content }, environment)
  const roles = maintenanceKeys(content)
  const format = obeyFormat(objects, found, roles.control, environment.clock)
  return { parity: false, objects, repositoryId, ...format, roles, ring: KeyRing.unseen(roles) }
}

/** What the master key gives: the format, the role keys and the data keys. */
export async function openKeys(
  objects: ObjectStore,
  found: FoundFormat & { readonly masterKey: Uint8Array },
  { clock = systemClock, random = systemRandom, signal }: Environment,
): Promise<Opened & { readonly roles: RoleKeys }> {
  const { repositoryId, masterKey } = found
  const format = obeyFormat(objects, found, roleKeys(masterKey, repositoryId).control, clock)
  const roles = roleKeys(masterKey, repositoryId, format.keysId)
  const ring = await KeyRing.open({ objects, repositoryId, roles, clock, random }, signal)
  return { parity: false, objects, repositoryId, ...format, roles, ring }
}

/** Reads what the repository wants of whoever works on it, and has `objects` keep to it. */
export function obeyFormat(
  objects: ObjectStore,
  found: FoundFormat,
  controlKey: Uint8Array,
  clock: Clock = systemClock,
): FormatObject {
  const format = understood(objects.storage.name, found, controlKey)
  objects.lockRule = format.lock && new LockRule(format.lock, clock)
  return format
}

export function objectsOf(storage: Storage, { clock = systemClock, random = systemRandom }: Environment): ObjectStore {
  return new ObjectStore(storage, { clock, random })
}

/** @throws `repository.missing`, `repository.version-unknown`, `repository.object-corrupt` */
export async function readFormat(objects: ObjectStore, signal: AbortSignal | undefined): Promise<FoundFormat> {
  const storage = objects.storage.name
  const source = await objects.get(formatKey, sealedObjectBytesMax, signal)
  if (source === undefined) throw fail('repository.missing', { storage })
  const { known, major, needs, repositoryId } = whole(() => peekFormat(source))
  if (!known) throw fail('repository.version-unknown', { storage, major, needs })
  return { source, repositoryId, needs }
}

function understood(
  storage: string,
  { source, repositoryId, needs }: FoundFormat,
  controlKey: Uint8Array,
): FormatObject {
  const format = whole(() => {
    const decoded = decodeFormat(source, repositoryId, controlKey)
    const why = whyNotChunkSize(decoded.chunkSizeBytes)
    if (why !== undefined) throw new FormatError(why)
    return decoded
  })
  // One that may not write or collect could still read; it must not do more than it knows.
  const features = unknownFeatures([...format.readFeatures, ...format.writeFeatures])
  if (features.length > 0) throw fail('repository.feature-unknown', { storage, features, needs })
  return format
}

function whole<T>(decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    throw fail('repository.object-corrupt', { object: formatKey, reason: error.message }, error)
  }
}
