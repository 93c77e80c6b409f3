import { type Candidate, periodOf } from './period.ts'
import { type Count, type RetentionPolicy, type Rule, rules } from './policy.ts'
import type { KeepReason, RemoveReason } from './reason.ts'

/** What the rules have decided of a point so far; a point without a mark is left to the rules that follow. */
type Mark = Extract<KeepReason | RemoveReason, { kind: 'rule' | 'covered' }>

/**
 * Proxmox Backup Server's semantics: the rules run one after the other, and each leaves alone the periods of which a rule before it kept a
 * point. In the others it keeps the newest point and has the rest removed, until its count is reached; what is older is left to the next.
 *
 * Source: Proxmox Backup Server documentation, "Pruning" and the prune simulator. Evidence: documented.
 */
export function keepInCascade(candidates: readonly Candidate[], { keep = {} }: RetentionPolicy): Map<Candidate, Mark> {
  const marks = new Map<Candidate, Mark>()
  for (const rule of rules) runRule(candidates, { rule, count: keep[rule] ?? 0, marks })
  return marks
}

interface RuleRun {
  readonly rule: Rule
  readonly count: Count
  readonly marks: Map<Candidate, Mark>
}

function runRule(candidates: readonly Candidate[], { rule, count, marks }: RuleRun): void {
  if (count === 0) return
  const kept = candidates.filter((candidate) => marks.get(candidate)?.kind === 'rule')
  const covered = new Set(kept.map((candidate) => periodOf(rule, candidate)))
  const taken = new Set<string>()
  for (const candidate of candidates) {
    if (marks.has(candidate)) continue
    const period = periodOf(rule, candidate)
    if (covered.has(period)) continue
    if (taken.has(period)) {
      marks.set(candidate, { kind: 'covered', rule, period })
      continue
    }
    if (count !== 'all' && taken.size >= count) return
    taken.add(period)
    marks.set(candidate, { kind: 'rule', rule, ordinal: taken.size, count, period, onlyOldest: false })
  }
}
