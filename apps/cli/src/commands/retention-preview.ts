import type { Decision } from '@vmkeep/retention'
import { command } from '../command.ts'
import { fail } from '../errors.ts'
import { count, time } from '../output/human.ts'
import { type Column, table } from '../output/table.ts'
import { anyArguments, flag, text } from '../parameters.ts'

/** What would become of a restore point. */
interface Row {
  readonly id: string
  readonly vm: string
  readonly createdAt: string
  readonly action: Decision['action']
  readonly reasons: readonly string[]
}

const columns: readonly Column<Row>[] = [
  { title: 'POINT', value: ({ id }) => id },
  { title: 'VM', value: ({ vm }) => vm },
  { title: 'CREATED', value: ({ createdAt }) => time(createdAt) },
  {
    title: 'WOULD BE',
    value: ({ action }) => (action === 'keep' ? 'kept' : 'removed'),
    paint: ({ action }, style) => (action === 'keep' ? style.good : style.bad),
  },
  { title: 'WHY', value: ({ reasons }) => reasons.join('; ') },
]

export const retentionPreviewCommand = command({
  name: 'retention preview',
  summary: 'Show which restore points the retention rules would keep, and why; changes nothing',
  description:
    'The rules are those of the config, under "retention". Every point is listed with every reason, newest first for each VM. Points that cannot be understood are kept and not listed.',
  examples: [
    { run: 'vmkeep retention preview', does: 'every point of every VM' },
    { run: "vmkeep retention preview 'db-*' --removed", does: 'only what would go, of these VMs' },
  ],
  arguments: { vm: anyArguments(text('VM'), 'names or instance uuids; * and ? match any characters') },
  options: { removed: flag({ help: 'only the points that would be removed' }) },
  needs: ['config', 'repository'],

  async run({ arguments: { vm }, config: { config }, options, repository, out, say, signal, clock }) {
    const { explain, explainBrake, parseRetentionPolicy, planRetention } = await import('@vmkeep/retention')
    const { findPoints } = await import('../restore/restore-points.ts')
    if (config.retention === undefined) throw fail('cli.retention-missing', {})
    const policy = parseRetentionPolicy(config.retention)
    // Of every VM, even if only some are asked for: the brake looks at a whole run.
    const points = (await findPoints(repository, [], signal)).flatMap((point) => (point.damaged ? [] : [point]))
    const known = new Map(points.map((point) => [point.id, point]))
    const plan = planRetention(
      points.map(({ id, subject, committedAt }) => ({ id, subject: subject.id, timeMs: Date.parse(committedAt) })),
      policy,
      clock.nowMs(),
    )
    const asked = new Set((await findPoints(repository, vm, signal)).map(({ id }) => id))
    const rows = plan.decisions.flatMap((decision): Row[] => {
      const { id, createdAt, subject } = known.get(decision.point.id)!
      if (!asked.has(id) || (options.removed && decision.action === 'keep')) return []
      return [{ id, vm: subject.name, createdAt, action: decision.action, reasons: explain(decision) }]
    })
    say.info(explainBrake(plan.brake))
    await out.answer(rows, (style) =>
      rows.length === 0
        ? `${count(points.length, 'restore point')} looked at: nothing to show.`
        : table(rows, columns, style),
    )
    return 'ok'
  },
})
