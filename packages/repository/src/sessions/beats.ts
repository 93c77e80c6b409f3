import { FormatError, hasCode } from '@vmkeep/kit'
import { type Core, nowMs } from '../core.ts'
import { fail } from '../errors.ts'
import { toHex } from '../formats/hex.ts'
import { beatKey, pointKey } from '../formats/object-names.ts'
import { type PackKind, packKind } from '../formats/pack.ts'
import { encodeBeat } from '../formats/session-signs.ts'
import type { IndexedPack } from '../index/chunk-index.ts'
import { copyBlobs } from '../packs/copy-blobs.ts'
import type { PackOwner, PackStore } from '../packs/pack-store.ts'
import { PackStream } from '../packs/pack-stream.ts'
import { readTrailer } from '../packs/read-trailer.ts'

const intervalMs = 10 * 60_000

export interface BeatingSession {
  readonly packs: PackStore
  readonly owner: PackOwner
  /** Every pack the session relies on. Beats take out those they leave. */
  readonly relied: Set<IndexedPack>
  /** Tells the session that it can only be abandoned. */
  readonly onFailure: (error: unknown) => void
}

/**
 * Tells collectors that a session lives and has left the packs they condemn: before it says so, whatever it relied upon in them
 * is copied into packs of its own. A collector waits for this, so that a backup of a week holds it up for minutes.
 */
export class Beats {
  readonly #core: Core
  readonly #session: BeatingSession
  readonly #stop = new AbortController()
  #timer: Disposable | undefined
  #running: Promise<void> = Promise.resolve()
  #number = 0
  #respected = 0
  #signedMs: number

  constructor(core: Core, session: BeatingSession) {
    this.#core = core
    this.#session = session
    this.#signedMs = core.clock.monotonicMs()
  }

  /** Beats at once if a collector may be waiting, and then by the clock. */
  async start(): Promise<void> {
    if (this.#core.condemned.unfinished.length > 0) await this.#beat()
    this.#timer = this.#core.every(intervalMs, () => this.beat())
  }

  /** One beat more, after those that run. What fails now is tried again at the next. */
  beat(): void {
    this.#running = this.#running.then(() => this.#beat()).catch(() => {})
  }

  /** No beat follows, and none is under way, when this resolves. */
  async stop(): Promise<void> {
    this.#timer?.[Symbol.dispose]()
    this.#stop.abort()
    await this.#running
  }

  async #beat(): Promise<void> {
    const { condemned, objects } = this.#core
    const { sessionId } = this.#session.owner
    const { signal } = this.#stop
    if (signal.aborted) return
    if ((await objects.size(pointKey(sessionId), signal)) !== undefined)
      return this.#session.onFailure(fail('repository.session-fenced', { session: sessionId }))
    await condemned.refresh(signal)
    const respects = condemned.known // taken before the relied packs are looked at: never too much
    await this.#leaveCondemned()
    await this.#sign(respects)
  }

  async #sign(respects: number): Promise<void> {
    const { clock, objects, repositoryId, roles, random } = this.#core
    const { sessionId } = this.#session.owner
    const beat = { number: ++this.#number, respects, atMs: nowMs(this.#core) }
    const sealing = { controlKey: roles.control, random }
    const encoded = encodeBeat({ repositoryId, holderId: sessionId }, beat, sealing)
    await objects.putUnique(beatKey(sessionId, beat.number), encoded, this.#stop.signal)
    this.#respected = respects
    this.#signedMs = clock.monotonicMs()
  }

  async #leaveCondemned(): Promise<void> {
    const { relied, packs, owner } = this.#session
    const leaving = [...relied].filter(({ condemned }) => condemned)
    if (leaving.length === 0) return
    const stored: Promise<void>[] = []
    const onStoring = (storing: Promise<void>) => {
      storing.catch(() => {}) // asked for below
      stored.push(storing)
    }
    const streamOf = (kind: PackKind) => new PackStream(this.#core, packs, { kind, owner, onStoring })
    const streams = { [packKind.data]: streamOf(packKind.data), [packKind.metadata]: streamOf(packKind.metadata) }
    const copied = new Set<string>() // two of the packs may hold the same
    try {
      for (const pack of leaving) {
        // Copying may take longer than a collector watches a session in which nothing happens.
        if (this.#core.clock.monotonicMs() - this.#signedMs > intervalMs) await this.#sign(this.#respected)
        await this.#copy(pack, streams, copied)
      }
    } finally {
      for (const stream of Object.values(streams)) stream.close()
      await Promise.allSettled(stored)
    }
    await Promise.all(stored)
    for (const pack of leaving) relied.delete(pack)
  }

  /** Copies what lies nowhere else; what does is relied upon there. */
  async #copy(pack: IndexedPack, streams: Readonly<Record<PackKind, PackStream>>, copied: Set<string>): Promise<void> {
    const { indexStore, objects, repositoryId, roles } = this.#core
    const { packs, relied, owner, onFailure } = this.#session
    try {
      if (pack.state === 'pending') await packs.settle(pack)
      const { entries, kind } = await readTrailer(
        objects,
        { repositoryId, name: pack.name },
        roles.index,
        this.#stop.signal,
      )
      const only = entries.filter(({ id }) => {
        if (copied.has(toHex(id))) return false
        const found = indexStore.index.find(id)?.pack
        if (found === undefined || found === pack || found.state !== 'live') return true
        relied.add(found)
        return false
      })
      const stream = streams[kind === packKind.metadata ? packKind.metadata : packKind.data]
      await copyBlobs(this.#core, { pack, entries: only }, stream, this.#stop.signal)
      for (const { id } of only) copied.add(toHex(id))
    } catch (error) {
      const lost = error instanceof FormatError || hasCode(error, 'storage.not-found', 'repository.chunk-corrupt')
      if (lost) onFailure(fail('repository.dependency-lost', { session: owner.sessionId }, error))
      throw error
    }
  }
}
