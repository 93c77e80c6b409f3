/** Who may lift a lock before its end: nobody (`compliance`), or whoever has a right of its own for that (`governance`). */
export type LockMode = 'governance' | 'compliance'

/** How long an object is locked. */
export interface Retention {
  readonly mode: LockMode
  /** Milliseconds since 1970, whole seconds. */
  readonly untilMs: number
}

/** What should have been refused, and was not: the object was deleted for good, its lock shortened or lifted by a special right, or its bytes replaced. */
export type LockBreak = 'deleted' | 'shortened' | 'bypassed' | 'overwritten'

/**
 * Locks objects of a storage: until the lock ends, their bytes cannot be deleted or changed by anybody with the rights of a writer.
 *
 * Contract (held by {@link objectLockContract} in `testing.ts`):
 * - A lock only ever grows: `extend` to an earlier end leaves it as it is, or fails.
 * - `delete` of a locked object either fails with `storage.locked`, or only hides it: its bytes stay and can be had again.
 * - Failures are those of {@link Storage}.
 */
export interface ObjectLock {
  /** Why nothing can be locked there in that mode, as the end of a sentence; `undefined` if it can. */
  whyNot(mode: LockMode, signal?: AbortSignal): Promise<string | undefined>

  /** As `Storage.putNew`, and what is created is locked when this resolves. */
  putNew(
    key: string,
    bytes: Uint8Array | readonly Uint8Array[],
    retention: Retention,
    signal?: AbortSignal,
  ): Promise<'created' | 'exists'>

  /** Locks an object, or locks it for longer. The reply is the proof. @throws `storage.not-found` */
  extend(key: string, retention: Retention, signal?: AbortSignal): Promise<void>

  /** The lock an object has now, also one that has ended, or `undefined`: it has none, or is not there. */
  retentionOf(key: string, signal?: AbortSignal): Promise<Retention | undefined>

  /** Tries to break the lock of an object that can be spared, in every way there is, and names the ways that worked. */
  breaks(key: string, signal?: AbortSignal): Promise<readonly LockBreak[]>
}
