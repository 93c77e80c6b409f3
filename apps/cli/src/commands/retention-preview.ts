import { command } from '../command.ts'
import { count } from '../output/human.ts'
import { table } from '../output/table.ts'
import { anyArguments, flag, text } from '../parameters.ts'

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

  async run({ arguments: { vm }, config, options, repository, out, say, signal, clock }) {
    const { planPoints, retentionColumns } = await import('../retention/plan-points.ts')
    const { points, looked, brake } = await planPoints(config, repository, { vms: vm, nowMs: clock.nowMs(), signal })
    const rows = points.filter(({ action }) => !options.removed || action === 'remove')
    say.info(brake)
    await out.answer(rows, (style) =>
      rows.length === 0
        ? `${count(looked, 'restore point')} looked at: nothing to show.`
        : table(rows, retentionColumns('WOULD BE', { keep: 'kept', remove: 'removed' }), style),
    )
    return 'ok'
  },
})
