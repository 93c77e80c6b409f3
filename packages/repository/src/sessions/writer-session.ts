import assert from 'node:assert/strict'
import { AppError, crashPoint, FormatError, hasCode } from '@vmkeep/kit'
import { type Core, nowMs, writerName } from '../core.ts'
import { fail } from '../errors.ts'
import { blobType, plainBytesMax } from '../formats/blob.ts'
import { toHex } from '../formats/hex.ts'
import { defaultDomain } from '../formats/key-ring.ts'
import { pointKey } from '../formats/object-names.ts'
import { packKind } from '../formats/pack.ts'
import { encodePoint, pointBytesMax } from '../formats/point.ts'
import { ChunkingImageWriter } from '../images/image-writer.ts'
import { lockPoint } from '../lock/lock-point.ts'
import { requireDomain } from '../keys/change-ring.ts'
import { MapWriter, type PageStore } from '../map/map-writer.ts'
import type { PageCache } from '../map/page-cache.ts'
import type { BlobReader } from '../packs/blob-reader.ts'
import type { PackOwner, PackStore } from '../packs/pack-store.ts'
import { PackStream } from '../packs/pack-stream.ts'
import type { BeginImageOptions, ImageWriter, WriterSession } from '../repository.ts'
import type { PointManifest, RestorePoint } from '../restore-point.ts'
import { pinForSession } from '../points/pin.ts'
import { checkTags } from '../points/tags.ts'
import { requirePointIn } from '../points/points.ts'
import { Beats } from './beats.ts'
import { type BlobName, BlobWriter, type Bring } from './blob-writer.ts'
import type { Claims } from './claims.ts'
import { imagePlan } from './image-plan.ts'
import { commitPoint, fence, readEnd, removeSession } from './session-end.ts'

export interface SessionParts {
  readonly packs: PackStore
  readonly claims: Claims
  readonly reader: BlobReader
  readonly pages: PageCache
  readonly owner: PackOwner
  readonly domain: string
}

/** A writer at work. `registerSession` has made it known; `commit` or `abandon` ends it. */
export class OpenSession implements WriterSession {
  readonly id: string
  readonly #core: Core
  readonly #parts: SessionParts
  readonly #blobs: BlobWriter
  readonly #metadata: PackStream
  readonly #adopted: PackStream
  readonly #images = new Set<ChunkingImageWriter>()
  readonly #storing = new Set<Promise<void>>()
  readonly #beats: Beats
  readonly #pins = new Map<string, Promise<void>>()
  readonly #held = new Set<string>()
  #failure: { readonly reason: unknown } | undefined
  #state: 'open' | 'ended' = 'open'

  constructor(core: Core, parts: SessionParts) {
    this.id = parts.owner.sessionId
    this.#core = core
    this.#parts = parts
    this.#blobs = new BlobWriter(core, { ...parts, sessionId: this.id })
    this.#metadata = this.#stream(packKind.metadata)
    this.#adopted = this.#stream(packKind.data)
    this.#beats = new Beats(core, { ...parts, relied: this.#blobs.relied, onFailure: (reason) => this.#fail(reason) })
  }

  /** Lets collectors know of it. Before anything else. */
  start(): Promise<void> {
    return this.#beats.start()
  }

  get held(): ReadonlySet<string> {
    return this.#held
  }

  get ended(): boolean {
    return this.#state === 'ended'
  }

  async beginImage(options: BeginImageOptions): Promise<ImageWriter> {
    this.#checkAlive()
    const { capacityBytes, chunkSizeBytes, base, inheritedTail } = imagePlan(options, this.#core.chunkSizeBytes)
    if (base !== undefined) await this.hold(options.base!.point)
    const image = new ChunkingImageWriter(this.#core, {
      capacityBytes,
      chunkSizeBytes,
      inheritedTail,
      map: await this.#unlessFenced(MapWriter.begin(this.#pages(), { capacityBytes, chunkSizeBytes, base })),
      blobs: this.#blobs,
      reader: this.#parts.reader,
      data: this.#stream(packKind.data),
      signal: this.#parts.owner.signal,
      onFailure: (reason) => this.#fail(reason),
      checkAlive: () => this.#checkAlive(),
    })
    this.#images.add(image)
    return image
  }

