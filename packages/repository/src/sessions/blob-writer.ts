import assert from 'node:assert/strict'
import type { Core } from '../core.ts'
import { fail } from '../errors.ts'
import { blobHeaderBytes, blobOverheadBytes, blobType, compression, idBytes } from '../formats/blob.ts'
import { nonceBytes } from '../formats/aead.ts'
import type { IndexedPack } from '../index/chunk-index.ts'
import type { PackStore } from '../packs/pack-store.ts'
import type { PackStream } from '../packs/pack-stream.ts'
import { type ChunkToSeal, regionOf } from '../workers/jobs.ts'
import { idOf, sealBlob, type SealedBlob } from '../workers/seal-blob.ts'
import type { Claims } from './claims.ts'
import type { CompressionChoice } from './compression-choice.ts'

/** Level 3 would save 3 % more and take a sixth of the whole pipeline's time (measured: docs/benchmarks.md). */
const chunkLevel = 1

/** What became of one chunk. */
export interface StoredChunk {
  /** `null`: all zeroes. */
  readonly id: Uint8Array | null
  /** What it newly takes in a pack; 0 if it was known. */
  readonly storedBytes: number
}

/** A blob that may have to be stored, under the id that its content gave it. */
export interface BlobName {
  readonly id: Uint8Array
  readonly type: number
}

/** Gets blobs that are sealed already, and hands each over with `store`. */
export type Bring<Name extends BlobName = BlobName> = (
  missing: readonly Name[],
  store: (name: Name, sealed: SealedBlob) => Promise<void>,
) => Promise<void>

/** Stores blobs for one session: each id once, whoever brings it, and remembers whose packs the session relies on. */
export class BlobWriter {
  readonly #core: Core
  readonly #packs: PackStore
  readonly #claims: Claims
  readonly #sessionId: string
  readonly #domain: string
  readonly #reliedPacks = new Set<IndexedPack>()
  readonly #reliedClaims = new Set<Promise<unknown>>()
  #dependencyLost: unknown

  constructor(
    core: Core,
    { packs, claims, sessionId, domain }: { packs: PackStore; claims: Claims; sessionId: string; domain: string },
  ) {
    this.#core = core
    this.#packs = packs
    this.#claims = claims
    this.#sessionId = sessionId
    this.#domain = domain
  }

  /** The packs the session relies on: its own and those of others, old ones and such as are on their way. */
  get relied(): Set<IndexedPack> {
    return this.#reliedPacks
  }

