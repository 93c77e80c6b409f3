import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { totalBytes } from '@vmkeep/disk'
import { sizeOf } from './support/contestant.ts'
import { measure } from './support/measure.ts'
import { folderPlace } from './support/place.ts'
import { type SampleImage, sampleImage } from './support/sample-image.ts'
import { type BenchContext, type BenchResult, rounded } from './support/scenario.ts'
import { vmkeepJobs } from './support/vmkeep.ts'

const halves = ['1/2', '2/2']

/**
 * Two writers in two processes at one repository, beside one writer: each stores a half of a disk, with one thread. At once they should
 * take half of the time that the same halves take one after the other, and what is stored should be the same.
 *
 * The other question is what happens when both store the same: neither sees the other's until it is durable and its index is read anew.
 */
export async function scenario(context: BenchContext): Promise<BenchResult> {
  const image = await sampleImage(context)
  const race = async (parts: readonly string[], way: 'at once' | 'in turn') => {
    const best = { seconds: Infinity, cpuSeconds: Infinity, storedBytes: 0, collectedBytes: 0 }
    for (let round = 0; round < context.rounds; round++) {
      const { seconds, cpuSeconds, ...bytes } = await write(image, context, parts, way)
      context.say(`${parts.join(' and ')} ${way}: ${seconds.toFixed(1)} s`)
      const least = { seconds: Math.min(seconds, best.seconds), cpuSeconds: Math.min(cpuSeconds, best.cpuSeconds) }
      Object.assign(best, bytes, least)
    }
    return best
  }
  const alone = await race(halves, 'in turn')
  const both = await race(halves, 'at once')
  const same = await race(['1/2', '1/2'], 'at once')
  const once = await race(['1/2'], 'at once')
  const pair = 'one after the other'
  return {
    name: 'writers',
    about: { 'image bytes': image.sizeBytes, 'of it written': totalBytes(image.written), threads: 'one per process' },
    metrics: [
      { name: 'two halves', unit: 's', values: { vmkeep: rounded(both.seconds), [pair]: rounded(alone.seconds) } },
      {
        name: 'two halves: processor time',
        unit: 's',
        values: { vmkeep: rounded(both.cpuSeconds), [pair]: rounded(alone.cpuSeconds) },
      },
      { name: 'two halves: stored', unit: 'bytes', values: { vmkeep: both.storedBytes, [pair]: alone.storedBytes } },
      {
        name: 'the same half twice: stored',
        unit: 'bytes',
        values: { vmkeep: same.storedBytes, once: once.storedBytes },
      },
      {
        name: 'the same half twice: stored, once collected',
        unit: 'bytes',
        values: { vmkeep: same.collectedBytes, once: once.collectedBytes },
      },
    ],
  }
}

async function write(image: SampleImage, context: BenchContext, parts: readonly string[], way: 'at once' | 'in turn') {
  const folder = await mkdtemp(join(context.folder, 'writers-'))
  try {
    const place = folderPlace(folder)
    const { job, env } = vmkeepJobs(folder, place, 'writers')
    const run = (...args: string[]) => measure(job(...args), { env, syncFolder: folder })
    await run('init')
    const startMs = performance.now()
    const backups = parts.map((part) => () => run('full', image.path, '--part', part, '--workers', '1'))
    const written = way === 'at once' ? await Promise.all(backups.map((backup) => backup())) : await inTurn(backups)
    const seconds = (performance.now() - startMs) / 1000
    const storedBytes = await sizeOf(place.bytesOf('writers'))
    await run('collect')
    const cpuSeconds = written.reduce((sum, one) => sum + one.cpuSeconds, 0)
    return { seconds, cpuSeconds, storedBytes, collectedBytes: await sizeOf(place.bytesOf('writers')) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function inTurn<T>(works: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = []
  for (const work of works) results.push(await work())
  return results
}
