import type { Random, Secret } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { sameBytes } from '../formats/hex.ts'
import { encodeKeyRing } from '../formats/key-ring.ts'
import { encodeKeySlot, slotKind } from '../formats/key-slot.ts'
import { ringKey, slotKey } from '../formats/object-names.ts'
import type { KdfCost } from '../repository.ts'
import type { ObjectStore } from '../storage/object-store.ts'
import { newRecoveryCode, parseRecoveryCode } from './recovery-code.ts'
import { roleKeys } from './role-keys.ts'
import { preferredKdf } from './stretch.ts'
import { normalized, unlock } from './unlock.ts'

export interface NewKeys {
  readonly objects: ObjectStore
  readonly repositoryId: Uint8Array
  readonly passphrase: Secret
  readonly cost: KdfCost
  readonly random: Random
  readonly createdAtMs: number
}

/**
 * Makes the keys of a new repository: the first data key, a slot for the passphrase and one for a recovery code, both tried out.
 *
 * @throws `repository.creation-unfinished` if somebody else is at it
 */
export async function createKeys(
  keys: NewKeys,
  secretOf: (text: string) => Secret,
  signal?: AbortSignal,
): Promise<{ masterKey: Uint8Array; recoveryCode: Secret }> {
  const { objects, repositoryId, passphrase, random } = keys
  const masterKey = random.bytes(32)
  const code = newRecoveryCode(random)
  const parsed = parseRecoveryCode(code) as { symbols: string }
  await putRing(keys, masterKey, signal)
  for (const [kind, secret] of [
    [slotKind.passphrase, normalized(passphrase.reveal())],
    [slotKind.recoveryCode, parsed.symbols],
  ] as const) {
    const slot = { repositoryId, slotId: random.bytes(16), kind, kdf: preferredKdf, cost: keys.cost }
    const encoded = await encodeKeySlot(slot, secret, masterKey, random)
    await objects.putUnique(slotKey(slot.slotId), encoded, signal)
  }
  const recoveryCode = secretOf(code)
  for (const secret of [passphrase, recoveryCode]) await tryOut(keys, secret, masterKey, signal)
  return { masterKey, recoveryCode }
}

/** The ring comes first and has a fixed name: of two who create at the same place, one stops here. */
async function putRing(
  { objects, repositoryId, random, createdAtMs }: NewKeys,
  masterKey: Uint8Array,
  signal?: AbortSignal,
) {
  const generations = [{ generation: 1, key: random.bytes(32), createdAtMs }]
  const ring = { repositoryId, objectId: random.bytes(16), generations }
  const key = ringKey(1)
  const encoded = encodeKeyRing(ring, roleKeys(masterKey, repositoryId).ring, random)
  if ((await objects.storage.putNew(key, encoded, signal)) === 'exists')
    throw fail('repository.creation-unfinished', { storage: objects.storage.name, found: key })
}

/** A key that does not open the repository must be found out today, not on the worst day. */
async function tryOut({ objects, repositoryId }: NewKeys, secret: Secret, masterKey: Uint8Array, signal?: AbortSignal) {
  const opened = await unlock(objects, repositoryId, secret, signal)
  if (!sameBytes(opened, masterKey)) throw fail('repository.wrong-key', { storage: objects.storage.name })
}
