import type { DiskReader, Extent } from '@vmkeep/disk'
import type { Clock, ErrorData, Random, Secret } from '@vmkeep/kit'
import type { LockPolicy } from './lock/lock-rule.ts'
import type { StorageCheck, StorageValidation } from './storage/validate-storage.ts'
import type { DamagedPoint, PointManifest, RestorePoint, StoredImage } from './restore-point.ts'

export interface Repository extends AsyncDisposable {
  /** 32 hex digits, chosen at creation. */
  readonly id: string
  /** 32 hex digits, the same for repositories that share their keys: blobs can be copied between them as they are. */
  readonly keysId: string
  /** The chunk size of images that do not choose their own. */
  readonly chunkSizeBytes: number
  /** Opened with a key of maintenance: what would read or write what is backed up is refused with `repository.needs-data-keys`. */
  readonly maintenanceOnly: boolean
  /** What it locks, if it does. Chosen at creation. */
  readonly lock: LockPolicy | undefined

  /** Keeps what {@link validateStorage} and {@link validateLock} found, for {@link lastValidation}. */
  recordValidation(checks: readonly StorageCheck[], signal?: AbortSignal): Promise<StorageValidation>
  /** What the newest try of the storage found; `undefined` if there was none. */
  lastValidation(signal?: AbortSignal): Promise<StorageValidation | undefined>
  /** Registers a writer. The session must end in `commit` or `abandon`; disposing abandons. */
  beginSession(options?: BeginOptions): Promise<WriterSession>
  /** Every restore point, ascending by creation. A point that cannot be read comes as {@link DamagedPoint}, never silently missing. */
  points(signal?: AbortSignal): AsyncIterable<RestorePoint | DamagedPoint>
  /** @throws `repository.point-not-found`, `repository.point-ambiguous` (details name the candidates), `repository.point-corrupt` */
  point(idOrPrefix: string, signal?: AbortSignal): Promise<RestorePoint>
  /**
   * Takes a point out of the list. What it alone holds is released by the first collection after the time of grace; until then
   * {@link restoreForgotten} takes it back. To forget what is forgotten does nothing.
   *
   * @throws `repository.point-not-found`, `repository.point-ambiguous`, `repository.point-protected`; `repository.fate-unreadable` if it may
   *   be protected by a later version
   */
  forget(idOrPrefix: string, options: { readonly reason: string; readonly signal?: AbortSignal }): Promise<void>
  /** @throws `repository.point-not-found`, `repository.point-ambiguous`, `repository.point-buried` if it is too late */
  restoreForgotten(idOrPrefix: string, signal?: AbortSignal): Promise<void>
  /**
   * Says something of a point that lasts: protects it, tags it, vouches for it. Returns the point with it. Races with {@link forget} to one
   * end: a point is protected or forgotten, never both.
   *
   * @throws `repository.point-not-found`, `repository.point-ambiguous`, `repository.point-corrupt`, `repository.fate-unreadable`,
   *   `repository.tags-invalid`, `repository.invalid-option`
   */
  markPoint(idOrPrefix: string, mark: PointMark, signal?: AbortSignal): Promise<RestorePoint>
  /** Ids of the points that somebody inherits from or reads at the moment. */
  heldPoints(signal?: AbortSignal): Promise<ReadonlySet<string>>
  /** Forgotten points that can still be taken back, ascending by creation. */
  forgottenPoints(signal?: AbortSignal): AsyncIterable<ForgottenPoint>
  /**
   * Keeps a point from being released while it is read, until disposed. Only a point that was forgotten can be released, and not
   * before its time of grace, so that a short read needs no hold.
   *
   * @throws `repository.point-buried`; `repository.domain-erased` if nothing in it can be read
   */
  holdPoint(pointId: string, signal?: AbortSignal): Promise<AsyncDisposable>
  /**
   * An image as a disk. With `onDamaged`, what cannot be had reads as zeroes and is told, instead of failing: in whole chunks, perhaps
   * more than once. What could merely not be read now fails all the same.
   */
  openImage(
    image: StoredImage,
    signal?: AbortSignal,
    options?: { readonly onDamaged?: OnDamaged | undefined },
  ): Promise<ImageReader>
  /**
   * What of an image cannot be had any more, as far as is known: because packs are not there, or verification found copies damaged.
   * A backup that inherits from the image reads these extents again, whatever change tracking says; where the machine still holds
   * the same bytes, every older point heals.
   */
  lostExtents(image: StoredImage, signal?: AbortSignal): Promise<LostExtents>
  /** A blob written by {@link WriterSession.putBlob}. @throws `repository.chunk-missing`, `repository.chunk-corrupt` */
  readBlob(id: string, signal?: AbortSignal): Promise<Uint8Array>
  /**
   * Walks the point's maps: every chunk and blob it names must lie in a pack that is there. A backup calls this before it reports success.
   * What it shares with a point of `since`, from which its session inherited, is not looked at again where that point was checked
   * itself and nothing is known to be lost since: it costs what changed, not what there is.
   */
  checkPoint(point: RestorePoint, options?: CheckOptions): Promise<void>
  verify(options?: VerifyOptions): Promise<VerifyReport>
  /**
   * Gets back what points need and what is known to be lost (verify first): from copies in this repository, and from another one.
   * Damaged index objects are made up for. Old points heal; damaged packs are left to the next collection.
   */
  repair(options?: RepairOptions): Promise<RepairReport>
  status(signal?: AbortSignal): Promise<RepositoryStatus>
  /** The data keys, ascending, and how much is sealed with each. */
  dataKeys(signal?: AbortSignal): Promise<readonly DataKeyInfo[]>
  /**
   * Makes a new data key, and gives its number. Sessions that begin from now on use it; those at work may end with the old one.
   *
   * @throws `repository.domain-unknown`, `repository.domain-erased`, `repository.keys-shared`, `repository.feature-missing`
   */
  rotateDataKey(options?: ChangeKeysOptions & { readonly domain?: string }): Promise<number>
  /**
   * Takes out a data key that nothing needs any more, for good.
   *
   * @throws `repository.generation-unknown`, `repository.generation-current`, `repository.generation-in-use`
   */
  retireDataKey(generation: number, signal?: AbortSignal): Promise<void>
  domains(signal?: AbortSignal): Promise<readonly DomainInfo[]>
  /** @throws `repository.domain-exists`, `repository.domain-invalid`, `repository.keys-shared`, `repository.feature-missing` */
  createDomain(name: string, options?: ChangeKeysOptions): Promise<void>
  /** The points of a domain, which can be read no more once it is erased. @throws `repository.domain-unknown`, `repository.domain-erased` */
  pointsOfDomain(name: string, signal?: AbortSignal): Promise<readonly RestorePoint[]>
  /**
   * Destroys the keys of a domain: what was stored for it can never be read again, by anybody who has no copy of the ring. Its points stay
   * listed, as erased, until they are forgotten. `ringsLocked` old rings, which still hold the keys, stay until their locks end and the
   * next collection removes them.
   *
   * @throws `repository.domain-unknown`, `repository.domain-erased`
   */
  eraseDomain(name: string, signal?: AbortSignal): Promise<{ readonly ringsLocked: number }>
  /**
   * Takes over the data keys that a twin, which shares our keys, has gained. To be done before blobs are copied from there as they are.
   *
   * @throws `repository.keys-differ` if it is no twin; `repository.generations-clash`
   */
  learnKeysOf(twin: Repository, signal?: AbortSignal): Promise<void>
  /**
   * Gives back the room of what no point needs. Safe beside backups, restores and other collections, and whatever happens to any
   * of them; what a collection leaves undone the next one ends.
   *
   * @throws `repository.collect-unsafe`, `repository.listing-incomplete`, `repository.feature-unknown`: then nothing was deleted
   */
  collect(options?: CollectOptions): Promise<CollectReport>
  /** Makes the index whole again where it was lost or damaged, from what the packs say themselves, and folds all deltas. Safe at any time. */
  rebuildIndex(options?: RebuildIndexOptions): Promise<RebuildIndexReport>
  /**
   * Copies restore points of another repository into this one. What is there already is not copied again, whatever became of it, and
   * nothing is ever removed: a copy has a fate of its own. May be broken off at any time; the next call goes on.
   *
   * Where one of the two is open with keys of maintenance only, points of the default domain are copied between twins, as they are: as far as
   * a blob that lies in both shows that both have its data key.
   *
   * @throws `repository.copy-to-itself`, `repository.needs-data-keys` between repositories with different keys, and what opening and listing throw; what goes wrong with a point is in the report
   */
  syncFrom(source: Repository, options?: SyncOptions): Promise<SyncReport>
}

