import { FormatError } from '@vmkeep/kit'
import { type Core, nowMs } from '../core.ts'
import {
  decodeLostCopies,
  encodeLostCopies,
  everythingLost,
  type LostCopy,
  lostCopiesMax,
} from '../formats/lost-copies.ts'
import { lostPrefix, lostRecordKey, lostRecordOf, packKey } from '../formats/object-names.ts'
import { sealedObjectBytesMax } from '../formats/sealed-object.ts'
import type { ObjectStore } from '../storage/object-store.ts'

/** Knows which copies of blobs are damaged. */
export interface LostPlaces {
  readonly isEmpty: boolean
  isLost(packKeyText: string, offsetBytes: number): boolean
}

/**
 * Which copies of blobs were found damaged, by anybody: `lost/…`. Nobody relies on one; reading still tries them, where there is
 * no other. A pack that is not there needs no record: whoever relies on packs lists them before.
 */
export class LostCopies implements LostPlaces {
  /** Records that cannot be read: key → reason. */
  readonly damaged = new Map<string, string>()
  readonly #objects: ObjectStore
  readonly #repositoryId: Uint8Array
  readonly #controlKey: Uint8Array
  readonly #records = new Map<string, readonly LostCopy[]>()
  readonly #places = new Map<string, Set<number>>() // pack key → offsets

  constructor(
    objects: ObjectStore,
    { repositoryId, controlKey }: { repositoryId: Uint8Array; controlKey: Uint8Array },
  ) {
    this.#objects = objects
    this.#repositoryId = repositoryId
    this.#controlKey = controlKey
  }

  get isEmpty(): boolean {
    return this.#places.size === 0
  }

  /** The records in the storage, by key. */
  get records(): ReadonlyMap<string, readonly LostCopy[]> {
    return this.#records
  }

  isLost(packKeyText: string, offsetBytes: number): boolean {
    const offsets = this.#places.get(packKeyText)
    return offsets !== undefined && (offsets.has(offsetBytes) || offsets.has(everythingLost))
  }

  /** Whether anything of a pack is known to be damaged. */
  touches(packKeyText: string): boolean {
    return this.#places.has(packKeyText)
  }

  /** Reads what is new and drops what is closed. Says whether anything is new: then look for other copies in the index. */
  async refresh(signal?: AbortSignal): Promise<boolean> {
    const closed = new Set(this.#records.keys())
    const fresh: string[] = []
    for await (const { key } of this.#objects.list(lostPrefix, signal)) if (!closed.delete(key)) fresh.push(key)
    for (const key of closed) this.#records.delete(key)
    if (closed.size > 0) this.#rebuild()
    let learned = false
    for (const key of fresh) learned = (await this.#read(key, signal)) || learned
    return learned
  }

  /** Records damaged copies for everybody, those already known left out. Returns how many are new. */
  async record(core: Core, copies: readonly LostCopy[], signal?: AbortSignal): Promise<number> {
    const fresh = copies.filter(
      ({ packName, offsetBytes }) => this.#places.get(packKey(packName))?.has(offsetBytes) !== true,
    )
    for (let at = 0; at < fresh.length; at += lostCopiesMax)
      await this.#write(core, fresh.slice(at, at + lostCopiesMax), signal)
    return fresh.length
  }

  /** Takes copies out that are open no longer: the rest of each record is written anew before the record goes. */
  async close(core: Core, isOpen: (copy: LostCopy) => boolean, signal?: AbortSignal): Promise<number> {
    let closed = 0
    for (const [key, copies] of this.#records) {
      const open = copies.filter(isOpen)
      if (open.length === copies.length) continue
      if (open.length > 0) await this.#write(core, open, signal)
      await this.#objects.delete(key, signal)
      this.#records.delete(key)
      closed += copies.length - open.length
    }
    if (closed > 0) this.#rebuild()
    return closed
  }

  async #write(core: Core, copies: readonly LostCopy[], signal: AbortSignal | undefined): Promise<void> {
    const recordId = core.random.bytes(16)
    const identity = { repositoryId: this.#repositoryId, recordId }
    const sealing = { controlKey: this.#controlKey, random: core.random }
    const key = lostRecordKey(recordId)
    await this.#objects.putUnique(key, encodeLostCopies(identity, { copies, atMs: nowMs(core) }, sealing), signal)
    this.#learn(key, copies)
  }

  async #read(key: string, signal: AbortSignal | undefined): Promise<boolean> {
    const recordId = lostRecordOf(key)
    if (recordId === undefined) return false
    const source = await this.#objects.get(key, sealedObjectBytesMax, signal)
    if (source === undefined) return false // closed meanwhile
    try {
      const identity = { repositoryId: this.#repositoryId, recordId }
      this.#learn(key, decodeLostCopies(source, identity, this.#controlKey))
      this.damaged.delete(key)
      return true
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      this.damaged.set(key, error.message) // what it said is found again by the next verification
      return false
    }
  }

  #learn(key: string, copies: readonly LostCopy[]): void {
    this.#records.set(key, copies)
    for (const { packName, offsetBytes } of copies) {
      const pack = packKey(packName)
      this.#places.set(pack, (this.#places.get(pack) ?? new Set()).add(offsetBytes))
    }
  }

  #rebuild(): void {
    this.#places.clear()
    for (const [key, copies] of this.#records) this.#learn(key, copies)
  }
}
