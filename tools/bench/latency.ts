import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { mustRun } from '../run-program.ts'
import { leastOf, type Measured, measure } from './support/measure.ts'
import { folderPlace, type Place, s3Place } from './support/place.ts'
import { type SampleImage, sampleImage } from './support/sample-image.ts'
import { type BenchContext, type BenchResult, type Metric, rounded } from './support/scenario.ts'
import { vmkeepJobs } from './support/vmkeep.ts'

const delayMs = 20
const ways = { vmkeep: [], 'one read at a time': ['--reads', '1'] } as const

/** A restore from a storage each call of which waits 20 ms before it begins: reads in flight as by default, beside one at a time. */
export async function scenario(context: BenchContext): Promise<BenchResult> {
  const image = await sampleImage(context)
  const folder = await mkdtemp(join(context.folder, 'latency-'))
  try {
    const metrics: Metric[] = []
    for (const placeIn of [async (path: string) => folderPlace(path), s3Place]) {
      await using place = await placeIn(folder)
      metrics.push(...(await restores(place, image, folder, context)))
    }
    const about = {
      'image bytes': image.sizeBytes,
      'added to each storage call': `${delayMs} ms`,
      rounds: context.rounds,
    }
    return { name: 'latency', about: { ...about, 'reads in flight': 16, 'rounds count': 'the best of them' }, metrics }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function restores(
  place: Place,
  image: SampleImage,
  folder: string,
  { rounds, say }: BenchContext,
): Promise<Metric[]> {
  const { job, env } = vmkeepJobs(folder, place, 'latency')
  const run = (...args: string[]) => measure(job(...args), { env, syncFolder: folder })
  await run('init')
  await run('full', image.path)
  const target = join(folder, 'restored')
  const best = new Map<string, Measured>()
  for (let round = 0; round < rounds; round++)
    for (const [way, options] of Object.entries(ways)) {
      const measured = await run('restore', target, '--delay-ms', String(delayMs), ...options)
      await mustRun('cmp', [target, image.path])
      await rm(target)
      say(`${place.name}, ${way}: ${measured.seconds.toFixed(1)} s`)
      best.set(way, leastOf(best.get(way), measured))
    }
  const valuesOf = (value: (measured: Measured) => number) =>
    Object.fromEntries([...best].map(([way, measured]) => [way, rounded(value(measured))]))
  return [
    { name: `restore, ${place.name}`, unit: 's', values: valuesOf(({ seconds }) => seconds) },
    { name: `restore, ${place.name}: processor time`, unit: 's', values: valuesOf(({ cpuSeconds }) => cpuSeconds) },
  ]
}
