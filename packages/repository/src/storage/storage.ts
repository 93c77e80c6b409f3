import type { ObjectLock } from './object-lock.ts'

/** One object in a storage: its key and how large it is. */
export interface StoredObject {
  readonly key: string
  readonly sizeBytes: number
  /** When the object was stored, by the storage's own clock, to the second at least. Missing if the storage does not say. */
  readonly modifiedAtMs?: number
}

/** Room kept for when there is none: without it, what frees space could not even say what may go. */
export interface Reserve {
  isKept(): Promise<boolean>
  /** Gives some of the room back to the storage. False if none is kept. */
  release(): Promise<boolean>
  /** Keeps room again, where there is plenty. */
  restore(): Promise<void>
}

/**
 * Where a repository's bytes lie: a folder, an NFS export, an S3 bucket, memory. Knows nothing of packs or points.
 *
 * Contract (held by {@link storageContract} in `testing.ts`):
 * - A key is one or more names joined by `/`; a name is `[a-z0-9._-]+`, begins with none of `.` and `-`, and is at most 120
 *   characters long. Keys differ in more than case. Nobody else writes below the storage's root.
 * - An object is whole or absent. It is never appended to, never renamed, never overwritten.
 * - What `putNew` reported, and what `list` or `size` then say, survives a power cut.
 * - A read, list or size that starts after a put or delete resolved sees it; on another machine, after {@link Storage.settleMs}.
 * - Calls may run in parallel. The implementation bounds what it keeps in flight.
 * - Every call but `delete` may be repeated without harm; `putNew` repeated says `exists`.
 * - Failures are `storage.*` codes (see `errors.ts`); on abort it is `signal.reason`. An aborted `putNew` may still have happened.
 */
export interface Storage extends AsyncDisposable {
  /** What a person calls it, for messages: `folder /backup`. */
  readonly name: string

  /**
   * How long it takes until every machine sees what one has put or removed, where that is not at once: on network file systems,
   * whose clients keep what they have read of folders. Collections wait for it. Missing: nothing to wait for.
   */
  readonly settleMs?: number

  /** Missing: the storage cannot keep room, or never fills up. */
  readonly reserve?: Reserve

  /**
   * Stores `bytes` under `key`, unless the key is taken. Exactly one of several callers gets `created`.
   * After a failure the object may or may not exist: read it back. `bytes` belongs to the storage until the promise settles.
   *
   * @throws `storage.full`, `storage.no-permission`, `storage.gone`, `storage.unavailable`
   */
  putNew(key: string, bytes: Uint8Array | readonly Uint8Array[], signal?: AbortSignal): Promise<'created' | 'exists'>

  /** The whole object, or `undefined` if there is none. @throws `storage.too-large` if it is larger than `sizeBytesMax`, before reading it */
  get(key: string, sizeBytesMax: number, signal?: AbortSignal): Promise<Uint8Array | undefined>

  /**
   * Fills the whole of `target` with the object's bytes from `offsetBytes` on.
   *
   * @throws `storage.not-found`; `storage.short-read` if the object ends before
   */
  getRange(key: string, offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void>

  /** The last `lengthBytesMax` bytes of the object, or all of it if it is smaller, and its size. `undefined` if there is none. */
  getSuffix(
    key: string,
    lengthBytesMax: number,
    signal?: AbortSignal,
  ): Promise<{ readonly bytes: Uint8Array; readonly sizeBytes: number } | undefined>

  /**
   * Every object whose key begins with `prefix` (which ends in `/`, or is empty), ascending by key in byte order, a few at a time.
   * It ends normally only if it is complete: a half-read list is an error, never a shorter list.
   */
  list(prefix: string, signal?: AbortSignal): AsyncIterable<StoredObject>

  /** The object's size, or `undefined` if there is none. */
  size(key: string, signal?: AbortSignal): Promise<number | undefined>

  /** Removes the object. Removing what is not there is no error. @throws `storage.locked` where a lock keeps it in its place */
  delete(key: string, signal?: AbortSignal): Promise<void>

  /**
   * Removes many objects with few calls, where the storage can; whoever finds it missing calls `delete` for each.
   * After a failure some are gone and some are not. What is locked may stay, without a word: `delete` tells.
   */
  deleteMany?(keys: readonly string[], signal?: AbortSignal): Promise<void>

  /**
   * Sends an object under `key` whose checksum does not fit, as a line that damages bytes would, and tells whether the storage
   * refused it. For {@link validateStorage}; a storage that has no checksums on the way has no such method.
   */
  refusesDamage?(key: string, signal?: AbortSignal): Promise<boolean>

  /** Locks objects against deletion, where the storage can. */
  readonly lock?: ObjectLock

  /** A view of something past: every call that would change something fails with `storage.past`. */
  readonly isPast?: boolean
}
