import type { Secret } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { encodeKeyRing, firstRing, type Ring } from '../formats/key-ring.ts'
import { slotKind } from '../formats/key-slot.ts'
import { ringKey } from '../formats/object-names.ts'
import { newRecoveryCode, parseRecoveryCode } from './recovery-code.ts'
import { roleKeys } from './role-keys.ts'
import { putSlot, requireOpens, type SlotPlace, textLock } from './put-slot.ts'
import { normalized } from './unlock.ts'

export interface NewKeys extends SlotPlace {
  readonly passphrase: Secret
  /** Of a twin: what it takes over. */
  readonly shared: { readonly masterKey: Uint8Array; readonly ring: Ring } | undefined
  readonly createdAtMs: number
}

/**
 * Makes the keys of a new repository: the first data key, or those of its twin, a slot for the passphrase and one for a recovery code, both tried out.
 *
 * @throws `repository.creation-unfinished` if somebody else is at it
 */
export async function createKeys(
  keys: NewKeys,
  secretOf: (text: string) => Secret,
  signal?: AbortSignal,
): Promise<{ masterKey: Uint8Array; recoveryCode: Secret }> {
  const { passphrase, random, shared } = keys
  const masterKey = shared?.masterKey ?? random.bytes(32)
  const code = newRecoveryCode(random)
  const parsed = parseRecoveryCode(code) as { symbols: string }
  await putRing(keys, masterKey, signal)
  for (const [kind, secret] of [
    [slotKind.passphrase, normalized(passphrase.reveal())],
    [slotKind.recoveryCode, parsed.symbols],
  ] as const)
    await putSlot(keys, textLock(kind, secret, keys.cost), masterKey, signal)
  const recoveryCode = secretOf(code)
  for (const secret of [passphrase, recoveryCode]) await requireOpens(keys, secret, masterKey, signal)
  return { masterKey, recoveryCode }
}

/** The ring comes first and has a fixed name: of two who create at the same place, one stops here. */
async function putRing(
  { objects, repositoryId, random, createdAtMs, shared }: NewKeys,
  masterKey: Uint8Array,
  signal?: AbortSignal,
) {
  const ring = { ...(shared?.ring ?? firstRing(random.bytes(32), createdAtMs)), oldest: 1 }
  const key = ringKey(1)
  const encoded = encodeKeyRing(
    { repositoryId, objectId: random.bytes(16), ring },
    roleKeys(masterKey, repositoryId).ring,
    random,
  )
  if ((await objects.putNew(key, encoded, signal)) === 'exists')
    throw fail('repository.creation-unfinished', { storage: objects.storage.name, found: key })
}
