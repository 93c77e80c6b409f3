import type { Random, Secret } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { sameBytes } from '../formats/hex.ts'
import { encodeKeySlot, type SlotLock, type slotKind } from '../formats/key-slot.ts'
import { slotKey } from '../formats/object-names.ts'
import type { KdfCost } from '../repository.ts'
import type { ObjectStore } from '../storage/object-store.ts'
import { preferredKdf } from './stretch.ts'
import { unlockAny } from './unlock.ts'

export interface SlotPlace {
  readonly objects: ObjectStore
  readonly repositoryId: Uint8Array
  readonly cost: KdfCost
  readonly random: Random
}

/** A lock of a secret that a person keeps: slow to try. */
export const textLock = (
  kind: typeof slotKind.passphrase | typeof slotKind.recoveryCode,
  secret: string,
  cost: KdfCost,
): SlotLock => ({ kind, secret, kdf: preferredKdf, cost })

/** Stores a new slot. Returns its id. */
export async function putSlot(
  { objects, repositoryId, random }: SlotPlace,
  lock: SlotLock,
  content: Uint8Array,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const slot = { repositoryId, slotId: random.bytes(16) }
  await objects.putUnique(slotKey(slot.slotId), await encodeKeySlot(slot, lock, content, random), signal)
  return slot.slotId
}

/** A key that does not open the repository must be found out today, not on the worst day. */
export async function requireOpens(
  { objects, repositoryId }: Pick<SlotPlace, 'objects' | 'repositoryId'>,
  secret: Secret,
  content: Uint8Array,
  signal?: AbortSignal,
): Promise<void> {
  const unlocked = await unlockAny(objects, repositoryId, secret, signal)
  if (!sameBytes(unlocked.content, content)) throw fail('repository.wrong-key', { storage: objects.storage.name })
}
