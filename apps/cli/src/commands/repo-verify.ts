import type { VerifyReport } from '@vmkeep/repository'
import { command } from '../command.ts'
import { count, size } from '../output/human.ts'
import type { Style } from '../output/style.ts'
import { table } from '../output/table.ts'
import { choice, dataSize, duration, option } from '../parameters.ts'
import { damageColumns, tellVerifyProgress, whatToDo } from '../verify/describe-damage.ts'

/** `repo verify`: reads the packs of the repository a little at a time, and remembers which were read when. */
export const repoVerifyCommand = command({
  name: 'repo verify',
  summary: 'Check what is stored, a little at a time, those packs first that were checked longest ago',
  description:
    'Every object of the repository is looked at, and packs as thoroughly as --level says: presence (it is there, of the right size), ' +
    'checksum (its bytes are those that were stored), full (every chunk opens and matches its id). What was read and found good is remembered, ' +
    'so that an interrupted run goes on where it was; "repo status" shows how much was read within 30 days. ' +
    'What is found damaged is recorded: the next backup reads it again from the machine, and "repo repair" fetches it from elsewhere.',
  examples: [
    { run: 'vmkeep repo verify', does: 'every pack, in full' },
    {
      run: 'vmkeep repo verify --budget 500GiB --older-than 30d',
      does: 'good for every night: at most 500 GiB, of what was not read for 30 days',
    },
    { run: 'vmkeep repo verify --level presence', does: 'in minutes: is everything there?' },
  ],
  options: {
    level: option(choice(['presence', 'checksum', 'full']), {
      help: 'how thoroughly (default: full, or checksum with a key of maintenance)',
    }),
    budget: option(dataSize, { help: 'read no more than this' }),
    olderThan: option(duration, { help: 'leave out what was found good within so long' }),
  },
  exits: ['damaged'],
  needs: ['repository'],

  async run({ options: { level: asked, budget, olderThan }, repository, out, say, progress, signal }) {
    const level = asked ?? (repository.maintenanceOnly ? 'checksum' : 'full')
    const report = await repository.verify({
      level,
      maps: false,
      ...(budget === undefined ? {} : { budgetBytes: budget }),
      ...(olderThan === undefined ? {} : { olderThanMs: olderThan }),
      onProgress: tellVerifyProgress(progress.onEvent),
      signal,
    })
    await out.answer(report, (style) => describe(report, level, style))
    if (!report.recorded)
      say.warn('what was found could not be recorded, because nothing can be written to the repository')
    if (report.damaged.length === 0) return 'ok'
    say.error(whatToDo(report.damaged))
    return 'damaged'
  },
})

const done = {
  presence: 'looked for',
  checksum: 'read and compared with their checksums',
  full: 'read in full',
} as const

function describe(report: VerifyReport, level: keyof typeof done, style: Style): string {
  const { packs, packsLeft, bytesRead, damaged } = report
  const read = level === 'presence' ? '' : ` (${size(bytesRead)})`
  const rest = packsLeft === 0 ? '' : `; ${count(packsLeft, 'pack')} left for the next time`
  const looked = `${count(packs, 'pack')} ${done[level]}${read}${rest}`
  if (damaged.length === 0) return `${style.good('ok:')} ${looked}; nothing is damaged`
  return `${looked}\n${style.bad(count(damaged.length, 'damage', 'damages'))} found:\n\n${table(damaged, damageColumns, style)}`
}
