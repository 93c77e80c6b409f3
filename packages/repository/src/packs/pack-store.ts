import assert from 'node:assert/strict'
import { crashPoint, Limiter } from '@vmkeep/kit'
import type { Core } from '../core.ts'
import { encodeDelta, type PackRow } from '../formats/delta.ts'
import { fromHex } from '../formats/hex.ts'
import { deltaKey, packKey } from '../formats/object-names.ts'
import {
  decodeTrailer,
  encodeFooter,
  encodePackHeader,
  encodeTrailer,
  footerBytes,
  type PackEntry,
  type PackKind,
} from '../formats/pack.ts'
import { packHalfOf } from '../formats/session-id.ts'
import type { BlobLocation, IndexedPack } from '../index/chunk-index.ts'
import { storeParity } from '../parity/pack-parity.ts'
import { sinceOf } from '../index/index-store.ts'
import { regionOf } from '../workers/jobs.ts'
import { OpenPack } from './open-pack.ts'

const storingAtOnce = 4

/** The session that packs belong to, as far as packs care. */
export interface PackOwner {
  readonly sessionId: string
  readonly signal: AbortSignal | undefined
  /** Numbers its deltas: 1, 2, 3 … */
  nextDelta(): number
}

/** The packs of all sessions on their way into the storage. Holds the memory they fill, and makes room when it runs out. */
export class PackStore {
  readonly #core: Core
  readonly #limiter = new Limiter(storingAtOnce)
  /** Packs being filled, with what it takes to close them. */
  readonly #filling = new Map<OpenPack, () => void>()
  /** Packs not yet durable, whose bytes are still in memory. */
  readonly #pending = new Map<IndexedPack, { open: OpenPack; settle: PromiseWithResolvers<void> }>()
  #storing = 0

  constructor(core: Core) {
    this.#core = core
    core.memory.packs.onWait = () => this.#relieve()
  }

  /** Starts a pack. `close` is called when it should be stored early: to make room, or because somebody waits for it. */
  begin(kind: PackKind, owner: PackOwner, close: () => void): OpenPack {
    const { random, indexStore, memory } = this.#core
    const name = Buffer.concat([random.bytes(16), packHalfOf(owner.sessionId)])
    const indexed = indexStore.index.addPack(name, 'pending', sinceOf(owner.sessionId))
    const settle = Promise.withResolvers<void>()
    settle.promise.catch(() => {}) // whoever relies on it asks later
    indexed.durable = settle.promise
    const open = new OpenPack(memory.packs, indexed, kind)
    this.#filling.set(open, close)
    this.#pending.set(indexed, { open, settle })
    return open
  }

  /**
   * Stores a pack and then the delta that names it. What is in it may be relied upon when this resolves.
   * It goes on when the session is aborted: another session may rely on the pack, and the next try has that much less to do.
   */
  async store(open: OpenPack, owner: PackOwner): Promise<void> {
    this.#filling.delete(open)
    if (open.entries.length === 0) return this.#drop(open)
    const { settle } = this.#pending.get(open.indexed)!
    this.#storing++
    try {
      using _place = await this.#limiter.acquire()
      const row = await this.#putPack(open)
      await this.putDelta([{ row, entries: open.entries }], owner)
      open.indexed.row = row
      open.indexed.state = 'live'
      settle.resolve()
      open.indexed.durable = undefined
    } catch (error) {
      open.indexed.state = 'gone'
      settle.reject(error)
      throw error
    } finally {
      this.#storing--
      this.#pending.delete(open.indexed)
      open.release()
      this.#relieve()
    }
    await this.#core.compactor.relieve(owner.sessionId, owner.signal)
  }

  /** A pack that was begun for a blob which never came, its session aborted. It must not be stored: a pack of nothing counts as damage. */
  #drop(open: OpenPack): void {
    const { settle } = this.#pending.get(open.indexed)!
    this.#pending.delete(open.indexed)
    open.indexed.state = 'gone'
    settle.resolve()
    open.release()
    this.#relieve()
  }

  /** Names stored packs in the index. */
  async putDelta(packs: readonly { row: PackRow; entries: readonly PackEntry[] }[], owner: PackOwner): Promise<void> {
    const { objects, repositoryId, roles, indexStore } = this.#core
    const number = owner.nextDelta()
    const identity = { repositoryId, sessionId: fromHex(owner.sessionId, 16)!, number }
    const entries = packs.flatMap(({ entries: of }, pack) => of.map((entry) => ({ ...entry, pack })))
    const delta = encodeDelta(
      identity,
      packs.map(({ row }) => row),
      entries,
      roles.index,
    )
    const key = deltaKey(owner.sessionId, number)
    await objects.putUnique(key, delta)
    indexStore.markLoaded(
      key,
      packs.map(({ row }) => indexStore.index.packOf(packKey(row.name))!),
    )
    crashPoint('repository.after-delta')
  }

  /** Has a pack stored now, if it is still being filled, and waits until it is durable. */
  async settle(pack: IndexedPack): Promise<void> {
    const pending = this.#pending.get(pack)
    if (pending !== undefined) this.#filling.get(pending.open)?.()
    await pack.durable
  }

  /** A blob of a pack that is still in memory. */
  readPending({ pack, ...place }: BlobLocation): Uint8Array | undefined {
    return this.#pending.get(pack)?.open.read(place)
  }

  async #putPack(open: OpenPack): Promise<PackRow> {
    const { objects, repositoryId, roles, jobs } = this.#core
    const { indexed, entries, kind, plainBytes, keyGeneration } = open
    const header = encodePackHeader({ repositoryId, name: indexed.name }, kind)
    const sealing = { header, name: indexed.name, indexKey: roles.index, trailerOffsetBytes: open.sizeBytes }
    const trailer = encodeTrailer(entries, sealing)
    assert.equal(decodeTrailer(trailer, sealing).length, entries.length) // read back before it is relied upon
    const filled = open.pieces(header)
    const { sha256 } = await jobs.run('hash', { pieces: [...filled.map(regionOf), trailer] })
    const footer = encodeFooter({
      trailerOffsetBytes: open.sizeBytes,
      trailerBytes: trailer.length,
      count: entries.length,
      sha256,
    })
    await objects.putUnique(indexed.key, [...filled, trailer, footer])
    crashPoint('repository.after-pack')
    const sizeBytes = open.sizeBytes + trailer.length + footerBytes
    if (this.#core.parity)
      await storeParity(this.#core, indexed.name, [...filled.map(regionOf), trailer, footer], sizeBytes)
    return {
      name: indexed.name,
      sizeBytes,
      blobs: entries.length,
      plainBytes,
      sha256,
      kind,
      keyGeneration,
    }
  }

  /**
   * Makes room when packs being filled hold all the memory: the largest is stored early.
   * With few images at once this never happens; with many, packs get smaller, and memory stays within its bounds.
   */
  #relieve(): void {
    if (this.#core.memory.packs.waiting === 0 || this.#storing > 0) return
    const largest = [...this.#filling.keys()].toSorted((a, b) => b.sizeBytes - a.sizeBytes)[0]
    if (largest !== undefined) this.#filling.get(largest)!()
  }
}
