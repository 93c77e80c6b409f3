import { FormatError, type Secret } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { decodeKeySlot, type KeySlot, keySlotBytes, openKeySlot, slotKind } from '../formats/key-slot.ts'
import { keysPrefix, slotIdOf } from '../formats/object-names.ts'
import type { ObjectStore } from '../storage/object-store.ts'
import { parseRecoveryCode } from './recovery-code.ts'

/** A passphrase as every keyboard and system writes it. */
export const normalized = (passphrase: string): string => passphrase.normalize('NFC')

export interface Unlocked {
  /** The slot that the key opened. */
  readonly slot: KeySlot
  readonly masterKey: Uint8Array
}

/**
 * Finds the slot that `key`, a passphrase or a recovery code, opens.
 *
 * @throws `repository.wrong-key`, `repository.recovery-code-typo`, `repository.no-key-slots`
 */
export async function unlock(
  objects: ObjectStore,
  repositoryId: Uint8Array,
  key: Secret,
  signal?: AbortSignal,
): Promise<Unlocked> {
  const storage = objects.storage.name
  const { slots, damaged: broken } = await readSlots(objects, repositoryId, signal)
  const damaged = broken.map(({ error }) => error)
  if (slots.length === 0) throw fail('repository.no-key-slots', { storage }, damaged[0])
  const code = parseRecoveryCode(key.reveal())
  const attempts = slots.flatMap((slot) => {
    const secret =
      slot.kind !== slotKind.recoveryCode
        ? normalized(key.reveal())
        : code && 'symbols' in code
          ? code.symbols
          : undefined
    return secret === undefined ? [] : [{ slot, secret }]
  })
  if (code !== undefined) attempts.sort((a, b) => b.slot.kind - a.slot.kind) // it looks like a code: try that first
  for (const { slot, secret } of attempts) {
    signal?.throwIfAborted()
    const masterKey = await open(slot, secret, damaged)
    if (masterKey !== undefined) return { slot, masterKey }
  }
  if (code !== undefined && 'wrongGroups' in code)
    throw fail('repository.recovery-code-typo', { groups: code.wrongGroups })
  throw fail('repository.wrong-key', { storage }, damaged[0])
}

/** A slot that fails must not keep another from opening. */
async function open(slot: KeySlot, secret: string, damaged: FormatError[]): Promise<Uint8Array | undefined> {
  try {
    return await openKeySlot(slot, secret)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    damaged.push(error)
    return undefined
  }
}

export interface Slots {
  readonly slots: readonly KeySlot[]
  readonly damaged: readonly { readonly slotId: Uint8Array; readonly error: FormatError }[]
}

/** Every slot that can be understood, and why others cannot. */
export async function readSlots(
  objects: ObjectStore,
  repositoryId: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<Slots> {
  const slots: KeySlot[] = []
  const damaged: { slotId: Uint8Array; error: FormatError }[] = []
  for await (const { key, sizeBytes } of objects.list(keysPrefix, signal)) {
    const slotId = slotIdOf(key)
    if (slotId === undefined) continue
    const source = sizeBytes === keySlotBytes ? await objects.get(key, keySlotBytes, signal) : undefined
    try {
      slots.push(decodeKeySlot(source ?? new Uint8Array(), repositoryId, slotId))
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      damaged.push({ slotId, error: new FormatError(`${key}: ${error.message}`) })
    }
  }
  return { slots, damaged }
}
