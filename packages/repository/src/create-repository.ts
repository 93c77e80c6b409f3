import { Secret, systemClock, systemRandom } from '@vmkeep/kit'
import { assembled } from './assemble.ts'
import { nowMs, writerName } from './core.ts'
import { fail } from './errors.ts'
import { generationsFeature, objectLockFeature, sharedKeysFeature } from './formats/features.ts'
import { encodeFormat } from './formats/format-object.ts'
import { chunkBytesDefault, whyNotChunkSize } from './formats/map-geometry.ts'
import {
  deltasPrefix,
  formatKey,
  keysPrefix,
  packsPrefix,
  pointsPrefix,
  sessionsPrefix,
} from './formats/object-names.ts'
import { sealedObjectBytesMax } from './formats/sealed-object.ts'
import { createKeys } from './keys/create-keys.ts'
import { roleKeys } from './keys/role-keys.ts'
import { keysToShare } from './keys/key-slots.ts'
import { defaultCost, preferredKdf, whyNotCost } from './keys/stretch.ts'
import { type LockPolicy, lockDaysMax, LockRule } from './lock/lock-rule.ts'
import { objectsOf, openKeys } from './open-repository.ts'
import type { CreateOptions, Environment, KdfCost, Repository } from './repository.ts'
import type { ObjectStore } from './storage/object-store.ts'
import type { Storage } from './storage/storage.ts'

/**
 * Makes a repository in an empty `storage`. Both its passphrase and its recovery code have been tried when this resolves.
 * With `keysOf` it becomes a twin: it has key slots of its own, and shares all other keys, so that blobs can be copied as they are.
 * The recovery code is shown nowhere else: print it, or lose it.
 *
 * @throws `repository.exists`, `repository.creation-unfinished`, `repository.key-too-short`, `repository.invalid-option`, `storage.no-lock`
 */
export async function createRepository(
  storage: Storage,
  {
    passphrase,
    keysOf,
    chunkSizeBytes: chunkSizeWanted,
    kdf: cost = defaultCost,
    lock,
    parity = false,
    ...environment
  }: CreateOptions & Environment,
): Promise<{ readonly repository: Repository; readonly recoveryCode: Secret }> {
  const shared = keysOf && (await keysToShare(keysOf, environment))
  const chunkSizeBytes = chunkSizeWanted ?? shared?.chunkSizeBytes ?? chunkBytesDefault
  checkOptions(passphrase, chunkSizeBytes, cost)
  const { clock = systemClock, random = systemRandom, signal } = environment
  const objects = objectsOf(storage, environment)
  if (lock !== undefined) {
    await checkLock(storage, lock, signal)
    objects.lockRule = new LockRule(lock, clock)
  }
  const features = lock === undefined ? [] : [objectLockFeature]
  await checkEmpty(objects, signal)
  const repositoryId = random.bytes(16)
  const newKeys = { objects, repositoryId, passphrase, shared, cost, random, createdAtMs: nowMs({ clock }) }
  const { masterKey, recoveryCode } = await createKeys(newKeys, (text) => new Secret(text), signal)
  const format = {
    keysId: shared?.keysId ?? repositoryId,
    chunkSizeBytes,
    createdAtMs: nowMs({ clock }),
    writer: writerName,
    readFeatures: [generationsFeature, ...(shared === undefined ? [] : [sharedKeysFeature])],
    writeFeatures: features,
    gcFeatures: features,
    ...(lock === undefined ? {} : { lock }),
    ...(parity ? { parity } : {}),
  }
  const source = encodeFormat(format, repositoryId, roleKeys(masterKey, repositoryId).control, random)
  await objects.putUnique(formatKey, source, signal)
  const opened = await openKeys(objects, { source, repositoryId, masterKey, needs: '' }, environment)
  return { repository: assembled(opened, environment), recoveryCode }
}

function checkOptions(passphrase: Secret, chunkSizeBytes: number, cost: KdfCost): void {
  if (passphrase.reveal().length === 0) throw fail('repository.key-too-short', {})
  const why = whyNotChunkSize(chunkSizeBytes)
  if (why !== undefined) throw fail('repository.invalid-option', { option: 'chunkSizeBytes', reason: why })
  const whyNot = whyNotCost(preferredKdf, cost)
  if (whyNot !== undefined) throw fail('repository.invalid-option', { option: 'kdf', reason: whyNot })
}

async function checkLock(storage: Storage, { days, mode }: LockPolicy, signal: AbortSignal | undefined): Promise<void> {
  if (!Number.isInteger(days) || days < 1 || days > lockDaysMax)
    throw fail('repository.invalid-option', { option: 'lock', reason: `${days} days are not 1 to ${lockDaysMax}` })
  const why = storage.lock === undefined ? 'it has no way to lock' : await storage.lock.whyNot(mode, signal)
  if (why !== undefined) throw fail('storage.no-lock', { storage: storage.name, reason: why })
}

/** A place with a lost `format` may be a repository full of data: it must not be built over. */
async function checkEmpty(objects: ObjectStore, signal: AbortSignal | undefined): Promise<void> {
  const storage = objects.storage.name
  if ((await objects.get(formatKey, sealedObjectBytesMax, signal)) !== undefined)
    throw fail('repository.exists', { storage })
  for (const prefix of [keysPrefix, packsPrefix, deltasPrefix, pointsPrefix, sessionsPrefix])
    for await (const { key } of objects.list(prefix, signal))
      throw fail('repository.creation-unfinished', { storage, found: key })
}
