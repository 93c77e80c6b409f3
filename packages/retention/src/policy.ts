import type { CalendarDuration } from './calendar-duration.ts'

/** The rules, in the order in which a cascade runs them. */
export const rules = ['last', 'hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const
export type Rule = (typeof rules)[number]

/** How many periods a rule keeps a point of; 0 is the same as no rule. */
export type Count = number | 'all'

export interface Guards {
  /** Nothing younger than this is removed, nor what claims to be of the future; 0 for no minimum. */
  readonly minAgeMs: number
  /** Whether the newest point of a VM that is finished and not suspect is kept whatever the rules say. */
  readonly neverNewestGood: boolean
  /** Holds all removals of a run that would remove a larger share (0 to 1) of its points; no limit if absent. */
  readonly maxShareRemoved?: number
}

export const defaultGuards: Guards = { minAgeMs: 24 * 3_600_000, neverNewestGood: true }

/** For how many weeks, months and years the first point of each is kept. */
export interface GfsPolicy {
  readonly weekly?: number
  readonly monthly?: number
  readonly yearly?: number
}

export interface RetentionPolicy {
  /**
   * How the rules go together. *independent* (restic's): each rule counts for itself, a point may satisfy several. *cascade* (Proxmox
   * Backup Server's): each rule looks only at what no rule before it covers, so its counts add up.
   */
  readonly mode: 'independent' | 'cascade'
  /**
   * Whose clock tells a point's age; the storage's if absent. `writer` is for a repository that was copied without its objects' times, and for as long
   * as nobody but friends can write to it.
   */
  readonly clock?: 'storage' | 'writer'
  /** IANA name, such as `Europe/Berlin`: where hours, days, weeks, months and years begin. */
  readonly timeZone: string
  readonly keep?: Readonly<Partial<Record<Rule, Count>>>
  /** Like `keep`, without a count, for points younger than so much before the newest; `last` takes all of them. Independent mode only. */
  readonly within?: Readonly<Partial<Record<Rule, CalendarDuration>>>
  /** A point is kept that has all tags of one of these lists. */
  readonly keepTags?: readonly (readonly string[])[]
  /** Which points are flagged when they are made: see {@link gfsFlagsFor}. Of a point that is there its own flags count, not these. */
  readonly gfs?: GfsPolicy
  /** What is not given is as in {@link defaultGuards}. */
  readonly guards?: Readonly<Partial<Guards>>
}

/** Whether a policy has no rule at all. Such a policy keeps everything: it is more likely a mistake than a wish to keep nothing. */
export function isEmpty({ keep = {}, within = {}, keepTags = [] }: RetentionPolicy): boolean {
  return rules.every((rule) => (keep[rule] ?? 0) === 0 && within[rule] === undefined) && keepTags.length === 0
}
