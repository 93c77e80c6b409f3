import type { Random, Secret } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { sameBytes } from '../formats/hex.ts'
import { encodeKeySlot, type SlotKind } from '../formats/key-slot.ts'
import { slotKey } from '../formats/object-names.ts'
import type { KdfCost } from '../repository.ts'
import type { ObjectStore } from '../storage/object-store.ts'
import { preferredKdf } from './stretch.ts'
import { unlock, type Unlocked } from './unlock.ts'

export interface SlotPlace {
  readonly objects: ObjectStore
  readonly repositoryId: Uint8Array
  readonly cost: KdfCost
  readonly random: Random
}

/** Stores a new slot that `secret` opens. Returns its id. */
export async function putSlot(
  { objects, repositoryId, cost, random }: SlotPlace,
  { kind, secret, masterKey }: { readonly kind: SlotKind; readonly secret: string; readonly masterKey: Uint8Array },
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const slot = { repositoryId, slotId: random.bytes(16), kind, kdf: preferredKdf, cost }
  await objects.putUnique(slotKey(slot.slotId), await encodeKeySlot(slot, secret, masterKey, random), signal)
  return slot.slotId
}

/** A key that does not open the repository must be found out today, not on the worst day. */
export async function requireOpens(
  { objects, repositoryId }: Pick<SlotPlace, 'objects' | 'repositoryId'>,
  secret: Secret,
  masterKey: Uint8Array,
  signal?: AbortSignal,
): Promise<Unlocked> {
  const unlocked = await unlock(objects, repositoryId, secret, signal)
  if (!sameBytes(unlocked.masterKey, masterKey)) throw fail('repository.wrong-key', { storage: objects.storage.name })
  return unlocked
}
