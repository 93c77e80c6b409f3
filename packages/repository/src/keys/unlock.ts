import { FormatError, type Secret } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { decodeKeySlot, type KeySlot, keySlotBytes, openKeySlot, slotKind } from '../formats/key-slot.ts'
import { keysPrefix, slotIdOf } from '../formats/object-names.ts'
import type { ObjectStore } from '../storage/object-store.ts'
import { parseRecoveryCode } from './recovery-code.ts'

/** A passphrase as every keyboard and system writes it. */
export const normalized = (passphrase: string): string => passphrase.normalize('NFC')

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
): Promise<Uint8Array> {
  const storage = objects.storage.name
  const { slots, damaged } = await readSlots(objects, repositoryId, signal)
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
    if (masterKey !== undefined) return masterKey
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

async function readSlots(objects: ObjectStore, repositoryId: Uint8Array, signal: AbortSignal | undefined) {
  const slots: KeySlot[] = []
  const damaged: FormatError[] = []
  for await (const { key, sizeBytes } of objects.list(keysPrefix, signal)) {
    const slotId = slotIdOf(key)
    if (slotId === undefined) continue
    const source = sizeBytes === keySlotBytes ? await objects.get(key, keySlotBytes, signal) : undefined
    try {
      slots.push(decodeKeySlot(source ?? new Uint8Array(), repositoryId, slotId))
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      damaged.push(new FormatError(`${key}: ${error.message}`))
    }
  }
  return { slots, damaged }
}
