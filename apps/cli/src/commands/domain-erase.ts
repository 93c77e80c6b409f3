import type { RestorePoint } from '@vmkeep/repository'
import { command } from '../command.ts'
import { fail } from '../errors.ts'
import { count, time } from '../output/human.ts'
import type { Style } from '../output/style.ts'
import { table } from '../output/table.ts'
import { argument, flag, option, text } from '../parameters.ts'
import { askText } from '../terminal/ask.ts'

export const domainEraseCommand = command({
  name: 'domain erase',
  summary: 'Destroy the keys of a domain, so that nothing stored for it can ever be read again',
  description:
    'Its restore points stay listed, as erased, until they are forgotten; then "vmkeep repo gc" frees their room. No passphrase and no recovery code brings ' +
    'anything back. Who has copied the key ring before can still read what they copied: other copies of the repository, such as twins, tapes and older ' +
    'versions in a bucket with versions or locks, must be dealt with on their own.',
  examples: [
    { run: 'vmkeep domain erase tenant-a --dry-run', does: 'lists the restore points that could be read no more' },
    { run: 'vmkeep domain erase tenant-a', does: 'asks for the name once more, and erases' },
    { run: 'vmkeep domain erase tenant-a --confirm tenant-a', does: 'without questions, for a script' },
  ],
  arguments: { name: argument(text('NAME'), 'the domain') },
  options: {
    dryRun: flag({ help: 'only list what could be read no more' }),
    confirm: option(text('NAME'), { help: 'the name of the domain once more, instead of being asked for it' }),
  },
  exits: ['notFound', 'precondition'],
  needs: ['repository'],

  check: ({ arguments: { name }, options: { confirm } }) =>
    confirm !== undefined && confirm !== name ? `--confirm says "${confirm}", not "${name}"` : undefined,

  async run({ arguments: { name }, options, repository, out, say, world, signal }) {
    const points = await repository.pointsOfDomain(name, signal)
    if (!options.dryRun) {
      const lost = `${count(points.length, 'restore point')} of the domain ${name} can then be read by nobody`
      say.warn(lost)
      const question = `Type the name of the domain to destroy its keys`
      const typed = options.confirm ?? (await askText(world, { question, instead: `add --confirm ${name}`, signal }))
      if (typed !== name) throw fail('cli.declined', { what: `"${typed}" is not "${name}"` })
      const { ringsLocked } = await repository.eraseDomain(name, signal)
      if (ringsLocked > 0)
        say.warn(
          `a lock keeps ${count(ringsLocked, 'old key ring')}, with which the data can still be read: the first "vmkeep repo gc" after the lock removes what is left`,
        )
    }
    const answer = { domain: name, erased: !options.dryRun, points: points.map(rowOf) }
    await out.answer(answer, (style) => describe(answer, style))
    return 'ok'
  },
})

interface Row {
  readonly id: string
  readonly vm: string
  readonly createdAt: string
}

const rowOf = ({ id, subject, createdAt }: RestorePoint): Row => ({ id, vm: subject.name, createdAt })

function describe(
  { domain, erased, points }: { readonly domain: string; readonly erased: boolean; readonly points: readonly Row[] },
  style: Style,
): string {
  const columns = [
    { title: 'POINT', value: ({ id }: Row) => id },
    { title: 'VM', value: ({ vm }: Row) => vm },
    { title: 'CREATED', value: ({ createdAt }: Row) => time(createdAt) },
  ]
  const what = erased ? `The keys of the domain ${domain} are destroyed.` : `The domain ${domain} would be erased.`
  return points.length === 0
    ? `${what} It has no restore points.`
    : [what, 'What can be read no more:', table(points, columns, style)].join('\n')
}
