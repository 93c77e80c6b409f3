import { command } from '../command.ts'
import { count } from '../output/human.ts'
import { anyArguments, flag, text } from '../parameters.ts'

export const retentionPreviewCommand = command({
  name: 'retention preview',
  summary: 'Show which restore points the retention rules would keep, and why; changes nothing',
  description:
    'The rules are those of the config, such as "retention: {keepDaily: 7, keepWeekly: 4}"; each VM has them for itself, and without any all points are kept. Every point is listed with every reason, VM by VM, newest first. TIME is when the storage took the point: ' +
    'that is what the rules count by. Points that cannot be understood, or were erased with their domain, are kept and not listed.',
  examples: [
    { run: 'vmkeep retention preview', does: 'every point of every VM' },
    { run: "vmkeep retention preview 'db-*' --removed", does: 'only what would go, of these VMs' },
    { run: 'vmkeep retention preview -o json', does: 'for a program: a list of points, each with action and reasons' },
  ],
  arguments: { vm: anyArguments(text('VM'), 'names or instance uuids; * and ? match any characters') },
  options: { removed: flag({ help: 'only the points that would be removed' }) },
  needs: ['config', 'repository'],

  async run({ arguments: { vm }, config, options, repository, out, say, signal, clock }) {
    const { planPoints } = await import('../retention/plan-points.ts')
    const { describePlan } = await import('../retention/describe-plan.ts')
    const plan = await planPoints(config, repository, { vms: vm, nowMs: clock.nowMs(), signal })
    const rows = plan.points.filter(({ action }) => !options.removed || action === 'remove')
    say.info(plan.brake)
    for (const warning of plan.warnings) say.warn(warning)
    await out.answer(rows, (style) =>
      rows.length === 0
        ? `${count(plan.looked, 'restore point')} looked at: nothing to show.`
        : describePlan(rows, { title: 'WOULD BE', keep: 'kept', remove: 'removed' }, style),
    )
    return 'ok'
  },
})
