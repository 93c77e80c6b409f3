import type { Core } from '../core.ts'
import { packKey, packNameOf } from '../formats/object-names.ts'

/** A pack that lies in the storage. `ordinal` is missing where nothing is known about it. */
export interface PresentPack {
  readonly name: Uint8Array
  readonly ordinal: number | undefined
  readonly sizeBytes: number
}

/** Which packs lie in the storage, as the last look saw them. */
export class Stock {
  readonly #core: Core
  /** Packs that nothing can be said about: key → size. Of the others the pack table knows. */
  readonly #strays = new Map<string, number>()
  /**
   * Sizes by ordinal. Marking may look anew, and then finds packs of sessions that began after sessions were looked at: those are not
   * looked at here.
   */
  #listed: Uint32Array = new Uint32Array()

  constructor(core: Core) {
    this.#core = core
  }

  async take(signal: AbortSignal | undefined): Promise<void> {
    const { indexStore, condemned, lost } = this.#core
    await lost.refresh(signal)
    await indexStore.refresh(signal)
    const unknown = new Map<string, number>()
    const { unlisted } = await indexStore.checkPresence(signal, (key, sizeBytes) => {
      if (indexStore.index.packOf(key) === undefined) unknown.set(key, sizeBytes)
    })
    await indexStore.salvage(
      unlisted.filter((name) => !condemned.isDoomed(name)),
      signal,
    )
    this.#strays.clear()
    for (const [key, sizeBytes] of unknown)
      if (indexStore.index.packOf(key) === undefined) this.#strays.set(key, sizeBytes)
    this.#listed = indexStore.index.table.listed()
  }

  *present(): Iterable<PresentPack> {
    const { table } = this.#core.indexStore.index
    for (const [ordinal, sizeBytes] of this.#listed.entries())
      if (sizeBytes > 0) yield { name: table.nameOf(ordinal), ordinal, sizeBytes }
    for (const [key, sizeBytes] of this.#strays) {
      const name = packNameOf(key)!
      yield { name, ordinal: table.ordinalOf(name), sizeBytes } // it may have been understood since
    }
  }

  /** Those that a final condemns, whoever published it. */
  doomed(): Uint8Array[] {
    const { condemned } = this.#core
    return [...this.present()].flatMap(({ name }) => (condemned.isDoomed(name) ? [name] : []))
  }

  /** 0: it is not there. */
  sizeOf(name: Uint8Array): number {
    const { table } = this.#core.indexStore.index
    const ordinal = table.ordinalOf(name)
    return ordinal === undefined ? (this.#strays.get(packKey(name)) ?? 0) : table.listedBytesOf(ordinal)
  }

  /** Whether it is there, and not about to go. */
  stays(name: Uint8Array): boolean {
    return this.sizeOf(name) > 0 && !this.#core.condemned.isDoomed(name)
  }

  isKnown(name: Uint8Array): boolean {
    const key = packKey(name)
    return this.#strays.has(key) || this.#core.indexStore.index.packOf(key) !== undefined
  }
}
