import assert from 'node:assert/strict'
import { codeOf } from '@vmkeep/kit'
import { collectGarbage } from './collect/collect.ts'
import type { Core } from './core.ts'
import { fail } from './errors.ts'
import { idBytes } from './formats/blob.ts'
import { fromHex, toHex } from './formats/hex.ts'
import { defaultDomain } from './formats/key-ring.ts'
import { newSessionId } from './formats/session-id.ts'
import { ChunkCache } from './images/chunk-cache.ts'
import { ChunkFetcher } from './images/chunk-fetcher.ts'
import { DamagedImageReader } from './images/damaged-image-reader.ts'
import { MappedImageReader } from './images/image-reader.ts'
import { joined, requireDomain } from './keys/change-ring.ts'
import { listDataKeys, retireDataKey, rotateDataKey } from './keys/data-keys.ts'
import { createDomain, eraseDomain, listDomains, pointsOfDomain } from './keys/domains.ts'
import { lostExtents } from './lost/lost-extents.ts'
import type { LockPolicy } from './lock/lock-rule.ts'
import { rebuildIndex } from './index/rebuild-index.ts'
import { MapReader } from './map/map-reader.ts'
import { PageCache } from './map/page-cache.ts'
import { BlobReader } from './packs/blob-reader.ts'
import { PackStore } from './packs/pack-store.ts'
import { forgetPoint, forgottenPoints, restoreForgotten } from './points/forget.ts'
import { markPoint } from './points/marks.ts'
import { pinForReader, readPins } from './points/pin.ts'
import { findPoint, listPoints } from './points/points.ts'
import { parityOf } from './parity/pack-parity.ts'
import { repairRepository } from './repair/repair.ts'
import { otherRepository, sameRepository } from './repair/sources.ts'
import type {
  BeginOptions,
  ChangeKeysOptions,
  CheckOptions,
  CollectOptions,
  CollectReport,
  DataKeyInfo,
  DomainInfo,
  ForgottenPoint,
  ImageReader,
  PointMark,
  LostExtents,
  OnDamaged,
  RepairOptions,
  RepairReport,
  RebuildIndexOptions,
  RebuildIndexReport,
  Repository,
  RepositoryStatus,
  SyncOptions,
  SyncReport,
  VerifyOptions,
  VerifyReport,
  WriterSession,
} from './repository.ts'
import type { DamagedPoint, RestorePoint, StoredImage } from './restore-point.ts'
import { registerSession } from './sessions/begin-session.ts'
import { Claims } from './sessions/claims.ts'
import { fence } from './sessions/session-end.ts'
import { OpenSession } from './sessions/writer-session.ts'
import { readStatus } from './status.ts'
import type { StorageCheck, StorageValidation } from './storage/validate-storage.ts'
import { lastValidation, recordValidation } from './validations.ts'
import type { SyncEnd, SyncTarget } from './sync/sync-ends.ts'
import { syncPoints } from './sync/sync-points.ts'
import { checkPoint } from './verify/check-point.ts'
import { verifyRepository } from './verify/verify.ts'

/** A repository, opened: hands its parts to whoever does the work. */
export class OpenRepository implements Repository {
  readonly id: string
  readonly keysId: string
  readonly chunkSizeBytes: number
  readonly #core: Core
  readonly #process: Uint8Array // tells the sessions of this process from those of others
  readonly #claims: Claims
  readonly #sessions = new Set<OpenSession>()
  readonly #close: () => Promise<void>
  #reading:
    | { packs: PackStore; reader: BlobReader; pages: PageCache; fetcher: ChunkFetcher; cache: ChunkCache }
    | undefined
  #closed = false

  constructor(core: Core, close: () => Promise<void>) {
    this.id = toHex(core.repositoryId)
    this.keysId = toHex(core.keysId)
    this.chunkSizeBytes = core.chunkSizeBytes
    this.#core = core
    this.#process = core.random.bytes(2)
    this.#claims = new Claims(core.indexStore.index)
    this.#close = close
  }

  get maintenanceOnly(): boolean {
    return this.#core.ring.maintenanceOnly
  }

  get lock(): LockPolicy | undefined {
    return this.#core.objects.lockRule?.policy
  }

