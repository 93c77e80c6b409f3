import { command } from '../command.ts'
import { count } from '../output/human.ts'
import { table } from '../output/table.ts'

export const retentionApplyCommand = command({
  name: 'retention apply',
  summary: 'Forget the restore points that the retention rules do not keep',
  description:
    'Does what "vmkeep retention preview" shows, for every VM. A forgotten point can be taken back for seven days with "vmkeep point undelete"; ' +
    'the space comes back with the first "vmkeep repo gc" after that.',
  examples: [
    { run: 'vmkeep retention apply', does: 'forgets what no rule and no guard keeps, and says which' },
    { run: 'vmkeep retention apply && vmkeep repo gc', does: 'what to run every night, after the backups' },
  ],
  needs: ['config', 'repository'],

  async run({ config, repository, out, say, signal, clock }) {
    const { planPoints, retentionColumns } = await import('../retention/plan-points.ts')
    const { points, looked, brake } = await planPoints(config, repository, { vms: [], nowMs: clock.nowMs(), signal })
    const going = points.filter(({ action }) => action === 'remove')
    for (const { id, reasons } of going) {
      signal.throwIfAborted()
      await repository.forget(id, { reason: reasons.join('; '), signal })
    }
    say.info(brake)
    await out.answer(going, (style) =>
      going.length === 0
        ? `${count(looked, 'restore point')} looked at: all are kept.`
        : table(going, retentionColumns('NOW', { keep: 'kept', remove: 'forgotten' }), style),
    )
    return 'ok'
  },
})