  /** A base may be gone for a session that was given up: then that is what is wrong, and not the repository. */
  async #unlessFenced<T>(work: Promise<T>): Promise<T> {
    return await work.catch(async (error: unknown) => {
      const { sessionId, signal } = this.#parts.owner
      const isGone = hasCode(error, 'repository.pack-missing', 'repository.chunk-missing')
      if (!isGone || (await this.#core.objects.size(pointKey(sessionId), signal)) === undefined) throw error
      throw fail('repository.session-fenced', { session: sessionId }, error)
    })
  }

  async putBlob(bytes: Uint8Array, signal?: AbortSignal): Promise<string> {
    this.#checkAlive()
    signal?.throwIfAborted()
    if (bytes.length < 1 || bytes.length > plainBytesMax)
      throw fail('repository.invalid-option', {
        option: 'blob',
        reason: `${bytes.length} bytes are not 1 to ${plainBytesMax}`,
      })
    return toHex(await this.#blobs.put(blobType.smallFile, bytes, this.#metadata))
  }

  /**
   * Takes blobs that are sealed with this repository's keys, as they are. `bring` gets those that are missing here, and must hand
   * each of them over.
   */
  async adopt(blobs: readonly BlobName[], bring: Bring): Promise<void> {
    this.#checkAlive()
    const streamOf = (type: number) => (type === blobType.chunk ? this.#adopted : this.#metadata)
    await this.#blobs.adopt(blobs, streamOf, bring)
  }

  async commit(manifest: PointManifest, signal?: AbortSignal): Promise<RestorePoint> {
    this.#checkAlive()
    for (const image of this.#images) assert(image.finished, 'every image must be finished before the commit')
    this.#encode(manifest) // what cannot be right is said before anything else
    const lock = await this.#lock(manifest, signal)
    const { bytes, point } = this.#encode(manifest, lock.untilMs)
    await this.#beats.stop() // one that landed after the end would be left behind
    for (const stream of [this.#metadata, this.#adopted]) stream.close()
    await Promise.all(this.#storing)
    this.#checkAlive()
    await this.#blobs.settleDependencies()
    await this.#requireDomain(signal)
    this.#checkAlive()
    signal?.throwIfAborted() // the last moment: from here on there is a commit or a fence
    crashPoint('repository.before-commit')
    await this.#commit(bytes)
    return lock.failure === undefined ? point : { ...point, lockFailure: lock.failure }
  }

  async abandon(): Promise<void> {
    if (this.#state !== 'open') return
    this.#state = 'ended'
    await this.#beats.stop()
    for (const image of this.#images) await image.end()
    for (const stream of [this.#metadata, this.#adopted]) stream.close()
    await Promise.allSettled(this.#storing) // what is stored helps the next try, and others may rely on it
    await fence(this.#core, this.id)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.abandon()
  }

  /**
   * Holds a point while the session is open, once for all images that inherit from it. A point of this very session needs no hold.
   *
   * @throws `repository.point-buried`
   */
  hold(pointId: string): Promise<void> {
    if (pointId === this.id) return Promise.resolve()
    const { owner, domain } = this.#parts
    const pinned = this.#pins.get(pointId) ?? this.#hold(pointId, domain, owner.signal)
    this.#pins.set(pointId, pinned)
    return pinned
  }

  /**
   * Locks what the point needs, where the repository wants that, while beats go on: it can take long. A point that cannot be locked
   * is better than none, and does not claim to be.
   */
  async #lock(
    manifest: PointManifest,
    signal: AbortSignal | undefined,
  ): Promise<{ untilMs?: number; failure?: AppError }> {
    const rule = this.#core.objects.lockRule
    if (rule === undefined) return {}
    const { pages, owner } = this.#parts
    for (const stream of [this.#metadata, this.#adopted]) stream.close()
    await Promise.all(this.#storing)
    this.#checkAlive()
    await this.#blobs.settleDependencies()
    try {
      const stop = anySignal(owner.signal, signal)
      const about = { sessionId: this.id, manifest, basePoints: this.#held, signal: stop }
      return { untilMs: await lockPoint(this.#core, rule, pages, about) }
    } catch (error) {
      owner.signal?.throwIfAborted()
      signal?.throwIfAborted()
      if (!(error instanceof AppError)) throw error
      return { failure: error }
    }
  }

  async #hold(pointId: string, domain: string, signal: AbortSignal | undefined): Promise<void> {
    await pinForSession(this.#core, this.id, pointId, signal)
    const { ring } = this.#core.ring
    if (ring.domains.length + ring.erased.length > 0) await requirePointIn(this.#core, pointId, domain, signal)
    this.#held.add(pointId)
  }

  /** A point of a domain that was erased meanwhile could never be read. @throws `repository.domain-erased` */
  async #requireDomain(signal: AbortSignal | undefined): Promise<void> {
    const { domain } = this.#parts
    if (domain === defaultDomain) return
    await this.#core.ring.refresh(signal)
    requireDomain(this.#core.ring.ring, domain)
  }

  async #commit(point: Uint8Array): Promise<void> {
    this.#state = 'ended'
    await commitPoint(this.#core, this.id, point)
    crashPoint('repository.after-commit')
    await removeSession(this.#core, this.id)
    crashPoint('repository.after-session-end')
  }

  #encode(manifest: PointManifest, lockedUntilMs?: number): { bytes: Uint8Array; point: RestorePoint } {
    checkTags(manifest.tags ?? [])
    const { repositoryId, roles, random } = this.#core
    const locked = lockedUntilMs === undefined ? {} : { lockedUntilMs }
    const about = { committedAtMs: nowMs(this.#core), writer: writerName, domain: this.#parts.domain, ...locked }
    try {
      const sealing = { controlKey: roles.control, random }
      const bytes = encodePoint({ repositoryId, sessionId: this.id }, manifest, about, sealing)
      if (bytes.length > pointBytesMax)
        throw new FormatError(`${bytes.length} bytes are more than ${pointBytesMax}: put large parts into blobs`)
      const end = readEnd(this.#core, this.id, bytes) // read back before it is relied upon
      assert(end.kind === 'point')
      return { bytes, point: end.point }
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      throw fail('repository.invalid-option', { option: 'manifest', reason: error.message }, error)
    }
  }

  #stream(kind: (typeof packKind)[keyof typeof packKind]): PackStream {
    const { packs, owner } = this.#parts
    return new PackStream(this.#core, packs, { kind, owner, onStoring: (stored) => this.#track(stored) })
  }

  #track(stored: Promise<void>): void {
    const tracked = stored.catch((error: unknown) => this.#fail(error)).finally(() => this.#storing.delete(tracked))
    this.#storing.add(tracked)
  }

  #pages(): PageStore {
    const { pages } = this.#parts
    return {
      read: async (id, level, chunkBits) => (await pages.read(id, level, chunkBits)).copy(),
      write: (page) => this.#blobs.put(blobType.mapPage, page.encode(), this.#metadata),
    }
  }

  #fail(reason: unknown): void {
    this.#failure ??= { reason }
  }

  #checkAlive(): void {
    if (this.#failure !== undefined) throw this.#failure.reason as Error
    this.#parts.owner.signal?.throwIfAborted()
    if (this.#state !== 'open') throw fail('repository.session-ended', { session: this.id })
  }
}

function anySignal(...signals: readonly (AbortSignal | undefined)[]): AbortSignal | undefined {
  const given = signals.filter((signal) => signal !== undefined)
  return given.length < 2 ? given[0] : AbortSignal.any(given)
}
