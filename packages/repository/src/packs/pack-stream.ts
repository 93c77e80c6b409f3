import type { PackEntry, PackKind } from '../formats/pack.ts'
import { trailerBytesOf } from '../formats/pack.ts'
import type { IndexedPack } from '../index/chunk-index.ts'
import { segmentBytes } from '../workers/shared-memory.ts'
import type { SealedBlob } from '../workers/seal-blob.ts'
import { blobOverheadBytes, generationOf } from '../formats/blob.ts'
import type { Core } from '../core.ts'
import type { OpenPack } from './open-pack.ts'
import type { PackOwner, PackStore } from './pack-store.ts'

/** Bounds the trailer, and the time it takes to make it. */
const blobsMax = 16_384

/** Blobs of one kind and one source, going into one pack after the other. */
export class PackStream {
  readonly #core: Core
  readonly #store: PackStore
  readonly #kind: PackKind
  readonly #owner: PackOwner
  readonly #onStoring: (stored: Promise<void>) => void
  #open: OpenPack | undefined

  /** `onStoring` gets the promise of every pack that leaves the stream; it must handle its failure. */
  constructor(
    core: Core,
    store: PackStore,
    { kind, owner, onStoring }: { kind: PackKind; owner: PackOwner; onStoring: (stored: Promise<void>) => void },
  ) {
    this.#core = core
    this.#store = store
    this.#kind = kind
    this.#owner = owner
    this.#onStoring = onStoring
  }

  /** Adds a blob to the open pack. Waits while there is no memory for it. */
  async append(blob: SealedBlob): Promise<{ pack: IndexedPack; entry: PackEntry }> {
    const storedBytes = blob.ciphertext.length + blobOverheadBytes
    const keyGeneration = generationOf(blob.header)
    for (;;) {
      const pack = this.#packFor(storedBytes, keyGeneration)
      if (pack.segmentsMissing(storedBytes) === 0) return { pack: pack.indexed, entry: this.#add(pack, blob) }
      const segment = await this.#core.memory.packs.allocate(segmentBytes, this.#owner.signal)
      if (this.#open === pack) pack.addSegment(segment)
      else this.#core.memory.packs.release(segment) // it was closed meanwhile, to make room
    }
  }

  /** Has what is open stored. */
  close(): void {
    const pack = this.#open
    if (pack === undefined) return
    this.#open = undefined
    this.#onStoring(this.#store.store(pack, this.#owner))
  }

  #add(pack: OpenPack, blob: SealedBlob): PackEntry {
    const entry = pack.append(blob)
    this.#core.indexStore.index.add(pack.indexed, entry)
    return entry
  }

  #packFor(storedBytes: number, keyGeneration: number): OpenPack {
    const pack = this.#open
    if (pack !== undefined && pack.entries.length > 0) {
      const full = pack.sizeBytes + storedBytes + trailerBytesOf(pack.entries.length + 1) > this.#core.packSizeBytes
      if (full || pack.entries.length >= blobsMax || !pack.takes(keyGeneration)) this.close()
    }
    this.#open ??= this.#store.begin(this.#kind, this.#owner, () => this.close())
    return this.#open
  }
}
