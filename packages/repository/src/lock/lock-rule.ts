import { createHash } from 'node:crypto'
import type { Clock } from '@vmkeep/kit'
import type { LockMode, Retention } from '../storage/object-lock.ts'

/** What a repository promises of every point: how long, counted from its commit, nothing it needs can be deleted. */
export interface LockPolicy {
  readonly days: number
  readonly mode: LockMode
}

export const lockDaysMax = 3650
const dayMs = 86_400_000
/** A lock ends at such a boundary, so that an object that is needed for long is locked anew once in such a time, and not every day. */
const generationSeconds = 30 * 86_400
/** Not segments and roots: a compaction replaces them, and they can be made again from the packs. */
const lockedPrefixes = ['packs/', 'index/delta/', 'points/', 'keys/']

/** Which objects are locked, and until when: docs/formats/repository.md §9.4. */
export class LockRule {
  readonly policy: LockPolicy
  readonly #clock: Clock

  constructor(policy: LockPolicy, clock: Clock) {
    this.policy = policy
    this.#clock = clock
  }

  /** Until when what is stored or needed now has to be locked at least. */
  needMs(atMs = this.#clock.nowMs()): number {
    return atMs + this.policy.days * dayMs
  }

  /** The lock an object gets when it is stored now; `undefined` for what is never locked. */
  retentionOf(key: string): Retention | undefined {
    return isLockable(key) ? this.retentionFor(key, this.needMs()) : undefined
  }

  /** The lock that covers `needMs`: it ends at the object's next boundary. */
  retentionFor(key: string, needMs: number): Retention {
    return { mode: this.policy.mode, untilMs: boundaryOf(key, needMs) }
  }

  /** Whether a lock is of a kind that counts and has not ended before `needMs`. */
  covers(retention: Retention | undefined, needMs: number): boolean {
    if (retention === undefined || retention.untilMs < needMs) return false
    return retention.mode === this.policy.mode || retention.mode === 'compliance'
  }
}

const isLockable = (key: string) => key === 'format' || lockedPrefixes.some((prefix) => key.startsWith(prefix))

/** The first boundary of an object at or after a moment. They lie 30 days apart, for each object elsewhere: so locks do not end, and are not made longer, all at once. */
export function boundaryOf(key: string, needMs: number): number {
  const offset = createHash('sha256').update(key).digest().readUInt32BE(0) % generationSeconds
  const generations = Math.ceil((needMs / 1000 - offset) / generationSeconds)
  return (offset + generations * generationSeconds) * 1000
}
