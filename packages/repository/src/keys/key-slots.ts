import assert from 'node:assert/strict'
import { Secret, systemRandom } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { fromHex, toHex } from '../formats/hex.ts'
import type { Ring } from '../formats/key-ring.ts'
import { type KeySlot, type SlotKind, slotKind } from '../formats/key-slot.ts'
import { slotKey } from '../formats/object-names.ts'
import { obeyFormat, objectsOf, openKeys, readFormat } from '../open-repository.ts'
import type { Environment, KdfCost, KeySlotInfo, KeySlots, OpenOptions } from '../repository.ts'
import type { ObjectStore } from '../storage/object-store.ts'
import type { Storage } from '../storage/storage.ts'
import { putSlot, requireOpens, type SlotPlace } from './put-slot.ts'
import { newRecoveryCode, parseRecoveryCode } from './recovery-code.ts'
import { defaultCost, kdf } from './stretch.ts'
import { normalized, readSlots, unlock } from './unlock.ts'

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
  obeyFormat(objects, { ...format, masterKey }, environment.clock)
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
    const { slots, damaged } = await readSlots(this.#place.objects, this.#place.repositoryId, signal)
    const broken = damaged.map(({ slotId, error }) => ({ id: toHex(slotId), damaged: error.message }))
    return [...slots.map(infoOf), ...broken].toSorted((a, b) => a.id.localeCompare(b.id))
  }

  async addPassphrase(passphrase: Secret, signal?: AbortSignal): Promise<string> {
    if (passphrase.reveal().length === 0) throw fail('repository.key-too-short', {})
    await this.#requireNew(passphrase, signal)
    return await this.#add(slotKind.passphrase, normalized(passphrase.reveal()), passphrase, signal)
  }

  async addRecoveryCode(signal?: AbortSignal): Promise<{ id: string; recoveryCode: Secret }> {
    const code = newRecoveryCode(this.#place.random)
    const recoveryCode = new Secret(code)
    const { symbols } = parseRecoveryCode(code) as { symbols: string }
    return { id: await this.#add(slotKind.recoveryCode, symbols, recoveryCode, signal), recoveryCode }
  }

  async remove(id: string, signal?: AbortSignal): Promise<void> {
    const slots = await this.list(signal)
    const found = slots.find((slot) => slot.id === id)
    if (found === undefined) throw fail('repository.key-slot-missing', { slot: id })
    const isLast = slots.every((slot) => slot === found || slot.kind !== found.kind)
    if (found.kind !== undefined && isLast) throw fail('repository.key-slot-last', { slot: id, kind: found.kind })
    await this.#place.objects.delete(slotKey(fromHex(id, 16)!), signal)
    // Two who remove at the same time each see the other's slot as the one that stays.
    const left = await this.list(signal)
    const lost = slots.find(({ kind }) => kind !== undefined && left.every((slot) => slot.kind !== kind))?.kind
    if (lost !== undefined) throw fail('repository.key-slots-lost', { slot: id, kind: lost })
  }

  async #add(kind: SlotKind, secret: string, typed: Secret, signal: AbortSignal | undefined): Promise<string> {
    const slotId = await putSlot(this.#place, { kind, secret, masterKey: this.#masterKey }, signal)
    try {
      await requireOpens(this.#place, typed, this.#masterKey, signal)
      return toHex(slotId)
    } catch (error) {
      await this.#place.objects.delete(slotKey(slotId)).catch(() => {}) // a slot that opens nothing harms nobody
      throw error
    }
  }

  /** Two slots for one passphrase would make a later removal look as if it had taken the passphrase away. */
  async #requireNew(passphrase: Secret, signal: AbortSignal | undefined): Promise<void> {
    const { objects, repositoryId } = this.#place
    const known = await unlock(objects, repositoryId, passphrase, signal).catch(() => undefined)
    if (known !== undefined) throw fail('repository.key-known', { slot: toHex(known.slot.slotId) })
  }
}

function infoOf({ slotId, kind, record }: KeySlot): KeySlotInfo {
  const { memoryKiB, passes, parallelism } = record
  return {
    id: toHex(slotId),
    kind: kind === slotKind.recoveryCode ? 'recovery code' : 'passphrase',
    kdf: record.kdf === kdf.argon2id ? 'argon2id' : 'scrypt',
    cost: { memoryKiB, passes, parallelism },
  }
}
