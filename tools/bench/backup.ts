import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { totalBytes } from '@vmkeep/disk'
import { mustRun } from '../run-program.ts'
import type { Contestant } from './support/contestant.ts'
import type { Measured } from './support/measure.ts'
import { kopia, restic } from './support/peers.ts'
import { type SampleImage, sampleImage } from './support/sample-image.ts'
import { type BenchContext, type BenchResult, type Metric, rounded } from './support/scenario.ts'
import { vmkeep } from './support/vmkeep.ts'

interface Race {
  readonly full: Measured
  readonly incremental: Measured
  readonly restore: Measured
  readonly fullBytes: number
  readonly incrementalBytes: number
}

/**
 * A full backup, an incremental one of a disk of which 1 % changed, and a restore: vmkeep beside restic and kopia.
 *
 * The same image, disk and run for all, one after the other; the image is in the page cache before each step (warm); the time of a step
 * ends when what it wrote is on the disk. Only vmkeep knows what changed, as it would from CBT: the column "vmkeep, all read" is
 * vmkeep without that.
 */
export async function scenario(context: BenchContext): Promise<BenchResult> {
  const image = await sampleImage(context)
  const races = new Map<string, Race>()
  let contestants: readonly Contestant[] = []
  for (let round = 0; round < context.rounds; round++) {
    const folder = await mkdtemp(join(context.folder, 'race-'))
    try {
      contestants = await contestantsIn(folder)
      for (const one of contestants)
        races.set(one.name, better(races.get(one.name), await race(one, image, folder, context.say)))
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
  return { name: 'backup', about: aboutOf(image, context.rounds, contestants), metrics: metricsOf(races) }
}

async function contestantsIn(folder: string): Promise<Contestant[]> {
  const all = [vmkeep(folder), vmkeep(folder, { incremental: 'all' }), await restic(folder), await kopia(folder)]
  return all.filter((one) => one !== undefined)
}

/** Of each number the smaller. */
function better(a: Race | undefined, b: Race): Race {
  if (a === undefined) return b
  const least = (x: Measured, y: Measured): Measured => ({
    seconds: Math.min(x.seconds, y.seconds),
    cpuSeconds: Math.min(x.cpuSeconds, y.cpuSeconds),
    peakRssBytes: Math.min(x.peakRssBytes, y.peakRssBytes),
    stdout: '',
  })
  return {
    full: least(a.full, b.full),
    incremental: least(a.incremental, b.incremental),
    restore: least(a.restore, b.restore),
    fullBytes: Math.min(a.fullBytes, b.fullBytes),
    incrementalBytes: Math.min(a.incrementalBytes, b.incrementalBytes),
  }
}

async function race(one: Contestant, image: SampleImage, folder: string, say: (line: string) => void): Promise<Race> {
  const step = async (name: string, path: string, work: () => Promise<Measured>) => {
    await warm(path)
    const measured = await work()
    say(`${one.name}: ${name} ${measured.seconds.toFixed(1)} s`)
    return measured
  }
  await one.init()
  const emptyBytes = await one.storedBytes()
  const full = await step('full backup', image.path, () => one.full(image))
  const fullBytes = (await one.storedBytes()) - emptyBytes
  const incremental = await step('incremental backup', image.laterPath, () => one.incremental(image))
  const incrementalBytes = (await one.storedBytes()) - emptyBytes - fullBytes
  const target = join(folder, 'restored')
  const restore = await step('restore', image.laterPath, () => one.restore(target))
  await mustBeEqual(target, image.laterPath)
  await rm(target, { recursive: true })
  return { full, incremental, restore, fullBytes, incrementalBytes }
}

/** Brings a file into the page cache, as far as it fits. */
const warm = (path: string) => mustRun('sh', ['-c', 'cat "$0" > /dev/null', path])

/** A restore that is fast and wrong is no restore. */
async function mustBeEqual(folder: string, path: string): Promise<void> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
  if (files.length !== 1) throw new Error(`a restore brought ${files.length} files, not one`)
  await mustRun('cmp', [join(files[0]!.parentPath, files[0]!.name), path])
}

function metricsOf(races: ReadonlyMap<string, Race>): Metric[] {
  const metric = (name: string, unit: Metric['unit'], value: (race: Race) => number): Metric => ({
    name,
    unit,
    values: Object.fromEntries([...races].map(([who, race]) => [who, rounded(value(race))])),
  })
  const steps = ['full', 'incremental', 'restore'] as const
  return [
    ...steps.map((step) => metric(step, 's', (race) => race[step].seconds)),
    ...steps.map((step) => metric(`${step}, processor time`, 's', (race) => race[step].cpuSeconds)),
    ...steps.map((step) => metric(`${step}, peak memory`, 'bytes', (race) => race[step].peakRssBytes)),
    metric('full, stored', 'bytes', (race) => race.fullBytes),
    metric('incremental, stored', 'bytes', (race) => race.incrementalBytes),
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
  'changed bytes': totalBytes(image.changed),
  'changed runs': image.changed.length,
  'page cache': 'warm',
  processor: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
  ...Object.fromEntries(contestants.map(({ name, version, setting }) => [name, `${version}; ${setting}`])),
})