export interface CheckOptions {
  /** Ids of points that the session of the point held from before it read them until its commit. */
  readonly since?: Iterable<string>
  readonly signal?: AbortSignal | undefined
}

export interface SyncOptions {
  /** Ids of the points to copy. Default: all. */
  readonly points?: readonly string[]
  /** Copy again what was copied once and forgotten in the target since. */
  readonly again?: boolean
  /** Read each point back as a whole before it is copied, not only what the copy takes of it. */
  readonly verifiedOnly?: boolean
  /** At most so much is read from the source, or stored if it has other keys. */
  readonly bytesPerSecondMax?: number
  /** Only look: say what would be copied. */
  readonly dryRun?: boolean
  readonly onProgress?: (progress: SyncProgress) => void
  readonly signal?: AbortSignal
}

export interface SyncProgress {
  /** The point at work. */
  readonly point: RestorePoint
  /** Points done of those that have to be copied. */
  readonly pointsDone: number
  readonly pointsTotal: number
  /** Sealed bytes of this point. With other keys what the target knows already is among the total, and never comes. */
  readonly bytesDone: number
  readonly bytesTotal: number
}

/**
 * - `copied`: with an error if it is not locked, though the target wants that.
 * - `there`: it is there already. `forgotten`: it was, and was forgotten.
 * - `damaged`: what it needs is damaged in the source, or it cannot be understood; the other points are copied.
 * - `unseen`: keys of maintenance do not tell whether the target could open it.
 * - `failed`: and nothing more was tried. `pending`: not tried any more.
 */
