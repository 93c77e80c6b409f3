/** What retention has to know of a restore point. */
export interface RetentionPoint {
  readonly id: string
  /** Whose point it is. Rules and guards see the points of one subject (a VM) at a time. */
  readonly subject: string
  /**
   * When the *storage* says that the point was committed. The writer's own time will not do: whoever can write could then flood a
   * repository with points of chosen times and have the rules remove the good ones.
   */
  readonly timeMs: number
  /** When the writer says so. Where the two are more than a day apart, the point's time is not known: it is kept, and displaces none. */
  readonly writerTimeMs?: number
  readonly tags?: readonly string[]
  /** Kept until somebody lifts the protection, or until it ends; takes no part in the rules. */
  readonly protected?: Protection
  /** Never committed in full. */
  readonly unfinished?: boolean
  /** It looks like the work of an attacker, and nobody has cleared it since: see {@link suspicionOf}. */
  readonly suspect?: Suspicion
  readonly gfs?: readonly GfsFlag[]
  /** In use: a backup inherits from it, or a restore or a copy reads it. */
  readonly pinned?: boolean
  readonly legalHold?: boolean
  /** The storage refuses deletion until then. */
  readonly lockedUntilMs?: number
}

export interface Protection {
  readonly reason: string
  /** Without it, for good. */
  readonly untilMs?: number
}

/** Given to a point when it is made, and never changed by a later policy. */
export interface GfsFlag {
  /** `weekly`, `monthly`, `yearly`. */
  readonly period: string
  readonly keepUntilMs: number
}

/** In what a point differs from those before it; all shares are from 0 to 1. */
export interface Suspicion {
  /** How much of the VM's disks was new to the repository, in this point and usually. */
  readonly newShare: number
  readonly usualNewShare: number
  /** What the new bytes became once compressed, in this point and usually. */
  readonly storedShare: number
  readonly usualStoredShare: number
}
