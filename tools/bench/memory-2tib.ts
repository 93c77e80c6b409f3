import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { measure } from './support/measure.ts'
import { type BenchContext, type BenchResult, rounded } from './support/scenario.ts'

/** The memory of a backup must not grow with the disk or with how scattered its changes are. */
export async function scenario({ folder, sizeBytes, say }: BenchContext): Promise<BenchResult> {
  const work = await mkdtemp(join(folder, 'memory-'))
  const runs = Math.max(256, Math.floor(sizeBytes / 2 ** 20)) // 8,192 for the usual 8 GiB
  try {
    const job = join(import.meta.dirname, 'support', 'memory-job.ts')
    const { seconds, cpuSeconds, peakRssBytes } = await measure(
      [process.execPath, job, join(work, 'repository'), String(runs)],
      { syncFolder: work },
    )
    say(`2 TiB with ${runs} changed runs: ${Math.round(peakRssBytes / 2 ** 20)} MiB`)
    return {
      name: 'memory-2tib',
      about: {
        'disk bytes': 2 ** 41,
        'changed runs': runs,
        'bytes of a run': 65_536,
        workers: 'one per core',
        'memory allowed to the repository': 2 ** 28,
      },
      metrics: [
        { name: 'peak memory', unit: 'bytes', values: { vmkeep: peakRssBytes } },
        { name: 'time', unit: 's', values: { vmkeep: rounded(seconds) } },
        { name: 'processor time', unit: 's', values: { vmkeep: rounded(cpuSeconds) } },
      ],
    }
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}
