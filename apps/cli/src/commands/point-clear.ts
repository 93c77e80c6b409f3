import { command } from '../command.ts'
import { argument, option, text } from '../parameters.ts'

export const pointClearCommand = command({
  name: 'point clear',
  summary: 'Say that a suspect restore point is no work of an attacker',
  description:
    'A point of which suddenly much is new and does not compress, as encrypted data does not, is suspect: retention keeps it and every older point of its VM. ' +
    'Once you have looked at it, and know where the data came from, this lets the rules count again. Nothing is removed by it.',
  examples: [{ run: 'vmkeep point clear 3f2a --reason "videos moved to this VM"', does: 'vouches for it' }],
  arguments: { point: argument(text('POINT'), 'the id of the point, or the beginning of it') },
  options: { reason: option(text('TEXT'), { fallback: 'by hand', help: 'how you know, for those who look later' }) },
  exits: ['notFound', 'damaged'],
  needs: ['repository'],

  async run({ arguments: { point: id }, options: { reason }, repository, out, signal }) {
    const { id: whole, subject, clearance } = await repository.markPoint(id, { kind: 'clear', reason }, signal)
    await out.answer({ id: whole, name: subject.name, clearance }, () => `cleared: ${whole} of ${subject.name}`)
    return 'ok'
  },
})
