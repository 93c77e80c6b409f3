import { execFile } from 'node:child_process'
import { rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type BenchContext, type BenchResult, type Metric, rounded } from './support/scenario.ts'

/** Twice 31 bytes per chunk: what there is, and what a compaction of everything writes beside it. */
const folderBytesPerChunk = 70
const chunkBytes = 256 * 1024

interface LookUps {
  readonly perSecond: number
  readonly p99Micros: number
}

type Row = readonly [name: string, unit: Metric['unit'], value: number]

interface Measured {
  readonly perSecond: number
  readonly ascendingPerSecond: number
  readonly openSeconds: number
  readonly gatheredSeconds: number
  readonly hits: LookUps
  readonly misses: LookUps
  readonly peakMiB: number
}

const rowsOf: Readonly<Record<string, (measured: Measured) => Row[]>> = {
  write: ({ perSecond }) => [['entries written per second', 'count', perSecond]],
  search: ({ openSeconds, hits, misses }) => [
    ['opening it', 's', openSeconds],
    ['look-ups of known chunks per second', 'count', hits.perSecond],
    ['99th percentile of these', 's', hits.p99Micros / 1e6],
    ['look-ups of new chunks per second', 'count', misses.perSecond],
    ['99th percentile of those', 's', misses.p99Micros / 1e6],
  ],
  mark: ({ perSecond, ascendingPerSecond, gatheredSeconds }) => [
    ['chunks marked per second, here and there', 'count', perSecond],
    ['chunks marked per second, in order', 'count', ascendingPerSecond],
    ['going through the marks', 's', gatheredSeconds],
  ],
  compact: ({ perSecond }) => [['entries compacted per second', 'count', perSecond]],
}

/**
 * How fast an index of many chunks is, and how much memory it takes: it must be less than 1 GiB at 400 million, which is 100 TiB.
 * Each phase is a process of its own, as on a machine; with `--phase` one by one, and what was written stays.
 */
export async function scenario({ folder, chunks, phases, say }: BenchContext): Promise<BenchResult> {
  const { bavail, bsize } = await statfs(folder)
  const fits = Math.floor((bavail * bsize) / folderBytesPerChunk)
  const count = phases.length > 0 ? chunks : Math.min(chunks, fits)
  if (count < chunks) say(`${folder} has room for an index of ${count} chunks, not ${chunks}`)
  const place = join(folder, `scale-${count}`)
  const metrics: Metric[] = []
  try {
    for (const [phase, rows] of Object.entries(rowsOf)) {
      if (phases.length > 0 && !phases.includes(phase)) continue
      const measured = await child(place, count, phase)
      const all = [...rows(measured), [`peak memory: ${phase}`, 'bytes', measured.peakMiB * 2 ** 20] as const]
      metrics.push(...all.map(([name, unit, value]) => ({ name, unit, values: { vmkeep: rounded(value) } })))
      say(`${phase}: ${JSON.stringify(measured)}`)
    }
  } finally {
    if (phases.length === 0)
      for (const path of [place, `${place}.root`]) await rm(path, { recursive: true, force: true })
  }
  const about = { chunks: count, 'bytes they stand for': count * chunkBytes, 'memory allowed to the index': 2 ** 28 }
  return { name: 'scale', about, metrics }
}

async function child(place: string, chunks: number, phase: string): Promise<Measured> {
  const script = join(import.meta.dirname, 'scale-child.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [script, place, String(chunks), phase])
  return JSON.parse(stdout) as Measured
}
