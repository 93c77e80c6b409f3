import type { Brake, Decision } from './plan-retention.ts'
import { isRemoveReason, type Reason } from './reason.ts'

/** Says why a point is kept or removed, one sentence for each reason. */
export function explain({ action, byRules, reasons }: Decision): string[] {
  if (action === 'remove') return reasons.map((reason) => `removed: ${phrase(reason)}`)
  if (byRules === 'keep') return reasons.map((reason) => `kept: ${phrase(reason)}`)
  const guarding = reasons.filter((reason) => !isRemoveReason(reason))
  return guarding.map((reason) => `would go, but ${phrase(reason)}`)
}

/** Says what the brake did, in one sentence. */
export function explainBrake({ removals, points, maxShareRemoved, held }: Brake): string {
  const share = `${removals} of ${points} points`
  if (maxShareRemoved === undefined) return `${share} go; the policy has no limit to a run`
  const limit = percent(maxShareRemoved)
  return held
    ? `nothing is removed: ${share} would go, and the policy allows ${limit} in one run; look at each, then raise guards.maxShareRemoved`
    : `${share} go; the policy allows ${limit} in one run`
}

// oxlint-disable-next-line max-lines-per-function -- one line for each kind
function phrase(reason: Reason): string {
  switch (reason.kind) {
    case 'no-rules':
      return 'the policy has no rules'
    case 'protected':
      return `protected${reason.untilMs === undefined ? '' : ` until ${dateTime(reason.untilMs)}`} (${reason.reason})`
    case 'of-the-future':
      return `its time (${dateTime(reason.timeMs)}) lies in the future; check the storage's clock`
    case 'clocks-disagree':
      return `the storage says it is of ${dateTime(reason.timeMs)}, its writer of ${dateTime(reason.writerTimeMs)}: one clock is wrong, or the repository was copied without its times (then set retention.clock: writer)`
    case 'rule':
      return `${oldest(reason)}${reason.rule} ${reason.ordinal} of ${reason.count}${reason.rule === 'last' ? '' : ` (${reason.period})`}`
    case 'within':
      return reason.rule === 'last'
        ? `within ${reason.duration} of the newest point`
        : `${oldest(reason)}${reason.rule} within ${reason.duration} of the newest point (${reason.period})`
    case 'tags':
      return `${reason.tags.length === 1 ? 'tag' : 'tags'} ${reason.tags.join(', ')}`
    case 'gfs':
      return `${reason.period} by its GFS flag until ${dateTime(reason.keepUntilMs)}`
    case 'newest-unfinished':
      return 'unfinished, but nothing newer is finished'
    case 'no-rule':
      return 'no rule keeps it'
    case 'covered':
      return `${reason.rule} keeps a newer point of ${reason.period}`
    case 'old-unfinished':
      return 'unfinished, and not the newest'
    case 'newest-good':
      return 'newest good point of the VM'
    case 'too-young':
      return `younger than ${duration(reason.minAgeMs)}`
    case 'locked':
      return `locked by the storage until ${dateTime(reason.untilMs)}`
    case 'legal-hold':
      return 'under legal hold'
    case 'pinned':
      return 'in use'
    case 'suspect':
      return `suspect and not cleared: ${percent(reason.newShare)} of the disks is new, usually ${percent(reason.usualNewShare)}, and compresses to ${percent(reason.storedShare)}, usually ${percent(reason.usualStoredShare)}`
    case 'before-suspect':
      return `older than the suspect point ${reason.point} (${dateTime(reason.timeMs)}), which nobody has cleared`
    case 'brake':
      return `${reason.removals} of ${reason.points} points at once are more than the ${percent(reason.maxShareRemoved)} that the policy allows`
  }
}

const oldest = ({ onlyOldest }: { onlyOldest: boolean }) => (onlyOldest ? 'oldest point, ' : '')
const percent = (share: number) => `${Number((share * 100).toFixed(2))} %`
const dateTime = (timeMs: number) => `${new Date(timeMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`

function duration(ms: number): string {
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000} h`
  return ms % 60_000 === 0 ? `${ms / 60_000} min` : `${ms / 1000} s`
}
