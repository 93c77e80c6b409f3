import type { Repository } from '@vmkeep/repository'
import type { PointFacts } from '@vmkeep/retention'
import type { LoadedConfig } from '../config/load-config.ts'
import { fail } from '../errors.ts'
import { isOfAny } from '../restore/restore-points.ts'

/** What would become of a restore point. */
export interface PlannedPoint {
  readonly id: string
  readonly vm: string
  readonly createdAt: string
  /** When it counts as made: what its age is told by. */
  readonly time: string
  readonly action: 'keep' | 'remove'
  readonly reasons: readonly string[]
}

export interface RetentionPlanned {
  /** Of the VMs asked for, by VM, newest first. Points that cannot be understood, or were erased with their domain, are kept and not in it. */
  readonly points: readonly PlannedPoint[]
  /** How many points of all VMs were looked at. */
  readonly looked: number
  /** What the brake says of the whole run, for people. */
  readonly brake: string
  /** What somebody should look at, for people. */
  readonly warnings: readonly string[]
}

/** What is remembered of a point while all are read: thousands of VMs have tens of points each. */
interface Known {
  readonly name: string
  readonly createdAt: string
  readonly isWanted: boolean
}

/**
 * Asks the rules of the config about every point of every VM, whichever VMs are asked for: the brake looks at a whole run. One planner for showing
 * and for doing.
 *
 * @throws `cli.retention-missing`, `retention.…`
 */
export async function planPoints(
  { config }: LoadedConfig,
  repository: Repository,
  { vms, nowMs, signal }: { readonly vms: readonly string[]; readonly nowMs: number; readonly signal: AbortSignal },
): Promise<RetentionPlanned> {
  const retention = await import('@vmkeep/retention')
  if (config.retention === undefined) throw fail('cli.retention-missing', {})
  const policy = retention.parseRetentionPolicy(config.retention)
  const held = await repository.heldPoints(signal)
  const known = new Map<string, Known>()
  const facts: PointFacts[] = []
  let [damaged, erased] = [0, 0]
  for await (const point of repository.points(signal)) {
    if (point.damaged !== undefined) {
      damaged++
      continue
    }
    if (point.erasedAt !== undefined) {
      erased++ // nobody can restore it: it must not stand for a point that somebody can
      continue
    }
    facts.push(retention.factsOf(point, held))
    known.set(point.id, { name: point.subject.name, createdAt: point.createdAt, isWanted: isOfAny(point, vms) })
  }
  const { decisions, brake } = retention.planRetention(retention.findSuspects(facts), policy, nowMs)
  const points = decisions.flatMap((decision): PlannedPoint[] => {
    const { id, timeMs } = decision.point
    const { name, createdAt, isWanted } = known.get(id)!
    if (!isWanted) return []
    const time = new Date(timeMs).toISOString()
    return [{ id, vm: name, createdAt, time, action: decision.action, reasons: retention.explain(decision) }]
  })
  const having = (...kinds: readonly string[]) =>
    decisions.filter(({ reasons }) => reasons.some(({ kind }) => kinds.includes(kind)))
  const warnings = [
    told(damaged, 'damaged', 'kept and not shown: run "vmkeep verify"'),
    told(erased, 'erased, with the keys of a domain', 'kept and not shown: "vmkeep forget" lets it go'),
    told(having('of-the-future', 'clocks-disagree').length, 'of a time that cannot be believed', 'kept: see why'),
    told(
      having('suspect').length,
      'suspect',
      'kept with all that is older: look for an attack, then "vmkeep point clear"',
    ),
  ]
  return { points, looked: known.size, brake: retention.explainBrake(brake), warnings: warnings.flat() }
}

/** `1 restore point is suspect, and is kept …`; nothing about none. */
function told(amount: number, what: string, then: string): string[] {
  if (amount === 0) return []
  return [
    `${amount} restore ${amount === 1 ? 'point is' : 'points are'} ${what}, and ${amount === 1 ? 'is' : 'are'} ${then}`,
  ]
}