  recordValidation(checks: readonly StorageCheck[], signal?: AbortSignal): Promise<StorageValidation> {
    this.#check()
    return recordValidation(this.#core, checks, signal)
  }

  lastValidation(signal?: AbortSignal): Promise<StorageValidation | undefined> {
    this.#check()
    return lastValidation(this.#core, signal)
  }

  async beginSession({ domain = defaultDomain, signal }: BeginOptions = {}): Promise<WriterSession> {
    this.#core.ring.requireDataKeys()
    return await this.#begin(this.#core.clock.nowMs(), domain, signal)
  }

  async #begin(atMs: number, domain: string, signal: AbortSignal | undefined): Promise<OpenSession> {
    const { packs, reader, pages } = this.#parts
    this.#core.objects.requireLock()
    this.#core.jobs.expectJobs()
    const sessionId = newSessionId(atMs, this.#process, this.#core.random)
    let deltas = 0
    const owner = { sessionId, signal, nextDelta: () => ++deltas }
    let session: OpenSession
    try {
      await registerSession(this.#core, packs, owner)
      requireDomain(this.#core.ring.ring, domain)
      session = new OpenSession(this.#core, { packs, reader, pages, owner, domain, claims: this.#claims })
      await session.start()
    } catch (error) {
      // Whether the start was stored may not even be known. Fenced, it keeps nobody waiting. A twin's session is not ours to end.
      if (codeOf(error) !== 'repository.name-taken') await fence(this.#core, sessionId)
      throw error
    }
    for (const earlier of this.#sessions) if (earlier.ended) this.#sessions.delete(earlier)
    this.#sessions.add(session)
    return session
  }

  points(signal?: AbortSignal): AsyncIterable<RestorePoint | DamagedPoint> {
    this.#check()
    return listPoints(this.#core, signal)
  }

  point(idOrPrefix: string, signal?: AbortSignal): Promise<RestorePoint> {
    this.#check()
    return findPoint(this.#core, idOrPrefix, signal)
  }

  forget(id: string, { reason, signal }: { readonly reason: string; readonly signal?: AbortSignal }): Promise<void> {
    this.#check()
    return forgetPoint(this.#core, id, reason, signal)
  }

  restoreForgotten(id: string, signal?: AbortSignal): Promise<void> {
    this.#check()
    return restoreForgotten(this.#core, id, signal)
  }

  forgottenPoints(signal?: AbortSignal): AsyncIterable<ForgottenPoint> {
    this.#check()
    return forgottenPoints(this.#core, signal)
  }

  markPoint(id: string, mark: PointMark, signal?: AbortSignal): Promise<RestorePoint> {
    this.#check()
    return markPoint(this.#core, id, mark, signal)
  }

  heldPoints(signal?: AbortSignal): Promise<ReadonlySet<string>> {
    this.#check()
    return readPins(this.#core, signal)
  }

  async holdPoint(pointId: string, signal?: AbortSignal): Promise<AsyncDisposable> {
    this.#check()
    if (this.#core.objects.storage.isPast === true) return { async [Symbol.asyncDispose]() {} } // the past stays
    return await pinForReader(this.#core, pointId, signal)
  }

  async openImage(
    image: StoredImage,
    signal?: AbortSignal,
    { onDamaged }: { readonly onDamaged?: OnDamaged | undefined } = {},
  ): Promise<ImageReader> {
    this.#core.ring.requireDataKeys()
    signal?.throwIfAborted()
    this.#core.jobs.expectJobs()
    const { pages, fetcher, cache } = this.#parts
    const reader = new MappedImageReader({ image, map: new MapReader(pages, image), fetcher, cache })
    return onDamaged === undefined ? reader : await DamagedImageReader.open(reader, { image, pages, onDamaged }, signal)
  }

  lostExtents(image: StoredImage, signal?: AbortSignal): Promise<LostExtents> {
    return lostExtents(this.#core, this.#parts.pages, image, signal)
  }

  async readBlob(id: string, signal?: AbortSignal): Promise<Uint8Array> {
    this.#core.ring.requireDataKeys()
    const bytes = fromHex(id, idBytes)
    if (bytes === undefined) throw fail('repository.invalid-option', { option: 'id', reason: `"${id}" is no blob id` })
    return await this.#parts.reader.read(bytes, undefined, signal)
  }

  checkPoint(point: RestorePoint, options: CheckOptions = {}): Promise<void> {
    return checkPoint(this.#core, this.#parts.pages, point, options)
  }

  verify(options: VerifyOptions = {}): Promise<VerifyReport> {
    if ((options.level ?? 'full') === 'full') this.#core.jobs.expectJobs()
    return verifyRepository(this.#core, this.#parts, options)
  }

  async repair({ from, ...options }: RepairOptions = {}): Promise<RepairReport> {
    assert(from === undefined || from instanceof OpenRepository)
    for (const opened of from === undefined ? [this] : [this, from]) opened.#core.ring.requireDataKeys()
    const { reader } = this.#parts
    const isTwin = from?.keysId === this.keysId
    if (from !== undefined && isTwin && options.dryRun !== true) await this.learnKeysOf(from, options.signal)
    const other = from && otherRepository(this.#core, { repository: from, reader: from.#parts.reader, isTwin })
    return await repairRepository(
      this.#core,
      this.#parts,
      { here: sameRepository(reader), parity: parityOf(this.#core), other },
      options,
    )
  }

  status(signal?: AbortSignal): Promise<RepositoryStatus> {
    this.#check()
    return readStatus(this.#core, signal)
  }

  async dataKeys(signal?: AbortSignal): Promise<DataKeyInfo[]> {
    this.#check()
    this.#core.ring.requireDataKeys()
    return await listDataKeys(this.#core, signal)
  }

  rotateDataKey(options: ChangeKeysOptions & { readonly domain?: string } = {}): Promise<number> {
    this.#check()
    return rotateDataKey(this.#core, options)
  }

  async retireDataKey(generation: number, signal?: AbortSignal): Promise<void> {
    this.#check()
    this.#core.ring.requireDataKeys()
    return await retireDataKey(this.#core, generation, signal)
  }

  async domains(signal?: AbortSignal): Promise<DomainInfo[]> {
    this.#check()
    this.#core.ring.requireDataKeys()
    return await listDomains(this.#core, signal)
  }

  createDomain(name: string, options: ChangeKeysOptions = {}): Promise<void> {
    this.#check()
    return createDomain(this.#core, name, options)
  }

  async pointsOfDomain(name: string, signal?: AbortSignal): Promise<RestorePoint[]> {
    this.#check()
    this.#core.ring.requireDataKeys()
    return await pointsOfDomain(this.#core, name, signal)
  }

  eraseDomain(name: string, signal?: AbortSignal): Promise<{ readonly ringsLocked: number }> {
    this.#check()
    return eraseDomain(this.#core, name, signal)
  }

  async learnKeysOf(twin: Repository, signal?: AbortSignal): Promise<void> {
    this.#check()
    assert(twin instanceof OpenRepository)
    const { ring, repositoryId } = twin.#core
    if (twin.keysId !== this.keysId) throw fail('repository.keys-differ', { ours: this.id, theirs: twin.id })
    await ring.refresh(signal)
    await this.#core.ring.change((ours) => joined(ours, ring.ring, repositoryId), signal)
  }

  collect(options: CollectOptions = {}): Promise<CollectReport> {
    return collectGarbage(this.#core, this.#parts, options)
  }

  async syncFrom(source: Repository, options: SyncOptions = {}): Promise<SyncReport> {
    assert(source instanceof OpenRepository)
    const target: SyncTarget = {
      ...this.#syncEnd,
      begin: (atMs, domain, signal) => this.#begin(atMs, domain, signal),
      learnKeys: (signal) => this.learnKeysOf(source, signal),
    }
    return await syncPoints(source.#syncEnd, target, options)
  }

  get #syncEnd(): SyncEnd {
    return { core: this.#core, parts: this.#parts }
  }

  rebuildIndex(options: RebuildIndexOptions = {}): Promise<RebuildIndexReport> {
    return rebuildIndex(this.#core, this.#parts.packs, options)
  }

  /** Abandons the sessions still open and ends the threads. The storage stays open: it is the caller's. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return
    for (const session of this.#sessions) await session.abandon()
    this.#closed = true
    await this.#close()
  }

  get #parts() {
    this.#check()
    return (this.#reading ??= partsOf(this.#core))
  }

  #check(): void {
    if (this.#closed) throw fail('repository.closed', {})
  }
}

function partsOf(core: Core) {
  const packs = new PackStore(core)
  const reader = new BlobReader(core, packs)
  const fetcher = new ChunkFetcher(core, reader)
  return { packs, reader, fetcher, pages: new PageCache(reader), cache: new ChunkCache(fetcher) }
}
