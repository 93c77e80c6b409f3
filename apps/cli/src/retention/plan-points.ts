import type { Decision } from '@vmkeep/retention'
import type { Repository } from '@vmkeep/repository'
import type { LoadedConfig } from '../config/load-config.ts'
import { fail } from '../errors.ts'
import { time } from '../output/human.ts'
import type { Column } from '../output/table.ts'
import { findPoints, isOfAny } from '../restore/restore-points.ts'

/** What would become of a restore point. */
export interface PlannedPoint {
  readonly id: string
  readonly vm: string
  readonly createdAt: string
  readonly action: Decision['action']
  readonly reasons: readonly string[]
}

export interface RetentionPlanned {
  /** Of the VMs asked for, by VM, newest first. Points that cannot be understood are kept and not in it. */
  readonly points: readonly PlannedPoint[]
  /** How many points of all VMs were looked at. */
  readonly looked: number
  /** What the brake says of the whole run, for people. */
  readonly brake: string
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
  const { explain, explainBrake, parseRetentionPolicy, planRetention } = await import('@vmkeep/retention')
  if (config.retention === undefined) throw fail('cli.retention-missing', {})
  const policy = parseRetentionPolicy(config.retention)
  const found = (await findPoints(repository, [], signal)).flatMap((point) => (point.damaged ? [] : [point]))
  const known = new Map(found.map((point) => [point.id, point]))
  const facts = found.map(({ id, subject, committedAt }) => ({
    id,
    subject: subject.id,
    timeMs: Date.parse(committedAt),
  }))
  const { decisions, brake } = planRetention(facts, policy, nowMs)
  const points = decisions.flatMap((decision): PlannedPoint[] => {
    const point = known.get(decision.point.id)!
    if (!isOfAny(point, vms)) return []
    const { id, createdAt, subject } = point
    return [{ id, vm: subject.name, createdAt, action: decision.action, reasons: explain(decision) }]
  })
  return { points, looked: found.length, brake: explainBrake(brake) }
}

/** A table of points, with what becomes of them under `title`. */
export const retentionColumns = (
  title: string,
  words: Readonly<Record<Decision['action'], string>>,
): readonly Column<PlannedPoint>[] => [
  { title: 'POINT', value: ({ id }) => id },
  { title: 'VM', value: ({ vm }) => vm },
  { title: 'CREATED', value: ({ createdAt }) => time(createdAt) },
  {
    title,
    value: ({ action }) => words[action],
    paint: ({ action }, style) => (action === 'keep' ? style.good : style.bad),
  },
  { title: 'WHY', value: ({ reasons }) => reasons.join('; ') },
]
