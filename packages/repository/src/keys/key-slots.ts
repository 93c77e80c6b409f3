import assert from 'node:assert/strict'
import { Secret, systemRandom } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { fromHex, toHex } from '../formats/hex.ts'
import type { Ring } from '../formats/key-ring.ts'
import { type KeySlot, slotKind, type SlotLock, slotPayload } from '../formats/key-slot.ts'
import { slotKey } from '../formats/object-names.ts'
import { obeyFormat, objectsOf, openKeys, openUnlocked, readFormat } from '../open-repository.ts'
import type { AddKeyOptions, Environment, KdfCost, KeySlotInfo, KeySlots, OpenOptions } from '../repository.ts'
import type { ObjectStore } from '../storage/object-store.ts'
import type { Storage } from '../storage/storage.ts'
import { putSlot, requireOpens, type SlotPlace, textLock } from './put-slot.ts'
import { newRecoveryCode, parseRecoveryCode } from './recovery-code.ts'
import { maintenanceContent, type MaintenanceKeys, roleKeys } from './role-keys.ts'
import { defaultCost, kdf } from './stretch.ts'
import { recipientFrom, recipientText, typedSecret } from './typed-secret.ts'
import { normalized, readSlots, unlock, unlockAny } from './unlock.ts'

/**
 * Opens the keys of a repository: what opens it can be added, changed and removed without touching what is stored, because every slot holds the same
 * master key.
 *
 * @throws what `openRepository` throws
 */
export async function openKeySlots(
  storage: Storage,
  { key, kdf: cost = defaultCost, ...environment }: OpenOptions & { readonly kdf?: KdfCost },
): Promise<KeySlots> {
  const objects = objectsOf(storage, environment)
  const format = await readFormat(objects, environment.signal)
  const { repositoryId } = format
  const { slot, masterKey } = await unlock(objects, repositoryId, key, environment.signal)
  obeyFormat(objects, format, roleKeys(masterKey, repositoryId).control, environment.clock)
  return new OpenKeySlots({ objects, repositoryId, cost, random: environment.random ?? systemRandom }, masterKey, slot)
}

interface SharedKeys {
  readonly masterKey: Uint8Array
  readonly keysId: Uint8Array
  readonly ring: Ring
  readonly chunkSizeBytes: number
}

/** What a twin takes over from the repository whose slots these are. @throws what `openRepository` throws */
export async function keysToShare(slots: KeySlots, environment: Environment): Promise<SharedKeys> {
  const { objects, masterKey } = OpenKeySlots.insideOf(slots)
  const format = await readFormat(objects, environment.signal)
  const { keysId, chunkSizeBytes, ring } = await openKeys(objects, { ...format, masterKey }, environment)
  return { masterKey, keysId, chunkSizeBytes, ring: ring.ring }
}

class OpenKeySlots implements KeySlots {
  readonly opened: string
  readonly #place: SlotPlace
  readonly #masterKey: Uint8Array

  constructor(place: SlotPlace, masterKey: Uint8Array, slot: KeySlot) {
    this.opened = toHex(slot.slotId)
    this.#place = place
    this.#masterKey = masterKey
  }

