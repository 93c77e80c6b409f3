import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { totalBytes } from '@vmkeep/disk'
import { findJudge } from '../find-judge.ts'
import { mustRun } from '../run-program.ts'
import { type Command, sizeOf } from './support/contestant.ts'
import { leastOf, type Measured, measure } from './support/measure.ts'
import { folderPlace } from './support/place.ts'
import { type SampleImage, sampleImage } from './support/sample-image.ts'
import { type BenchContext, type BenchResult, type Metric, rounded } from './support/scenario.ts'
import { vmkeepJobs } from './support/vmkeep.ts'

/** Somebody who backs up a disk and copies what is new to a second repository. */
interface Copier {
  readonly name: string
  readonly env: Readonly<Record<string, string>>
  /** The folder of the second repository. */
  readonly bytes: string
  readonly init: readonly Command[]
  readonly backup: (path: string) => Command
  readonly copy: Command
}

interface Copied {
  readonly measured: Measured
  /** What the second repository grew by. */
  readonly storedBytes: number
}

/**
 * A full backup and two incremental ones, each followed by a copy to a second repository on the same disk: how long the copy takes, and
 * how much it stores. vmkeep to a twin, which takes blobs as they are, and to a repository with other keys, for which they are sealed
 * anew; restic between repositories with the same chunker parameters.
 */
export async function scenario(context: BenchContext): Promise<BenchResult> {
  const image = await sampleImage(context)
  const races = new Map<string, ReadonlyMap<string, Copied>>()
  for (let round = 0; round < context.rounds; round++) {
    const folder = await mkdtemp(join(context.folder, 'copies-'))
    try {
      for (const one of copiersIn(folder))
        races.set(one.name, better(races.get(one.name), await race(one, image, folder, context)))
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
  const restic = findJudge('restic')
  const version = restic === undefined ? 'not installed' : (await mustRun(restic, ['version'])).output.split('\n')[0]!
  return {
    name: 'copies',
    about: { 'image bytes': image.sizeBytes, 'of it written': totalBytes(image.written), restic: version },
    metrics: metricsOf(races),
  }
}

function copiersIn(folder: string): Copier[] {
  const program = findJudge('restic')
  return [
    vmkeepCopier(join(folder, 'vmkeep'), 'vmkeep', { twin: true }),
    vmkeepCopier(join(folder, 'vmkeep-anew'), 'vmkeep, other keys', { twin: false }),
    ...(program === undefined ? [] : [resticCopier(join(folder, 'restic'), program)]),
  ]
}

function vmkeepCopier(home: string, name: string, { twin }: { twin: boolean }): Copier {
  const place = folderPlace(home)
  const first = vmkeepJobs(home, place, 'first')
  const second = vmkeepJobs(home, place, 'second')
  const from = place.bytesOf('first')
  return {
    name,
    env: first.env,
    bytes: place.bytesOf('second'),
    init: [first.job('init'), twin ? second.job('init', from) : second.job('init')],
    backup: (path) => (path.includes('day-1') ? first.job('full', path) : first.job('incremental', path)),
    copy: second.job('sync', from),
  }
}

function resticCopier(home: string, program: string): Copier {
  const [first, second] = [join(home, 'first'), join(home, 'second')]
  const passwords = { RESTIC_PASSWORD: 'only for the bench', RESTIC_FROM_PASSWORD: 'only for the bench' }
  const init = [program, 'init', '--quiet', '--repository-version', '2'] as const
  return {
    name: 'restic',
    env: { ...passwords, RESTIC_CACHE_DIR: join(home, 'cache') },
    bytes: second,
    init: [
      [...init, '--repo', first],
      [...init, '--repo', second, '--from-repo', first, '--copy-chunker-params'],
    ],
    backup: (path) => [program, 'backup', '--quiet', '--compression', 'auto', '--repo', first, join(path, '..')],
    copy: [program, 'copy', '--quiet', '--compression', 'auto', '--repo', second, '--from-repo', first],
  }
}

async function race(
  one: Copier,
  image: SampleImage,
  folder: string,
  { say }: BenchContext,
): Promise<Map<string, Copied>> {
  const options = { env: one.env, syncFolder: folder }
  await mkdir(one.bytes, { recursive: true })
  for (const command of one.init) await measure(command, options)
  const copied = new Map<string, Copied>()
  for (const [step, path] of stepsOf(image)) {
    await measure(one.backup(path), options)
    const before = await sizeOf(one.bytes)
    const measured = await measure(one.copy, options)
    copied.set(step, { measured, storedBytes: (await sizeOf(one.bytes)) - before })
    say(`${one.name}: copy of ${step} ${measured.seconds.toFixed(1)} s`)
  }
  return copied
}

const stepsOf = ({ path, later }: SampleImage): readonly (readonly [string, string])[] => [
  ['a full', path],
  ...later.map((day) => [`an incremental, 1 % in runs of ${day.runBytes / 1024} KiB`, day.path] as const),
]

/** Of each number the smaller. */
function better(
  a: ReadonlyMap<string, Copied> | undefined,
  b: ReadonlyMap<string, Copied>,
): ReadonlyMap<string, Copied> {
  const least = (step: string, { measured, storedBytes }: Copied): Copied => ({
    measured: leastOf(a?.get(step)?.measured, measured),
    storedBytes: Math.min(a?.get(step)?.storedBytes ?? Infinity, storedBytes),
  })
  return new Map([...b].map(([step, copied]) => [step, least(step, copied)]))
}

function metricsOf(races: ReadonlyMap<string, ReadonlyMap<string, Copied>>): Metric[] {
  const steps = [...races.values()][0]!.keys().toArray()
  const metric = (name: string, unit: Metric['unit'], step: string, value: (copied: Copied) => number): Metric => ({
    name: `copy of ${step}${name}`,
    unit,
    values: Object.fromEntries([...races].map(([who, race]) => [who, rounded(value(race.get(step)!))])),
  })
  return steps.flatMap((step) => [
    metric('', 's', step, ({ measured }) => measured.seconds),
    metric(': processor time', 's', step, ({ measured }) => measured.cpuSeconds),
    metric(': peak memory', 'bytes', step, ({ measured }) => measured.peakRssBytes),
    metric(': stored', 'bytes', step, ({ storedBytes }) => storedBytes),
  ])
}
