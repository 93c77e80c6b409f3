import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { estimateCostUsd } from '../../packages/s3/src/request-counts.ts'
import { type Counts, noCounts } from './support/counted-storage.ts'
import { type BenchContext, type BenchResult, type Metric, rounded } from './support/scenario.ts'

const disks = { '1 GiB': 2 ** 30, '64 GiB': 2 ** 36, '1 TiB': 2 ** 40, '64 TiB': 2 ** 46 }
const changes = [16, 256, 4096]
/** Chunks of 4 KiB in packs of 1 MiB: many of both, and little data. */
const keptChunks = 8192
const garbageChunks = 4096
const factors = [1, 4, 16]

interface Measured {
  readonly seconds: number
  readonly counts: Counts
  readonly peakMiB: number
  readonly checkSeconds?: number
  readonly packsExamined?: number
}

/** What grows with what: an increment with its changes and not with its disk, a collection with the repository, requests with data. */
export async function scenario(context: BenchContext): Promise<BenchResult> {
  const folder = await mkdtemp(join(context.folder, 'growth-'))
  try {
    const metrics = [
      ...(await increments(folder, context)),
      ...(await collections(folder, context)),
      ...(await costs(folder, context)),
    ]
    const about = {
      'an increment':
        'a process of its own, from opening the repository to the check of the point; its chunks lie as far apart as they can',
      'sparse disk': 'a thousand chunks of data',
      'full disk': 'no chunk is zero; every 64 MiB are the same 256 chunks',
      requests:
        'calls of a folder, counted as S3 bills them: a list per thousand names, a deletion per thousand objects',
      dollars: 'list prices of S3 Standard, requests only, from within the region',
    }
    return { name: 'growth', about, metrics }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function increments(folder: string, { say }: BenchContext): Promise<Metric[]> {
  const metrics: Metric[] = []
  for (const kind of ['sparse', 'full'])
    for (const [size, capacityBytes] of Object.entries(disks)) {
      const repository = join(folder, `${kind}-${capacityBytes}`)
      await child(repository, 'base', kind, String(capacityBytes))
      const runs: Record<string, Measured> = {}
      for (const chunks of changes) {
        const run = await child(repository, 'increment', String(chunks), `day ${chunks}`)
        say(`${kind} ${size}, ${chunks} chunks: ${run.seconds.toFixed(1)} s, ${requestsOf(run)} requests`)
        runs[`${chunks} chunks`] = run
      }
      const row = (what: string, unit: Metric['unit'], valueOf: (run: Measured) => number): Metric => ({
        name: `${kind} disk of ${size}: ${what}`,
        unit,
        values: Object.fromEntries(Object.entries(runs).map(([chunks, run]) => [chunks, rounded(valueOf(run))])),
      })
      metrics.push(
        row('time', 's', ({ seconds }) => seconds),
        row('of it the check', 's', ({ checkSeconds }) => checkSeconds!),
        row('requests', 'count', requestsOf),
        row('read', 'bytes', ({ counts }) => counts.bytesDown),
        row('written', 'bytes', ({ counts }) => counts.bytesUp),
        row('peak memory', 'bytes', ({ peakMiB }) => peakMiB * 2 ** 20),
      )
      await rm(repository, { recursive: true })
    }
  return metrics
}

async function collections(folder: string, { say }: BenchContext): Promise<Metric[]> {
  const runs: Record<string, Measured> = {}
  for (const factor of factors) {
    const repository = join(folder, `collect-${factor}`)
    await child(repository, 'fill', String(factor * keptChunks), String(garbageChunks))
    const run = await child(repository, 'collect')
    say(`collection among ${factor * keptChunks} chunks: ${run.seconds.toFixed(1)} s, ${requestsOf(run)} requests`)
    runs[`${factor * keptChunks} chunks kept`] = run
    await rm(repository, { recursive: true })
  }
  const row = (what: string, unit: Metric['unit'], valueOf: (run: Measured) => number): Metric => ({
    name: `collection of ${garbageChunks} chunks: ${what}`,
    unit,
    values: Object.fromEntries(Object.entries(runs).map(([chunks, run]) => [chunks, rounded(valueOf(run))])),
  })
  return [
    row('time', 's', ({ seconds }) => seconds),
    row('packs looked at', 'count', ({ packsExamined }) => packsExamined!),
    row('requests', 'count', requestsOf),
    row('read', 'bytes', ({ counts }) => counts.bytesDown),
    row('peak memory', 'bytes', ({ peakMiB }) => peakMiB * 2 ** 20),
  ]
}

/** What a TiB more costs: the difference between two sizes, without what each run costs in any case. */
async function costs(folder: string, { sizeBytes, say }: BenchContext): Promise<Metric[]> {
  const [small, large] = [Math.floor(sizeBytes / 64), Math.floor(sizeBytes / 16)] // 128 and 512 MiB
  const [few, many] = [await steps(join(folder, 'small'), small), await steps(join(folder, 'large'), large)]
  const perTib = (step: string) => {
    const each = noCounts()
    for (const name of Object.keys(each) as (keyof Counts)[])
      each[name] = ((many[step]!.counts[name] - few[step]!.counts[name]) * 2 ** 40) / (large - small)
    return each
  }
  return Object.keys(few).flatMap((step): Metric[] => {
    const { put, list, get, head, delete: deletes } = perTib(step)
    say(`${step}: $${estimateCostUsd(perTib(step)).toFixed(3)} per TiB`)
    const shown = { PUT: put, LIST: list, GET: get, HEAD: head, DELETE: deletes }
    const values = Object.fromEntries(Object.entries(shown).map(([name, count]) => [name, Math.round(count)]))
    return [
      { name: `${step}, per TiB: requests`, unit: 'count', values },
      { name: `${step}, per TiB: cost`, unit: 'US$', values: { vmkeep: rounded(estimateCostUsd(perTib(step))) } },
    ]
  })
}

async function steps(repository: string, sizeBytes: number): Promise<Record<string, Measured>> {
  const backup = await child(repository, 'data', String(sizeBytes), 'first')
  const restore = await child(repository, 'restore')
  const verify = await child(repository, 'verify')
  await child(repository, 'data', String(sizeBytes), 'second')
  const collection = await child(repository, 'collect')
  await rm(repository, { recursive: true })
  return { backup, restore, 'verify, everything read': verify, 'collection of so much beside as much': collection }
}

const requestsOf = ({ counts }: Measured) => counts.put + counts.get + counts.list + counts.head + counts.delete

async function child(...args: [repository: string, step: string, ...string[]]): Promise<Measured> {
  const script = join(import.meta.dirname, 'growth-child.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [script, ...args])
  return JSON.parse(stdout) as Measured
}
