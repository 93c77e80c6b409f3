import type { IndexedPack } from '../index/chunk-index.ts'
import type { ChunkIndex } from '../index/chunk-index.ts'

/** What is to be done about a blob: nothing but to rely on a pack that is there or on its way, or to store it. */
export type Decision =
  | { readonly kind: 'relied'; readonly pack: IndexedPack | Promise<IndexedPack> }
  | { readonly kind: 'store' }

/** Decides, once per id and for all sessions of this process, who stores a blob. */
export class Claims {
  readonly #index: ChunkIndex
  /** Blobs someone is compressing and sealing just now, and which will be in a pack soon. Few: bounded by the leases. */
  readonly #claimed = new Map<string, PromiseWithResolvers<IndexedPack>>()

  constructor(index: ChunkIndex) {
    this.#index = index
  }

  /** After `store`, the caller must call `stored` or `failed`. */
  decide(id: Uint8Array): Decision {
    const found = this.#index.find(id)
    if (found !== undefined && this.#index.stands(found)) return { kind: 'relied', pack: found.pack }
    const claim = this.#claimed.get(nameOf(id))
    if (claim !== undefined) return { kind: 'relied', pack: claim.promise }
    const mine = Promise.withResolvers<IndexedPack>()
    mine.promise.catch(() => {}) // whoever relies on it asks later
    this.#claimed.set(nameOf(id), mine)
    return { kind: 'store' }
  }

  stored(id: Uint8Array, pack: IndexedPack): void {
    this.#claimed.get(nameOf(id))?.resolve(pack)
    this.#claimed.delete(nameOf(id))
  }

  failed(id: Uint8Array, reason: unknown): void {
    this.#claimed.get(nameOf(id))?.reject(reason)
    this.#claimed.delete(nameOf(id))
  }
}

const nameOf = (id: Uint8Array) => Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString('latin1')