export type SyncOutcome = 'copied' | 'would-copy' | 'there' | 'forgotten' | 'damaged' | 'unseen' | 'failed' | 'pending'

export interface SyncedPoint {
  /** Its id in the source. */
  readonly point: string
  /** Missing if the point cannot be understood. */
  readonly subject?: RestorePoint['subject']
  readonly createdAt: string
  readonly outcome: SyncOutcome
  /** Its id in the target, if it was copied now. */
  readonly copy?: string
  /** Sealed bytes that were stored, or would be read. */
  readonly bytes: number
  readonly error?: ErrorData
}

export interface SyncReport {
  /** Whether both use the same keys, so that data went over as it is. */
  readonly verbatim: boolean
  /** Ascending by creation. */
  readonly points: readonly SyncedPoint[]
}

/** What can be said of a point after it was made. What was said last counts. */
export type PointMark =
  /** No retention removes it and nobody can forget it, until then (ISO 8601) or until it is lifted. */
  | { readonly kind: 'protect'; readonly reason: string; readonly until?: string }
  | { readonly kind: 'unprotect' }
  | { readonly kind: 'tag'; readonly add: readonly string[]; readonly remove: readonly string[] }
  /** It looked suspect, and somebody vouches for it. */
  | { readonly kind: 'clear'; readonly reason: string }
/** Hears of a part of an image that cannot be had. */
export type OnDamaged = (extent: Extent) => void

export interface LostExtents {
  /** A page of the map is lost as well: nothing can be inherited there. The whole image must be read. */
  readonly mapLost: boolean
  /** Ascending; whole chunks, or up to the image's end. */
  readonly extents: readonly Extent[]
}

export interface RepairOptions {
  /** Another repository that may hold the same: a copy, or one into which the same machines are backed up. It is only read. */
  readonly from?: Repository | undefined
  /** Only look: say what could be had, and where from. What hangs on a lost page of a map shows only when that is back. */
  readonly dryRun?: boolean
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void
  readonly signal?: AbortSignal
}

export interface RepairReport {
  readonly dryRun: boolean
  /** Chunks, map pages and small files that points need and that could not be relied upon. */
  readonly lost: number
  /** How many of them were had, by where from: copies in this repository, parity, the other repository. */
  readonly repaired: { readonly here: number; readonly parity: number; readonly other: number }
  readonly bytesStored: number
  /** What points have lost still. */
  readonly left: readonly DamageHit[]
  /** Damaged index and control objects that were made up for. */
  readonly objectsMended: readonly string[]
}

