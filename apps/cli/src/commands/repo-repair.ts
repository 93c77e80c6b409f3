import type { DamageHit, RepairReport } from '@vmkeep/repository'
import { command } from '../command.ts'
import { count, size } from '../output/human.ts'
import type { Style } from '../output/style.ts'
import { type Column, table } from '../output/table.ts'
import { flag, option, text } from '../parameters.ts'

/** `repo repair`: gets back what verification found lost. */
export const repoRepairCommand = command({
  name: 'repo repair',
  summary: 'Get back what is lost, from copies in the repository or from another one',
  description:
    'Mends what "repo verify" or "verify" found: run one of them first. Lost chunks come from other copies in this repository and, with --from, from another one: ' +
    'a copy of this one, or one into which the same VMs are backed up. Every byte is checked before it counts. Damaged index objects are made up for. ' +
    'What a VM still holds comes back with its next backup by itself. Damaged packs are removed by "repo gc" once nothing needs them.',
  examples: [
    { run: 'vmkeep repo repair', does: 'what can be mended from the repository itself' },
    { run: 'vmkeep repo repair --from /mnt/second/vmkeep', does: 'and from a second repository' },
    { run: 'vmkeep repo repair --from s3://copies/vmkeep --dry-run', does: 'only says what could be had from there' },
  ],
  options: {
    from: option(text('REPOSITORY'), {
      help: 'another repository: a folder, s3://bucket/prefix, or a name of the config; it is only read',
    }),
    dryRun: flag({ help: 'only say what could be had' }),
  },
  exits: ['damaged'],
  needs: ['config', 'repository'],

  async run({ config, options: { from, dryRun }, repository, out, say, progress, ...rest }) {
    const { openRepositoryNamed } = await import('../open-repository-named.ts')
    await using other = from === undefined ? undefined : await openRepositoryNamed(config, from, { say, ...rest })
    const report = await repository.repair({
      from: other,
      dryRun,
      onProgress({ done, total }) {
        const sizes = { provisionedBytes: total, changedBytes: 0, readBytes: done, sentBytes: 0, storedBytes: 0 }
        progress.onEvent({ type: 'disk-progress', vm: 'repository', disk: 'lost chunks', totalBytes: total, ...sizes })
      },
      signal: rest.signal,
    })
    await out.answer(report, (style) => describe(report, style))
    if (report.left.length === 0) return 'ok'
    if (dryRun) say.info('nothing was changed')
    else
      say.error(
        'not everything could be had: back up the VMs that are hit, which reads again what was lost, name another repository with --from, or restore other points',
      )
    return 'damaged'
  },
})

const columns: readonly Column<DamageHit>[] = [
  { title: 'POINT', value: ({ point }) => point },
  { title: 'LOST', value: ({ image, blob }) => image ?? blob },
  {
    title: 'BYTES',
    value: ({ extents }) => size(extents.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0)),
    align: 'right',
  },
  { title: 'RANGES', value: ({ extents }) => String(extents.length), align: 'right' },
]

function describe(report: RepairReport, style: Style): string {
  const { dryRun, lost, repaired, bytesStored, left, objectsMended } = report
  const had = repaired.here + repaired.parity + repaired.other
  const from = `${repaired.here} from this repository, ${repaired.parity} by parity, ${repaired.other} from the other`
  const what = dryRun ? `${had} could be had (${from})` : `${had} are back (${from}; ${size(bytesStored)} stored)`
  return [
    lost === 0
      ? `${style.good('ok:')} nothing is lost that a restore point needs`
      : `${count(lost, 'lost chunk')}: ${what}`,
    ...objectsMended.map((object) => `${object} ${dryRun ? 'can be' : 'was'} made up for`),
    ...(left.length === 0 ? [] : ['', style.bad(dryRun ? 'lost now:' : 'still lost:'), table(left, columns, style)]),
  ].join('\n')
}
