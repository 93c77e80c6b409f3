import { execFile } from 'node:child_process'
import { statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type BenchContext, type BenchResult, type Metric, rounded } from './support/scenario.ts'

/** Twice 31 bytes per chunk: what there is, and what a compaction of everything writes beside it. */
const folderBytesPerChunk = 70
const chunkBytes = 256 * 1024

interface Measured {
  readonly writtenPerSecond: number
  readonly hits: { readonly perSecond: number; readonly p99Micros: number }
  readonly misses: { readonly perSecond: number; readonly p99Micros: number }
  readonly marksPerSecond: number
  readonly compactedPerSecond: number
  readonly peakMiB: number
}

/** How fast an index of many chunks is, and how much memory it takes: it must be less than 1 GiB at 400 million, which is 100 TiB. */
export async function scenario({ folder, chunks, say }: BenchContext): Promise<BenchResult> {
  const { bavail, bsize } = await statfs(folder)
  const fits = Math.floor((bavail * bsize) / folderBytesPerChunk)
  const count = Math.min(chunks, fits)
  if (count < chunks) say(`${folder} has room for an index of ${count} chunks, not ${chunks}`)
  const child = join(import.meta.dirname, 'scale-child.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [child, folder, String(count)])
  const measured = JSON.parse(stdout) as Measured
  const metric = (name: string, unit: Metric['unit'], value: number): Metric => ({
    name,
    unit,
    values: { vmkeep: rounded(value) },
  })
  return {
    name: 'scale',
    about: { chunks: count, 'bytes they stand for': count * chunkBytes, 'memory allowed to the index': 2 ** 28 },
    metrics: [
      metric('entries written per second', 'count', measured.writtenPerSecond),
      metric('look-ups of known chunks per second', 'count', measured.hits.perSecond),
      metric('99th percentile of these', 's', measured.hits.p99Micros / 1e6),
      metric('look-ups of new chunks per second', 'count', measured.misses.perSecond),
      metric('99th percentile of those', 's', measured.misses.p99Micros / 1e6),
      metric('chunks marked per second', 'count', measured.marksPerSecond),
      metric('entries compacted per second', 'count', measured.compactedPerSecond),
      metric('peak memory', 'bytes', measured.peakMiB * 2 ** 20),
    ],
  }
}
