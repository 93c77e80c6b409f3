import { AppError, FormatError, hasCode } from '@vmkeep/kit'
import type { Core } from '../core.ts'
import { fail } from '../errors.ts'
import { toHex } from '../formats/hex.ts'
import type { BlobLocation } from '../index/chunk-index.ts'
import { openStoredBlob } from './open-stored-blob.ts'
import type { PackStore } from './pack-store.ts'

interface ExpectedBlob {
  readonly id: Uint8Array
  readonly type?: number
}

interface OpenedBlob {
  readonly sealed: Uint8Array
  readonly plain: Uint8Array
}

/** Finds blobs by id and opens them, one at a time, in this thread. Says precisely what is wrong with one that it cannot. */
export class BlobReader {
  readonly #core: Core
  readonly #packs: PackStore

  constructor(core: Core, packs: PackStore) {
    this.#core = core
    this.#packs = packs
  }

  /**
   * The plaintext of a blob, authenticated and matching its id.
   *
   * @throws `repository.chunk-missing`, `repository.pack-missing`, `repository.chunk-corrupt`, `repository.chunk-unreadable`
   */
  async read(id: Uint8Array, type?: number, signal?: AbortSignal): Promise<Uint8Array> {
    return (await this.#find(type === undefined ? { id } : { id, type }, signal)).plain
  }

  /** The blob itself, sealed, once it was opened and found right. @throws as {@link read} */
  async readSealed(id: Uint8Array, signal?: AbortSignal): Promise<Uint8Array> {
    return (await this.#find({ id }, signal)).sealed
  }

  /** As `read`, from a place that is known. */
  async readAt(location: BlobLocation, expected: ExpectedBlob, signal?: AbortSignal): Promise<Uint8Array> {
    return (await this.openAt(location, expected, signal)).plain
  }

  async #find(expected: ExpectedBlob, signal: AbortSignal | undefined): Promise<OpenedBlob> {
    const missed = new Set<string>()
    for (;;) {
      const location = await this.locate(expected.id, signal)
      try {
        return await this.openAt(location, expected, signal)
      } catch (error) {
        const { key } = location.pack
        if (!hasCode(error, 'repository.pack-missing') || missed.has(key)) throw error
        missed.add(key)
        this.#core.indexStore.lose(location.pack) // perhaps removed by a collector, which left another copy: known, or new
      }
    }
  }

  /** As `readAt`, and the blob as it lies there. */
  async openAt(location: BlobLocation, expected: ExpectedBlob, signal?: AbortSignal): Promise<OpenedBlob> {
    const { id } = expected
    const once = async () => {
      const sealed = await this.#fetch(id, location, signal)
      return { sealed, plain: await openStoredBlob(this.#core, sealed, expected, signal) }
    }
    try {
      return await once()
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
    }
    try {
      return await once() // a bit may have flipped on the way: only what is wrong twice is bad
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      throw corrupt(id, location, error.message, error)
    }
  }

  /** Where a blob lies; what is not in the index is looked for anew. @throws `repository.chunk-missing`, `repository.pack-missing` */
  async locate(id: Uint8Array, signal?: AbortSignal): Promise<BlobLocation> {
    const { indexStore } = this.#core
    const known = indexStore.index.find(id)
    if (known !== undefined) return known
    await indexStore.refresh(signal)
    if (indexStore.index.find(id) === undefined) {
      const { unlisted } = await indexStore.checkPresence(signal)
      await indexStore.salvage(unlisted, signal)
    }
    const found = indexStore.index.find(id)
    if (found !== undefined) return found
    const lost = indexStore.index.recall(id)
    if (lost?.pack.row === undefined) throw fail('repository.chunk-missing', { id: toHex(id) })
    throw fail('repository.pack-missing', { id: toHex(id), pack: lost.pack.key })
  }

  async #fetch(id: Uint8Array, location: BlobLocation, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const pending = this.#packs.readPending(location)
    if (pending !== undefined) return pending
    const blob = new Uint8Array(location.storedBytes)
    try {
      await this.#core.objects.getRange(location.pack.key, location.offsetBytes, blob, signal)
      return blob
    } catch (error) {
      signal?.throwIfAborted() // whoever called it off says why: nothing is wrong with the blob
      throw await this.#unreadable(id, location, error, signal)
    }
  }

  /** Tells apart what is not there, what is cut short, and what merely could not be read now. */
  async #unreadable(id: Uint8Array, { pack, ...place }: BlobLocation, error: unknown, signal: AbortSignal | undefined) {
    if (!(error instanceof AppError)) return error
    const about = { id: toHex(id), pack: pack.key }
    if (hasCode(error, 'storage.not-found')) return fail('repository.pack-missing', about, error)
    if (hasCode(error, 'storage.short-read')) {
      const sizeBytes = await this.#core.objects.size(pack.key, signal)
      if (sizeBytes !== undefined && sizeBytes < place.offsetBytes + place.storedBytes)
        return corrupt(id, { pack, ...place }, `the pack was cut short to ${sizeBytes} bytes`, error)
    }
    return fail('repository.chunk-unreadable', { ...about, reason: error.message }, error)
  }
}

const corrupt = (id: Uint8Array, { pack, offsetBytes }: BlobLocation, reason: string, cause: unknown) =>
  fail('repository.chunk-corrupt', { id: toHex(id), pack: pack.key, offsetBytes, reason }, cause)
