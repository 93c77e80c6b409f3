import { command } from '../command.ts'
import { time } from '../output/human.ts'
import { argument, instant, option, text } from '../parameters.ts'

export const pointProtectCommand = command({
  name: 'point protect',
  summary: 'Keep a restore point from every retention, and from being forgotten',
  description:
    'The protection lies in the repository itself and holds for everybody who uses it. It lasts until --until, or until "vmkeep point unprotect". ' +
    'Protecting again changes the reason and the end.',
  examples: [
    { run: 'vmkeep point protect 3f2a --reason "before the migration"', does: 'until somebody lifts it' },
    { run: 'vmkeep point protect 3f2a --until 2027-06-30', does: 'until then (UTC)' },
  ],
  arguments: { point: argument(text('POINT'), 'the id of the point, or the beginning of it') },
  options: {
    reason: option(text('TEXT'), { fallback: 'by hand', help: 'why, for those who look later' }),
    until: option(instant, { help: 'when it ends by itself; default: never' }),
  },
  exits: ['notFound', 'damaged'],
  needs: ['repository'],

  async run({ arguments: { point: id }, options: { reason, until }, repository, out, signal }) {
    const end = until === undefined ? {} : { until: new Date(until).toISOString() }
    const point = await repository.markPoint(id, { kind: 'protect', reason, ...end }, signal)
    const { subject, protection } = point
    await out.answer({ id: point.id, name: subject.name, protection }, () => {
      const lasts = until === undefined ? `until "vmkeep point unprotect ${point.id}"` : `until ${time(until)}`
      return `protected: ${point.id} of ${subject.name}, ${lasts}`
    })
    return 'ok'
  },
})
