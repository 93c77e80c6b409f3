import { FormatError, type Secret } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import {
  decodeKeySlot,
  type KeySlot,
  keySlotBytesMax,
  openKeySlot,
  slotKind,
  type SlotOpener,
  slotPayload,
} from '../formats/key-slot.ts'
import { keysPrefix, slotIdOf } from '../formats/object-names.ts'
import type { ObjectStore } from '../storage/object-store.ts'
import { parseRecoveryCode } from './recovery-code.ts'
import { type TypedSecret, typedSecret } from './typed-secret.ts'

/** A passphrase as every keyboard and system writes it. */
export const normalized = (passphrase: string): string => passphrase.normalize('NFC')

export interface Unlocked {
  /** The slot that the key opened. */
  readonly slot: KeySlot
  /** What it holds: by `slot.record.payload` the master key, or the keys of maintenance. */
  readonly content: Uint8Array
}

/**
 * Finds the slot that `key` opens and that holds the master key.
 *
 * @throws what {@link unlockAny} throws; `repository.needs-data-keys` if it opens for maintenance only
 */
export async function unlock(
  objects: ObjectStore,
  repositoryId: Uint8Array,
  key: Secret,
  signal?: AbortSignal,
): Promise<{ readonly slot: KeySlot; readonly masterKey: Uint8Array }> {
  const { slot, content } = await unlockAny(objects, repositoryId, key, signal)
  if (slot.record.payload !== slotPayload.masterKey) throw fail('repository.needs-data-keys', {})
  return { slot, masterKey: content }
}

/**
 * Finds the slot that `key` opens: a passphrase, a recovery code, the content of a key file, or a private key. One that gives everything goes first.
 *
 * @throws `repository.wrong-key`, `repository.recovery-code-typo`, `repository.key-malformed`, `repository.no-key-slots`
 */
export async function unlockAny(
  objects: ObjectStore,
  repositoryId: Uint8Array,
  key: Secret,
  signal?: AbortSignal,
): Promise<Unlocked> {
  const storage = objects.storage.name
  const { slots, damaged: broken } = await readSlots(objects, repositoryId, signal)
  const damaged = broken.map(({ error }) => error)
  if (slots.length === 0) throw fail('repository.no-key-slots', { storage }, damaged[0])
  const typed = typedSecret(key)
  const code = typed.kind === 'text' ? parseRecoveryCode(typed.text) : undefined
  for (const { slot, opener } of attemptsOf(slots, typed, code)) {
    signal?.throwIfAborted()
    const content = await open(slot, opener, damaged)
    if (content !== undefined) return { slot, content }
  }
  if (code !== undefined && 'wrongGroups' in code)
    throw fail('repository.recovery-code-typo', { groups: code.wrongGroups })
  throw fail('repository.wrong-key', { storage }, damaged[0])
}

interface Attempt {
  readonly slot: KeySlot
  readonly opener: SlotOpener
}

function attemptsOf(
  slots: readonly KeySlot[],
  typed: TypedSecret,
  code: ReturnType<typeof parseRecoveryCode>,
): Attempt[] {
  const attempts = slots.flatMap((slot) => {
    const opener = openerFor(slot, typed, code)
    return opener === undefined ? [] : [{ slot, opener }]
  })
  const isCode = ({ slot }: Attempt) => (code !== undefined && slot.kind === slotKind.recoveryCode ? 1 : 0)
  return attempts.toSorted((a, b) => isCode(b) - isCode(a) || a.slot.record.payload - b.slot.record.payload) // it looks like a code: try that first
}

function openerFor(
  { kind }: KeySlot,
  typed: TypedSecret,
  code: ReturnType<typeof parseRecoveryCode>,
): SlotOpener | undefined {
  if (typed.kind === 'keyFile') return kind === slotKind.keyFile ? { kind, keyFile: typed.bytes } : undefined
  if (typed.kind === 'identity') return kind === slotKind.recipient ? { kind, privateKey: typed.privateKey } : undefined
  if (kind === slotKind.passphrase) return { kind, secret: normalized(typed.text) }
  return kind === slotKind.recoveryCode && code && 'symbols' in code ? { kind, secret: code.symbols } : undefined
}

/** A slot that fails must not keep another from opening. */
async function open(slot: KeySlot, opener: SlotOpener, damaged: FormatError[]): Promise<Uint8Array | undefined> {
  try {
    return await openKeySlot(slot, opener)
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
    const source = sizeBytes <= keySlotBytesMax ? await objects.get(key, keySlotBytesMax, signal) : undefined
    try {
      slots.push(decodeKeySlot(source ?? new Uint8Array(), repositoryId, slotId))
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      damaged.push({ slotId, error: new FormatError(`${key}: ${error.message}`) })
    }
  }
  return { slots, damaged }
}
