import { command } from '../command.ts'
import { time } from '../output/human.ts'
import { argument, option, text } from '../parameters.ts'

export const forgetCommand = command({
  name: 'forget',
  summary: 'Take a restore point out of the list; it can be taken back for seven days',
  description:
    'No data goes at once: "vmkeep repo gc" frees what the point held alone, once its time of grace is over. ' +
    'A point under "vmkeep point protect" is refused. ' +
    'A point that is locked (see "vmkeep repo init --lock") can be taken back, and keeps its data, until its lock ends.',
  examples: [
    { run: 'vmkeep forget 3f2a', does: 'by the beginning of its id' },
    { run: 'vmkeep forget 3f2a --reason "test machine"', does: 'says why, for those who look later' },
  ],
  arguments: { point: argument(text('POINT'), 'the id of the point, or the beginning of it') },
  options: { reason: option(text('TEXT'), { fallback: 'by hand', help: 'why, for those who look later' }) },
  exits: ['notFound', 'precondition'],
  needs: ['repository'],

  async run({ arguments: { point: id }, options: { reason }, repository, out, signal, clock }) {
    const point = await repository.point(id, signal)
    await repository.forget(point.id, { reason, signal })
    const { subject, createdAt, lockedUntil } = point
    const isLocked = lockedUntil !== undefined && Date.parse(lockedUntil) > clock.nowMs()
    const locked = isLocked ? ` It is locked, and can be taken back until ${time(lockedUntil)}.` : ''
    await out.answer(
      { id: point.id, name: subject.name, createdAt, reason, lockedUntil },
      () => `forgotten: ${point.id} of ${subject.name}.${locked} To take it back: vmkeep point undelete ${point.id}`,
    )
    return 'ok'
  },
})