  /** Stores a map page or a small file and gives its id. */
  async put(type: number, plain: Uint8Array, stream: PackStream): Promise<Uint8Array> {
    const { ring, random } = this.#core
    const { keys } = ring
    const domain = this.#domain
    const id = idOf(keys, type, plain, domain)
    if (!this.#mustStore(id)) return id
    await this.#claimed([id], async () => {
      const level = type === blobType.mapPage ? 0 : 3 // ids do not compress
      const sealed = sealBlob(keys, { type, id, plain, domain, level, nonce: random.bytes(nonceBytes) })
      this.#claims.stored(id, (await stream.append(sealed)).pack)
    })
    return id
  }

  /** Stores blobs that are sealed with the right keys, as they are: those that are not known yet. */
  async adopt(names: readonly BlobName[], streamOf: (type: number) => PackStream, bring: Bring): Promise<void> {
    const missing = names.filter(({ id }) => this.#mustStore(id))
    let stored = 0
    const store = async ({ id, type }: BlobName, sealed: SealedBlob) => {
      this.#claims.stored(id, (await streamOf(type).append(sealed)).pack)
      stored++
    }
    await this.#claimed(
      missing.map(({ id }) => id),
      async () => {
        await bring(missing, store)
        assert.equal(stored, missing.length)
      },
    )
  }

  /** Stores the chunks of a run in shared memory. The run's bytes are used up. */
  async putChunks(
    run: Uint8Array,
    chunkSizeBytes: number,
    stream: PackStream,
    choice: CompressionChoice,
  ): Promise<StoredChunk[]> {
    const { ids, zeroes } = await this.#core.jobs.run('identify', {
      run: regionOf(run),
      chunkSizeBytes,
      domain: this.#domain,
    })
    const chunks = Array.from(zeroes, (zero, i) => ({
      id: zero === 1 ? null : ids.subarray(i * idBytes, (i + 1) * idBytes),
      bytes: run.subarray(i * chunkSizeBytes, (i + 1) * chunkSizeBytes),
    }))
    const fresh = chunks.flatMap(({ id, bytes }) => (id !== null && this.#mustStore(id) ? [{ id, bytes }] : []))
    const stored = new Map<Uint8Array, number>()
    await this.#claimed(
      fresh.map(({ id }) => id),
      async () => {
        const sealing = fresh.map(({ id, bytes }) => ({
          run: regionOf(bytes),
          id,
          level: chunkLevel,
          sampleFirst: choice.isDoubtful,
        }))
        const frames = await this.#seal(sealing)
        for (const [i, { id, bytes }] of fresh.entries()) {
          const frame = frames.subarray(i * blobOverheadBytes, (i + 1) * blobOverheadBytes)
          const entry = await this.#append(id, bytes, frame, stream)
          choice.tried(entry.compression !== compression.none)
          stored.set(id, entry.storedBytes)
        }
      },
    )
    return chunks.map(({ id }) => ({ id, storedBytes: (id && stored.get(id)) ?? 0 }))
  }

  /** Waits until everything the session relies on, of its own or of others, is durable. @throws `repository.dependency-lost` */
  async settleDependencies(): Promise<void> {
    await Promise.allSettled(this.#reliedClaims)
    for (const pack of this.#reliedPacks)
      if (pack.state !== 'live' && pack.state !== 'condemned')
        // else it is there, whatever became of an earlier try
        await this.#packs.settle(pack).catch((error: unknown) => {
          this.#dependencyLost ??= error
        })
    if (this.#dependencyLost !== undefined)
      throw fail('repository.dependency-lost', { session: this.#sessionId }, this.#dependencyLost)
  }

  #mustStore(id: Uint8Array): boolean {
    const decision = this.#claims.decide(id)
    if (decision.kind === 'relied') this.#relyOn(decision.pack)
    return decision.kind === 'store'
  }

  #relyOn(pack: IndexedPack | Promise<IndexedPack>): void {
    if (!(pack instanceof Promise)) return void this.#reliedPacks.add(pack)
    const relied = pack
      .then((found) => this.#reliedPacks.add(found))
      .catch((error: unknown) => (this.#dependencyLost ??= error))
      .finally(() => this.#reliedClaims.delete(relied))
    this.#reliedClaims.add(relied)
  }

  /** A claim must end: others wait for it. */
  async #claimed(ids: readonly Uint8Array[], work: () => Promise<void>): Promise<void> {
    if (ids.length === 0) return
    try {
      await work()
    } catch (error) {
      for (const id of ids) this.#claims.failed(id, error)
      throw error
    }
  }

  async #seal(chunks: readonly ChunkToSeal[]): Promise<Uint8Array> {
    const nonces = this.#core.random.bytes(chunks.length * nonceBytes)
    const { frames } = await this.#core.jobs.run('seal', { chunks, nonces, domain: this.#domain })
    return frames
  }

  /** The ciphertext lies where the chunk lay; its header and tag are in `frame`. */
  async #append(id: Uint8Array, bytes: Uint8Array, frame: Uint8Array, stream: PackStream) {
    const header = frame.subarray(0, blobHeaderBytes)
    const storedBytes = new DataView(header.buffer, header.byteOffset).getUint32(8, true)
    const ciphertext = bytes.subarray(0, storedBytes - blobOverheadBytes)
    assert.equal(ciphertext.length, storedBytes - blobOverheadBytes)
    const { pack, entry } = await stream.append({ header, ciphertext, tag: frame.subarray(blobHeaderBytes) })
    this.#claims.stored(id, pack)
    return entry
  }
}
