import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { totalBytes } from '@vmkeep/disk'
import { mustRun } from '../run-program.ts'
import type { Contestant } from './support/contestant.ts'
import { leastOf, type Measured, measure } from './support/measure.ts'
import { kopia, restic } from './support/peers.ts'
import { folderPlace, type Place, s3Place } from './support/place.ts'
import { type LaterDay, type SampleImage, sampleImage } from './support/sample-image.ts'
import { type BenchContext, type BenchResult, type Metric, rounded } from './support/scenario.ts'
import { vmkeep } from './support/vmkeep.ts'

/** What one contestant took, by step; what each backup added to its repository, by step. */
interface Race {
  readonly measured: Readonly<Record<string, Measured>>
  readonly storedBytes: Readonly<Record<string, number>>
}

/**
 * A full backup, two incremental ones of a disk of which 1 % changed, a restore, a check that reads everything, and a collection after
 * all but the latest were given up: vmkeep beside restic and kopia; for the restore also `cp`, which shows what the disk itself takes.
 *
 * The same image, disk and run for all, one after the other; the image is in the page cache before each step (warm); the time of a step
 * ends when what it wrote is on the disk. Only vmkeep knows what changed, as it would from CBT: the column "vmkeep, all read" is
 * vmkeep without that.
 */
export const scenario = (context: BenchContext): Promise<BenchResult> =>
  raced('backup', context, async (folder) => folderPlace(folder))

/** The same race over S3: versitygw on the same disk, for all of them the same server. */
export const s3Scenario = (context: BenchContext): Promise<BenchResult> => raced('s3', context, s3Place)

async function raced(
  name: string,
  context: BenchContext,
  placeIn: (folder: string) => Promise<Place>,
): Promise<BenchResult> {
  const image = await sampleImage(context)
  const races = new Map<string, Race>()
  let contestants: readonly Contestant[] = []
  for (let round = 0; round < context.rounds; round++) {
    const folder = await mkdtemp(join(context.folder, 'race-'))
    try {
      await using place = await placeIn(folder)
      contestants = await contestantsIn(folder, place)
      for (const one of contestants)
        races.set(one.name, better(races.get(one.name), await race(one, image, folder, context.say)))
      races.set('cp', better(races.get('cp'), await plainCopy(image, folder)))
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
  return { name, about: aboutOf(image, context.rounds, contestants), metrics: metricsOf(races) }
}

async function contestantsIn(folder: string, place: Place): Promise<Contestant[]> {
  const own = [vmkeep(folder, place), vmkeep(folder, place, { incremental: 'all' })]
  const all = [...own, await restic(folder, place), await kopia(folder, place)]
  return all.filter((one) => one !== undefined)
}

/** Of each number the smaller. */
function better(a: Race | undefined, b: Race): Race {
  if (a === undefined) return b
  return {
    measured: mapValues(b.measured, (value, step) => leastOf(a.measured[step], value)),
    storedBytes: mapValues(b.storedBytes, (value, step) => Math.min(a.storedBytes[step]!, value)),
  }
}

const mapValues = <T>(record: Readonly<Record<string, T>>, change: (value: T, key: string) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value, key)]))

async function race(one: Contestant, image: SampleImage, folder: string, say: (line: string) => void): Promise<Race> {
  const measured: Record<string, Measured> = {}
  const storedBytes: Record<string, number> = {}
  const step = async (name: string, path: string, work: () => Promise<Measured>) => {
    await warm(path)
    measured[name] = await work()
    say(`${one.name}: ${name} ${measured[name].seconds.toFixed(1)} s`)
  }
  const backup = async (name: string, path: string, work: () => Promise<Measured>) => {
    const beforeBytes = await one.storedBytes()
    await step(name, path, work)
    storedBytes[name] = (await one.storedBytes()) - beforeBytes
  }
  await one.init()
  await backup('full', image.path, () => one.full(image))
  for (const day of image.later) await backup(incrementalOf(day), day.path, () => one.incremental(day))
  const target = join(folder, 'restored')
  await step('restore', image.later.at(-1)!.path, () => one.restore(target))
  await mustBeEqual(target, image.later.at(-1)!.path)
  await rm(target, { recursive: true })
  await step('verify', image.path, () => one.verify())
  await step('collect', image.path, () => one.collect())
  storedBytes['all but the latest collected'] = await one.storedBytes()
  return { measured, storedBytes }
}

/** The same image copied by `cp`, holes left out: no restore to this disk can be faster. */
async function plainCopy({ later }: SampleImage, folder: string): Promise<Race> {
  const [source, target] = [later.at(-1)!.path, join(folder, 'copied')]
  await warm(source)
  const restore = await measure(['cp', '--sparse=always', source, target], { syncFolder: folder })
  await rm(target)
  return { measured: { restore }, storedBytes: {} }
}

const incrementalOf = ({ runBytes }: LaterDay) => `incremental, 1 % in runs of ${runBytes / 1024} KiB`

/** Brings a file into the page cache, as far as it fits. */
const warm = (path: string) => mustRun('sh', ['-c', 'cat "$0" > /dev/null', path])

/** A restore that is fast and wrong is no restore. */
async function mustBeEqual(folder: string, path: string): Promise<void> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
  if (files.length !== 1) throw new Error(`a restore brought ${files.length} files, not one`)
  await mustRun('cmp', [join(files[0]!.parentPath, files[0]!.name), path])
}

function metricsOf(races: ReadonlyMap<string, Race>): Metric[] {
  const [first] = races.values()
  const metric = (name: string, unit: Metric['unit'], value: (race: Race) => number | undefined): Metric => {
    const values = [...races].flatMap(([who, race]) => {
      const number = value(race)
      return number === undefined ? [] : [[who, rounded(number)] as const]
    })
    return { name, unit, values: Object.fromEntries(values) }
  }
  const steps = Object.keys(first!.measured)
  return [
    ...steps.map((step) => metric(step, 's', ({ measured }) => measured[step]?.seconds)),
    ...steps.map((step) => metric(`${step}: processor time`, 's', ({ measured }) => measured[step]?.cpuSeconds)),
    ...steps.map((step) => metric(`${step}: peak memory`, 'bytes', ({ measured }) => measured[step]?.peakRssBytes)),
    ...Object.keys(first!.storedBytes).map((step) =>
      metric(`${step}: stored`, 'bytes', ({ storedBytes }) => storedBytes[step]),
    ),
  ]
}

const aboutOf = (
  image: SampleImage,
  rounds: number,
  contestants: readonly Contestant[],
): Record<string, string | number> => ({
  'rounds, best of': rounds,
  'image bytes': image.sizeBytes,
  'of it written': totalBytes(image.written),
  'of that incompressible': image.incompressibleBytes,
  ...Object.fromEntries(image.later.map((day) => [incrementalOf(day), `${totalBytes(day.changed)} bytes`])),
  'page cache': 'warm',
  processor: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
  ...Object.fromEntries(contestants.map(({ name, version, setting }) => [name, `${version}; ${setting}`])),
})
