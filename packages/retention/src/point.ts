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
  readonly tags?: readonly string[]
  /** Kept until somebody lifts the protection; takes no part in the rules. */
  readonly protected?: boolean
  /** Never committed in full. */
  readonly unfinished?: boolean
  /** Something looked like ransomware, and nobody has cleared the point since. */
  readonly suspect?: boolean
  readonly gfs?: readonly GfsFlag[]
  /** In use: an instant recovery or a copy reads it. */
  readonly pinned?: boolean
  readonly legalHold?: boolean
  /** The storage refuses deletion until then. */
  readonly lockedUntilMs?: number
}

/** Given to a point when it is made, and never changed by a later policy. */
export interface GfsFlag {
  readonly period: 'weekly' | 'monthly' | 'quarterly' | 'yearly'
  readonly keepUntilMs: number
}
