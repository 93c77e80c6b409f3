import type { TimeDoubt } from './known-time.ts'
import type { GfsFlag, Protection, Suspicion } from './point.ts'
import type { Count, Rule } from './policy.ts'

/** Why the rules keep a point. */
export type KeepReason =
  | { readonly kind: 'no-rules' }
  | ({ readonly kind: 'protected' } & Protection)
  | TimeDoubt
  | {
      readonly kind: 'rule'
      readonly rule: Rule
      /** How many points the rule has kept with this one, counted from the newest. */
      readonly ordinal: number
      readonly count: Count
      readonly period: string
      /** The rule has a newer point of the same period, and keeps this one because none is older and its count is not used up. */
      readonly onlyOldest: boolean
    }
  | {
      readonly kind: 'within'
      readonly rule: Rule
      readonly duration: string
      readonly period: string
      readonly onlyOldest: boolean
    }
  | { readonly kind: 'tags'; readonly tags: readonly string[] }
  | { readonly kind: 'gfs'; readonly period: GfsFlag['period']; readonly keepUntilMs: number }
  | { readonly kind: 'newest-unfinished' }

/** Why the rules let a point go. */
export type RemoveReason =
  | { readonly kind: 'no-rule' }
  | { readonly kind: 'covered'; readonly rule: Rule; readonly period: string }
  | { readonly kind: 'old-unfinished' }

/** What keeps a point from being removed, whatever the rules say. */
export type GuardReason =
  | { readonly kind: 'newest-good' }
  | { readonly kind: 'too-young'; readonly minAgeMs: number }
  | { readonly kind: 'locked'; readonly untilMs: number }
  | { readonly kind: 'legal-hold' }
  | { readonly kind: 'pinned' }
  | ({ readonly kind: 'suspect' } & Suspicion)
  /** While an attack may be on, what is older may be all there is. */
  | { readonly kind: 'before-suspect'; readonly point: string; readonly timeMs: number }
  | {
      readonly kind: 'brake'
      readonly removals: number
      readonly points: number
      readonly maxShareRemoved: number
    }

export type Reason = KeepReason | RemoveReason | GuardReason

const removing: readonly Reason['kind'][] = ['no-rule', 'covered', 'old-unfinished'] satisfies RemoveReason['kind'][]

export function isRemoveReason(reason: Reason): reason is RemoveReason {
  return removing.includes(reason.kind)
}