export interface ChangeKeysOptions {
  /** Change them here although they are another repository's, which is gone for good. */
  readonly alone?: boolean
  readonly signal?: AbortSignal
}

export interface DataKeyInfo {
  readonly generation: number
  readonly domain?: string
  /** ISO 8601 UTC. */
  readonly createdAt: string
  /** New blobs of its domain are sealed with it. */
  readonly current: boolean
  readonly packs: number
  readonly bytes: number
}

export interface DomainInfo {
  readonly name: string
  /** ISO 8601 UTC. Missing if it was erased. */
  readonly createdAt?: string
  readonly erasedAt?: string
}

export interface BeginOptions {
  /** Whose data it stores; nothing in it is shared with another domain. Default: what belongs to none. */
  readonly domain?: string
  readonly signal?: AbortSignal
}

export interface CollectOptions {
  /** How long a forgotten point can be taken back. Default 7 days. */
  readonly graceMs?: number
  /** Which share of all bytes may be dead before packs are copied to be rid of it. Default 0.2; 1: never copy. */
  readonly deadShareMax?: number
  /** How many bytes may be copied to be rid of data keys that were replaced: their blobs are sealed anew. Default 0: none. */
  readonly renewKeysBytesMax?: number
  /** How long to wait for the writers at work. Default: until they have ended, answered, or been given up. */
  readonly waitMsMax?: number
  /** A writer of which nothing new is seen for so long is given up. Default 30 min. */
  readonly silentMs?: number
  /** Only look: say what would go. */
  readonly dryRun?: boolean
  readonly onProgress?: (progress: CollectProgress) => void
  readonly signal?: AbortSignal
}

export type CollectPhase = 'mark' | 'repack' | 'settle' | 'wait' | 'check' | 'delete' | 'index'

export interface CollectProgress {
  readonly phase: CollectPhase
  /** Packs done of `total`; in `wait` writers, in `settle` milliseconds. */
  readonly done: number
  readonly total: number
}

export interface CollectReport {
  /** `waiting`: writers are at work that may rely on what is condemned; the next collection goes on from here. */
  readonly outcome: 'done' | 'waiting' | 'dry-run'
  /** Points that keep what they hold, forgotten ones in their time of grace included. */
  readonly pointsLive: number
  readonly pointsBuried: number
  readonly packsExamined: number
  readonly packsDeleted: number
  readonly bytesFreed: number
  readonly packsRepacked: number
  readonly bytesCopied: number
  /** The storage was too full to copy: what is dead went, the rest waits. */
  readonly repackStopped: boolean
  readonly sessionsFenced: readonly string[]
  readonly waitingFor: readonly WaitingFor[]
  /** What could go but for its lock. */
  readonly locked?: LockedPacks
}

export interface LockedPacks {
  readonly packs: number
  readonly bytes: number
  /** When the first and the last of these locks end, ISO 8601 UTC. */
  readonly firstUntil: string
  readonly lastUntil: string
}

export interface WaitingFor {
  readonly session: string
  readonly writer: string
  /** When it last said that it lives, ISO 8601 UTC. */
  readonly since: string
}

export interface ForgottenPoint {
  readonly point: RestorePoint | DamagedPoint
  /** ISO 8601 UTC. */
  readonly forgottenAt: string
  readonly reason: string
}

/** An image of a restore point as a disk. Every byte it hands out was authenticated and matches its id. */
export interface ImageReader extends DiskReader {
  /**
   * The fast way to read a lot: whole runs in order, with read-ahead, decoded by the workers. What it leaves out reads as zeroes.
   * Extents grow outward to whole chunks.
   *
   * Dispose each run when its bytes are written (or copied): its buffer goes back to the pool, which bounds the read-ahead.
   * Runs may be disposed in any order, and a few may be kept at a time; but never wait for another run before disposing one.
   */
  runs(
    extents?: AsyncIterable<Extent> | Iterable<Extent>,
    options?: { readonly signal?: AbortSignal | undefined },
  ): AsyncIterable<ImageRun>
}

/** Consecutive bytes of an image, on loan from the buffer pool until disposed. */
export interface ImageRun extends Disposable {
  readonly offsetBytes: number
  readonly bytes: Uint8Array
}