  /** For those who make slots of another repository with the same keys. */
  static insideOf(slots: KeySlots): { objects: ObjectStore; masterKey: Uint8Array } {
    assert(slots instanceof OpenKeySlots)
    return { objects: slots.#place.objects, masterKey: slots.#masterKey }
  }

  async list(signal?: AbortSignal): Promise<KeySlotInfo[]> {
    return await listSlots(this.#place, signal)
  }

  async addKey(key: Secret, { maintenance = false, signal }: AddKeyOptions = {}): Promise<string> {
    if (key.reveal().length === 0) throw fail('repository.key-too-short', {})
    await this.#requireNew(key, signal)
    const typed = typedSecret(key)
    if (typed.kind === 'identity') throw fail('repository.key-malformed', { what: 'a private key: add its public key' })
    const lock =
      typed.kind === 'keyFile'
        ? { kind: slotKind.keyFile, keyFile: typed.bytes }
        : textLock(slotKind.passphrase, normalized(typed.text), this.#place.cost)
    return await this.#add(lock, { key, maintenance, signal })
  }

  async addRecipient(publicKey: string, { maintenance = false, signal }: AddKeyOptions = {}): Promise<string> {
    return await this.#add({ kind: slotKind.recipient, recipient: recipientFrom(publicKey) }, { maintenance, signal })
  }

  async addRecoveryCode(signal?: AbortSignal): Promise<{ id: string; recoveryCode: Secret }> {
    const code = newRecoveryCode(this.#place.random)
    const recoveryCode = new Secret(code)
    const { symbols } = parseRecoveryCode(code) as { symbols: string }
    const lock = textLock(slotKind.recoveryCode, symbols, this.#place.cost)
    return { id: await this.#add(lock, { key: recoveryCode, maintenance: false, signal }), recoveryCode }
  }

  async remove(id: string, signal?: AbortSignal): Promise<void> {
    const found = (await this.list(signal)).find((slot) => slot.id === id)
    if (found === undefined) throw fail('repository.key-slot-missing', { slot: id })
    const enough = async () => (await this.list(signal)).filter((slot) => slot.id !== id && givesAll(slot)).length > 1
    const matters = givesAll(found)
    if (matters && !(await enough())) throw fail('repository.key-slot-last', { slot: id })
    await this.#place.objects.delete(slotKey(fromHex(id, 16)!), signal)
    // Two who remove at the same time each see the other's slot as one that stays.
    if (matters && !(await enough())) throw fail('repository.key-slots-lost', { slot: id })
  }

  async #add(
    lock: SlotLock,
    {
      key,
      maintenance,
      signal,
    }: { readonly key?: Secret; readonly maintenance: boolean; readonly signal?: AbortSignal | undefined },
  ): Promise<string> {
    const content = maintenance ? maintenanceContent(await this.#maintenanceKeys(signal)) : this.#masterKey
    const slotId = await putSlot(this.#place, lock, content, signal)
    try {
      if (key !== undefined) await requireOpens(this.#place, key, content, signal)
      return toHex(slotId)
    } catch (error) {
      await this.#place.objects.delete(slotKey(slotId)).catch(() => {}) // a slot that opens nothing harms nobody
      throw error
    }
  }

  async #maintenanceKeys(signal: AbortSignal | undefined): Promise<MaintenanceKeys> {
    const { objects, repositoryId } = this.#place
    const format = await readFormat(objects, signal)
    const { keysId } = obeyFormat(objects, format, roleKeys(this.#masterKey, repositoryId).control)
    return roleKeys(this.#masterKey, repositoryId, keysId)
  }

  /** Two slots for one key would make a later removal look as if it had taken the key away. */
  async #requireNew(key: Secret, signal: AbortSignal | undefined): Promise<void> {
    const { objects, repositoryId } = this.#place
    const known = await unlockAny(objects, repositoryId, key, signal).catch(() => undefined)
    if (known !== undefined) throw fail('repository.key-known', { slot: toHex(known.slot.slotId) })
  }
}

/** Tries a key, and whether what it opens opens the repository. Changes nothing. @throws what `openRepository` throws */
export async function testKey(storage: Storage, { key, ...environment }: OpenOptions): Promise<KeySlotInfo> {
  const objects = objectsOf(storage, environment)
  const format = await readFormat(objects, environment.signal)
  const unlocked = await unlockAny(objects, format.repositoryId, key, environment.signal)
  await openUnlocked(objects, { ...format, ...unlocked }, environment)
  return infoOf(unlocked.slot)
}

/** Whether a slot gives the master key. */
const givesAll = ({ kind, maintenance }: KeySlotInfo): boolean => kind !== undefined && !maintenance

async function listSlots(
  { objects, repositoryId }: SlotPlace,
  signal: AbortSignal | undefined,
): Promise<KeySlotInfo[]> {
  const { slots, damaged } = await readSlots(objects, repositoryId, signal)
  const broken = damaged.map(({ slotId, error }) => ({
    id: toHex(slotId),
    maintenance: false,
    damaged: error.message,
  }))
  return [...slots.map(infoOf), ...broken].toSorted((a, b) => a.id.localeCompare(b.id))
}

const kindNames = {
  [slotKind.passphrase]: 'passphrase',
  [slotKind.recoveryCode]: 'recovery code',
  [slotKind.keyFile]: 'key file',
  [slotKind.recipient]: 'recipient',
} as const
const kdfNames = {
  [kdf.argon2id]: 'argon2id',
  [kdf.scrypt]: 'scrypt',
  [kdf.hkdf]: 'HKDF',
  [kdf.x25519]: 'X25519',
} as const

function infoOf({ slotId, kind, record, recipient }: KeySlot): KeySlotInfo {
  const { memoryKiB, passes, parallelism } = record
  return {
    id: toHex(slotId),
    kind: kindNames[kind as keyof typeof kindNames],
    maintenance: record.payload === slotPayload.maintenanceKeys,
    kdf: kdfNames[record.kdf as keyof typeof kdfNames],
    ...(memoryKiB > 0 && { cost: { memoryKiB, passes, parallelism } }),
    ...(recipient !== undefined && { recipient: recipientText(recipient) }),
  }
}
