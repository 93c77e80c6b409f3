import type { DiskReader, Extent } from '@vmkeep/disk'
import { cut } from '@vmkeep/disk'
import { mapConcurrent } from '@vmkeep/kit'
import type { ImageWriter } from '@vmkeep/repository'
import type { PlannedRun } from './plan-reads.ts'

export interface CopyOptions {
  /** Bytes asked for at once: a multiple of every chunk size, and what vCenter's NFC serves in one request (2 MiB). */
  readonly runBytes: number
  readonly readsInFlightMax: number
}

interface Run extends Extent {
  readonly bytes?: Uint8Array
}

/**
 * Reads the runs into the image's own buffers and hands them over, in order. Memory is the image's leases and nothing else.
 *
 * @param onRun told once per run, after the image has taken it
 */
export async function copyRuns(
  runs: AsyncIterable<PlannedRun>,
  disk: DiskReader,
  image: ImageWriter,
  options: CopyOptions,
  onRun: (run: PlannedRun) => void,
  signal?: AbortSignal,
): Promise<void> {
  const read = async (run: Extent): Promise<Run> => {
    const bytes = await image.lease(run.lengthBytes, signal)
    try {
      await disk.read(run.offsetBytes, bytes, signal)
    } catch (error) {
      image.release(bytes)
      throw error
    }
    return { ...run, bytes }
  }
  const load = async (run: PlannedRun): Promise<Run> => (run.kind === 'zero' ? run.extent : read(run.extent))
  for await (const run of mapConcurrent(options.readsInFlightMax, load)(cutReads(runs, options.runBytes))) {
    if (run.bytes === undefined) await image.zero(run)
    else await image.write(run.offsetBytes, run.bytes)
    onRun({ extent: run, kind: run.bytes === undefined ? 'zero' : 'read' })
  }
}

/** Cuts what is to be read into runs of at most `runBytes`; zeroes cost nothing and stay whole. */
async function* cutReads(runs: AsyncIterable<PlannedRun>, runBytes: number): AsyncIterable<PlannedRun> {
  for await (const run of runs) {
    if (run.kind === 'zero') yield run
    else for (const extent of cut(run.extent, runBytes)) yield { extent, kind: 'read' }
  }
}