export interface WriterSession extends AsyncDisposable {
  /** Also the id of the restore point it commits. */
  readonly id: string
  /** Ids of the points it inherits from: held from before they were read until it ends. For {@link Repository.checkPoint}. */
  readonly held: ReadonlySet<string>
  /**
   * Starts an image. Several images of a session may be written in parallel.
   *
   * @throws `repository.point-buried` if the base was given up meanwhile: write the whole image, without one
   */
  beginImage(options: BeginImageOptions): Promise<ImageWriter>
  /** Stores a small file (at most 4 MiB) and returns its id for the manifest. */
  putBlob(bytes: Uint8Array, signal?: AbortSignal): Promise<string>
  /**
   * Makes everything durable and creates the restore point: all or nothing. May be called once.
   * A reply lost on the way is resolved by reading back.
   *
   * @throws `repository.session-fenced` if the repository gave this session up meanwhile: start again
   */
  commit(manifest: PointManifest, signal?: AbortSignal): Promise<RestorePoint>
  /** Gives up: no point will ever carry this session's id. What was stored stays known, so that a new try does not store it twice. */
  abandon(): Promise<void>
}

export interface BeginImageOptions {
  readonly capacityBytes: number
  /** A power of two, 4 KiB to 4 MiB; below 128 KiB the index costs more than it saves. The base's, or else the repository's, if left out. */
  readonly chunkSizeBytes?: number
  /** What `unwritten: 'inherit'` inherits from. It must have the same chunk size; its capacity may differ. */
  readonly base?: BaseImage
  /** What the parts hold that are never written: the base's content, or zeroes. */
  readonly unwritten: 'inherit' | 'zero'
}

/** An image to inherit from, and the restore point that keeps it: the session holds the point while it is open. */
export interface BaseImage {
  /** The point's id; or the session's own, for an image it has just finished. */
  readonly point: string
  readonly image: StoredImage
}

export interface ImageWriter {
  readonly capacityBytes: number
  readonly chunkSizeBytes: number
  readonly progress: ImageProgress

  /** The largest lease: a multiple of the chunk size, at least 4 MiB, usually 8 MiB. */
  readonly leaseBytesMax: number
  /**
   * A buffer from the bounded pool, to fill and hand to `write`. Waits until there is room: this is the back-pressure.
   * With worker threads it is page-aligned, as O_DIRECT wants it.
   */
  lease(lengthBytes: number, signal?: AbortSignal): Promise<Uint8Array>
  /** Gives a lease back unwritten, say after a failed read. */
  release(bytes: Uint8Array): void
  /**
   * Stores whole chunks, or chunks up to the disk's end. `bytes` is a lease or its beginning; ownership passes.
   * Any order is right; ascending is fast. Resolves when accepted; a later failure fails the next call and `finish`.
   */
  write(offsetBytes: number, bytes: Uint8Array): Promise<void>
  /** Makes a run of whole chunks, or chunks up to the disk's end, read as zeroes. */
  zero(extent: Extent): Promise<void>
  /** Waits for everything written and closes the map. Nothing may follow. */
  finish(signal?: AbortSignal): Promise<StoredImage>
}

/** Where the written bytes went. The four add up once the image is finished, but for `storedBytes`, which is what `newBytes` became. */
export interface ImageProgress {
  readonly zeroBytes: number
  /** Already in the repository. */
  readonly knownBytes: number
  /** Plain bytes that had to be stored. */
  readonly newBytes: number
  /** After compression and sealing. */
  readonly storedBytes: number
}

export interface CreateOptions {
  readonly passphrase: Secret
  /** Makes a twin of the repository that these open. */
  readonly keysOf?: KeySlots | undefined
  /** A power of two, 4 KiB to 4 MiB; below 128 KiB the index costs more than it saves. Default 256 KiB, or that of the twin. */
  readonly chunkSizeBytes?: number
  /**
   * Whether each pack gets parity, a sixteenth of its size: a few damaged places in it can be mended without another copy. For single
   * disks. Default: no.
   */
  readonly parity?: boolean
  /** What it costs to try a passphrase. Default: argon2id, 128 MiB, 3 passes, 4 lanes. */
  readonly kdf?: KdfCost
  /** Everything a point needs is locked for so long after its commit. The storage must be able to: see {@link Storage.lock}. */
  readonly lock?: LockPolicy
}

