import { forEachConcurrent, hasCode } from '@vmkeep/kit'
import { command } from '../command.ts'
import { count } from '../output/human.ts'
import type { PlannedPoint } from '../retention/plan-points.ts'

const forgetsAtOnce = 8
/** Somebody was faster, and has decided otherwise. */
const overtaken = ['repository.point-protected', 'repository.point-not-found']

export const retentionApplyCommand = command({
  name: 'retention apply',
  summary: 'Forget the restore points that the retention rules do not keep',
  description:
    'Does what "vmkeep retention preview" shows, for every VM; look at that first. A forgotten point can be taken back for seven days with "vmkeep point undelete"; ' +
    'the space comes back with the first "vmkeep repo gc" after that.',
  examples: [
    { run: 'vmkeep retention apply', does: 'forgets what no rule and no guard keeps, and says which' },
    { run: 'vmkeep retention apply && vmkeep repo gc', does: 'what to run every night, after the backups' },
  ],
  needs: ['config', 'repository'],

  async run({ config, repository, out, say, signal, clock }) {
    const { planPoints } = await import('../retention/plan-points.ts')
    const { describePlan } = await import('../retention/describe-plan.ts')
    const plan = await planPoints(config, repository, { vms: [], nowMs: clock.nowMs(), signal })
    const gone = new Set<PlannedPoint>()
    const going = plan.points.filter(({ action }) => action === 'remove')
    await forEachConcurrent(going, forgetsAtOnce, async (point) => {
      signal.throwIfAborted()
      try {
        await repository.forget(point.id, { reason: point.reasons.join('; '), signal })
        gone.add(point)
      } catch (error) {
        if (!overtaken.some((code) => hasCode(error, code))) throw error
        say.warn(`left alone: ${(error as Error).message}`)
      }
    })
    const rows = going.filter((point) => gone.has(point))
    say.info(plan.brake)
    for (const warning of plan.warnings) say.warn(warning)
    await out.answer(rows, (style) =>
      rows.length === 0
        ? `${count(plan.looked, 'restore point')} looked at: all are kept.`
        : describePlan(rows, { title: 'NOW', keep: 'kept', remove: 'forgotten' }, style),
    )
    return 'ok'
  },
})
