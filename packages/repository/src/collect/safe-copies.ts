import { AppError, mapConcurrent } from '@vmkeep/kit'
import type { Core } from '../core.ts'
import type { PackEntry } from '../formats/pack.ts'
import { packKey } from '../formats/object-names.ts'
import type { BlobLocation, IndexedPack } from '../index/chunk-index.ts'
import type { BlobReader } from '../packs/blob-reader.ts'
import { canOpenIn, provePack } from '../packs/prove-pack.ts'
import { PrefixTable } from '../index/prefix-table.ts'
import type { Liveness } from './liveness.ts'
import { packEntries } from '../packs/pack-entries.ts'

const packsAtOnce = 16

/** Tells whether a pack may go: whether every needed blob in it lies elsewhere too, and was read back there in this collection. */
export class SafeCopies {
  readonly #core: Core
  readonly #reader: BlobReader
  readonly #liveness: Liveness
  /** Of which blobs a copy was read back, and where: pack ordinal, offset. */
  readonly #read = new PrefixTable(2)
  /** Packs that were read back whole. */
  readonly #proven = new Set<string>()
  readonly #ordinals = new Map<string, number>()

  constructor(core: Core, reader: BlobReader, liveness: Liveness) {
    this.#core = core
    this.#reader = reader
    this.#liveness = liveness
  }

  /** Those of some packs that may go, in their order. Several are looked at at once: each costs reads of a storage that may be far away. */
  async thatMayGo(
    packNames: readonly Uint8Array[],
    onChecked: (done: number) => void,
    signal?: AbortSignal,
  ): Promise<Uint8Array[]> {
    const mayGo: Uint8Array[] = []
    let done = 0
    const check = mapConcurrent(packsAtOnce, async (name: Uint8Array) =>
      (await this.#mayGo(name, signal)) ? [name] : [],
    )
    for await (const names of check(each(packNames))) {
      mayGo.push(...names)
      onChecked(++done)
    }
    return mayGo
  }

  async #mayGo(packName: Uint8Array, signal: AbortSignal | undefined): Promise<boolean> {
    for (const entry of await packEntries(this.#core, packName, signal))
      if (this.#liveness.isNeeded(entry.id) && !(await this.#liesElsewhere(entry, packKey(packName), signal)))
        return false
    return true
  }

  /** A copy that somebody else has just read back. */
  remember(pack: IndexedPack, { id, offsetBytes }: { readonly id: Uint8Array; readonly offsetBytes: number }): void {
    this.#read.set(id.subarray(0, 16), this.#ordinalOf(pack.key), offsetBytes)
  }

  /**
   * Reads a copy back: the blob itself, or, where its key is not at hand, the pack it lies in, once for all blobs.
   *
   * @throws `repository.chunk-corrupt`, `repository.pack-corrupt`, and what the storage throws
   */
  async readBack(
    found: BlobLocation,
    expected: { readonly id: Uint8Array; readonly type: number },
    signal?: AbortSignal,
  ): Promise<void> {
    if (canOpenIn(this.#core, found.pack, expected.type)) await this.#reader.readAt(found, expected, signal)
    else if (!this.#proven.has(found.pack.key)) {
      await provePack(this.#core, found.pack, [], signal)
      this.#proven.add(found.pack.key)
    }
  }

  async #liesElsewhere({ id, type }: PackEntry, not: string, signal: AbortSignal | undefined): Promise<boolean> {
    const found = this.#core.indexStore.index.find(id)
    if (found === undefined || found.pack.key === not || found.pack.state !== 'live') return false
    const [pack, offset] = [this.#ordinalOf(found.pack.key), found.offsetBytes]
    const known = this.#read.find(id.subarray(0, 16))
    if (known?.[0] === pack && known[1] === offset) return true
    try {
      await this.readBack(found, { id, type }, signal)
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof AppError) return false // then this one stays
      throw error
    }
    this.remember(found.pack, { id, offsetBytes: offset })
    return true
  }

  #ordinalOf(packKeyText: string): number {
    const known = this.#ordinals.get(packKeyText) ?? this.#ordinals.size + 1
    this.#ordinals.set(packKeyText, known)
    return known
  }
}

async function* each<T>(items: Iterable<T>): AsyncIterable<T> {
  yield* items
}