/** The cost of argon2id. */
export interface KdfCost {
  readonly memoryKiB: number
  readonly passes: number
  readonly parallelism: number
}

export interface OpenOptions extends Environment {
  /** The passphrase, the recovery code, or the content of a key file or of a private key's file. */
  readonly key: Secret
}

export interface AddKeyOptions {
  /** The key shall open the repository for maintenance only: list, collect, verify checksums. What is backed up cannot be read with it. */
  readonly maintenance?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/** What opens a repository. Every slot holds the same master key, or the keys of maintenance, sealed by another secret. */
export interface KeySlots {
  /** The slot that the given key opened. */
  readonly opened: string
  list(signal?: AbortSignal): Promise<readonly KeySlotInfo[]>
  /**
   * Makes a slot for another passphrase, or for the content of a key file, and tries it. Returns its id.
   *
   * @throws `repository.key-too-short`, `repository.key-known`, `repository.key-malformed`
   */
  addKey(key: Secret, options?: AddKeyOptions): Promise<string>
  /** Makes a slot that the private key of this public key opens. It cannot be tried here. @throws `repository.key-malformed` */
  addRecipient(publicKey: string, options?: AddKeyOptions): Promise<string>
  /** Makes a slot for a new recovery code, and tries it. The code is shown nowhere else. */
  addRecoveryCode(signal?: AbortSignal): Promise<{ readonly id: string; readonly recoveryCode: Secret }>
  /**
   * Removes a slot. Whoever has kept a copy of the slot and knows its secret can still open what they copied: the master key stays the same.
   *
   * @throws `repository.key-slot-missing`; `repository.key-slot-last` if less than two slots would be left that open everything;
   *   `repository.key-slots-lost` if it is removed and somebody else has removed another meanwhile
   */
  remove(id: string, signal?: AbortSignal): Promise<void>
}

export interface KeySlotInfo {
  /** 32 hex digits. */
  readonly id: string
  /** Missing if the slot is damaged. */
  readonly kind?: 'passphrase' | 'recovery code' | 'key file' | 'recipient'
  /** It opens the repository for maintenance only. */
  readonly maintenance: boolean
  readonly kdf?: 'argon2id' | 'scrypt' | 'HKDF' | 'X25519'
  readonly cost?: KdfCost
  /** The public key whose private key opens it. */
  readonly recipient?: string
  /** Why it cannot be used. */
  readonly damaged?: string
}

/** Calls `work` again and again, until disposed. */
export type Every = (intervalMs: number, work: () => void) => Disposable

/** What a repository takes from its surroundings. */
export interface Environment {
  /** Worker threads. Default: one per core. 0: all work is done in this thread. */
  readonly workersMax?: number
  /** What all buffers together may take, at least 48 MiB. Default 208 MiB: with two threads and a few disks at once a run then stays below 512 MiB in all (measured); each thread more takes 10 to 40 MiB. */
  readonly memoryBytesMax?: number
  /** How large a pack grows. Default 64 MiB. */
  readonly packSizeBytes?: number
  /** How many reads of the storage an image's reader keeps in flight, as far as the memory goes. Default 16. */
  readonly readsInFlightMax?: number
  readonly index?: IndexOptions
  readonly clock?: Clock
  /** What a session beats by. Default: a timer that does not keep the process alive. */
  readonly every?: Every
  readonly random?: Random
  readonly signal?: AbortSignal
}

/**
 * How thoroughly packs are verified. `presence`: it is there and of the right size. `checksum`: its bytes have the checksum that was
 * noted when it was stored; needs no data key. `full`: every blob in it opens and matches its id.
 */
export type VerifyLevel = 'presence' | 'checksum' | 'full'
/** How this process holds the index. */
export interface IndexOptions {
  /** What the index may take in memory, about, beside 100 bytes per pack and a few per 146 chunks. At least 128 KiB, default 256 MiB. */
  readonly memoryBytes?: number
  /** Where copies of the index lie on this machine, for all repositories and processes of a user. In memory, if left out. */
  readonly cacheFolder?: string
  /** What the copies of one repository may take. Default: as much as there is. */
  readonly cacheBytes?: number
  /** A session that begins with so many deltas folds them into segments first. Default 256. */
  readonly deltasMax?: number
}

export interface RebuildIndexOptions {
  /** Only look: say what is damaged and what would be read. */
  readonly dryRun?: boolean
  /** `read`: packs that nothing names. `merge`: entries written. */
  readonly onProgress?: (progress: {
    readonly phase: 'read' | 'merge'
    readonly done: number
    readonly total: number
  }) => void
  readonly signal?: AbortSignal
}

/** What was found, and what was done about it. */
export interface RebuildIndexReport {
  readonly dryRun: boolean
  readonly deltas: number
  readonly segments: number
  /** Objects of the index that could not be used, and why. */
  readonly damaged: readonly { readonly object: string; readonly reason: string }[]
  /** Packs that nothing named. */
  readonly packsUnlisted: number
  /** Those of them that were understood and are named now. */
  readonly packsRead: number
  /** The newest root, 0 if there is none. */
  readonly root: number
  /** Entries written. */
  readonly entries: number
}

export interface VerifyOptions {
  /** Ids of the points to verify. Default: all. */
  readonly points?: readonly string[]
  /** How much of the data to read, in percent. Default 100. What exists and how it hangs together is always checked. */
  readonly samplePercent?: number
  /** Default `full`. */
  readonly level?: VerifyLevel
  /** Whether to walk the maps of the points. Default true; if points are named, they always are. */
  readonly maps?: boolean
  /** Leaves out packs that were verified as thoroughly, and found good, within so long. Not for a sample, or for single points. */
  readonly olderThanMs?: number
  /** Reads no more packs than so many bytes, those verified longest ago first. Not for a sample, or for single points. */
  readonly budgetBytes?: number
  readonly onProgress?: (progress: VerifyProgress) => void
  readonly signal?: AbortSignal
}

export interface VerifyProgress {
  readonly packsTotal: number
  readonly packsDone: number
  readonly bytesTotal: number
  readonly bytesDone: number
}

/**
 * How bad it is: `absent` the object is not there; `unreadable` it could not be read now and may be fine;
 * `bad` it was read and is not what was written.
 */
export type DamageKind = 'absent' | 'unreadable' | 'bad'

export interface Damage {
  readonly kind: DamageKind
  /** The storage key of the damaged object. */
  readonly object: string
  readonly code: string
  readonly message: string
  /** The chunk or map page, if it is a part of the object. */
  readonly chunkId?: string
  /** What cannot be restored because of it. */
  readonly hits: readonly DamageHit[]
}

export interface DamageHit {
  readonly point: string
  /** The image's key, or the blob's name. Missing if it is the point as a whole. */
  readonly image?: string
  readonly blob?: string
  readonly extents: readonly Extent[]
}

export interface VerifyReport {
  readonly points: number
  readonly packs: number
  /** Packs that are due and were over the budget. */
  readonly packsLeft: number
  /** Chunks read back and checked. */
  readonly chunks: number
  readonly bytesRead: number
  /** Empty means: every checked byte is what was written. */
  readonly damaged: readonly Damage[]
  /** Whether what was found damaged was recorded for writers: false if nothing could be written to the repository. */
  readonly recorded: boolean
}

export interface VerifiedShare {
  /** What counts as of late: 30 days. */
  readonly withinMs: number
  readonly totalBytes: number
  /** By checksum or in full. */
  readonly checksumBytes: number
  readonly fullBytes: number
}

export interface RepositoryStatus {
  readonly points: number
  readonly damagedPoints: number
  readonly packs: number
  readonly chunks: number
  /** Plain bytes of all chunks, before compression. */
  readonly plainBytes: number
  readonly storedBytes: number
  /** How much of what is stored was read and found good of late. */
  readonly verified: VerifiedShare
  /** Sessions that have neither committed nor given up: running, or crashed. */
  readonly sessionsOpen: number
  readonly index: IndexStatus
}

export interface IndexStatus {
  /** Places of blobs, in segments and in deltas. */
  readonly entries: number
  readonly segments: number
  /** Deltas that are not folded into segments yet. */
  readonly deltas: number
  /** What the copies on this machine take. */
  readonly cacheBytes: number
  /** Objects that cannot be used. */
  readonly damaged: readonly string[]
}
