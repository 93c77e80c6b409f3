import type { RetentionPoint } from './point.ts'
import type { Rule } from './policy.ts'

/** A point that takes part in the rules, with what the clock of the policy's time zone showed. */
export interface Candidate {
  readonly point: RetentionPoint
  readonly wallMs: number
}

/**
 * The period of a rule in which a point lies, as an admin writes it: `2026-11-22 14h`, `2026-11-22`, `2026-W47`, `2026-11`, `2026`.
 *
 * An hour that the clock shows twice is one period, as in restic and Proxmox Backup Server, which both make the id of the wall clock alone.
 * Source: restic and proxmox-backup, `forget` and `prune`. Evidence: observed (restic, tests/judges/restic-forget.test.ts), inferred
 * (Proxmox Backup Server: its ids are formatted from local time).
 */
export function periodOf(rule: Rule, { point, wallMs }: Candidate): string {
  if (rule === 'last') return point.id
  if (rule === 'weekly') return isoWeekOf(wallMs)
  const clock = new Date(wallMs).toISOString() // 2026-11-22T14:05:09.000Z
  if (rule === 'hourly') return `${clock.slice(0, 10)} ${clock.slice(11, 13)}h`
  return clock.slice(0, { daily: 10, monthly: 7, yearly: 4 }[rule])
}

const dayMs = 86_400_000

/** A week belongs to the year of its Thursday: 2026-12-31 lies in 2026-W53, and so does 2027-01-03. */
function isoWeekOf(wallMs: number): string {
  const dayNumber = Math.floor(wallMs / dayMs)
  const daysSinceMonday = (dayNumber + 3) % 7 // 1970-01-01 was a Thursday
  const thursday = dayNumber - daysSinceMonday + 3
  const year = new Date(thursday * dayMs).getUTCFullYear()
  const week = Math.floor((thursday - Date.UTC(year, 0, 1) / dayMs) / 7) + 1
  return `${year}-W${String(week).padStart(2, '0')}`
}
