import { open } from 'node:fs/promises'
import { constants, zstdCompressSync } from 'node:zlib'
import { cut, type Extent, openRawFile, totalBytes } from '@vmkeep/disk'
import { Secret } from '@vmkeep/kit'
import { createRepository, memoryStorage, type Storage } from '@vmkeep/repository'
import { copyRuns } from '../../packages/backup/src/stages/copy-runs.ts'
import { sampleImage } from './support/sample-image.ts'
import { type BenchContext, type BenchResult, rounded } from './support/scenario.ts'

const chunkSizeBytes = 256 * 1024
const runBytes = 2 * 1024 * 1024
const runsMax = 512 // 1 GiB

/**
 * How much of a processor everything between "read" and "stored" takes: ids, compression, sealing, checking, packs and index; packs go nowhere;
 * beside zstd alone (node:zlib, level 1) on the same chunks. MiB per second of processor time, all threads together.
 */
export async function scenario(context: BenchContext): Promise<BenchResult> {
  const { path, written } = await sampleImage(context)
  const runs = written.flatMap((extent) => [...cut(extent, runBytes)]).slice(0, runsMax)
  const throughput = (cpuMicroseconds: number) => rounded(totalBytes(runs) / 2 ** 20 / (cpuMicroseconds / 1e6))
  const zstd = throughput(await zstdAlone(path, runs))
  const ours = throughput(await pipeline(path, runs))
  return {
    name: 'pipeline',
    about: { bytes: totalBytes(runs), 'chunk bytes': chunkSizeBytes, workers: 1, time: "processor's, all threads" },
    metrics: [{ name: 'throughput per core', unit: 'MiB/s', values: { vmkeep: ours, 'zstd level 1': zstd } }],
  }
}

/** Microseconds of processor time. */
async function zstdAlone(path: string, runs: readonly Extent[]): Promise<number> {
  await using file = await open(path)
  const chunk = Buffer.alloc(chunkSizeBytes)
  let spent = 0
  for (const { offsetBytes } of runs.flatMap((run) => [...cut(run, chunkSizeBytes)])) {
    await file.read(chunk, 0, chunkSizeBytes, offsetBytes)
    const stop = processorTime()
    zstdCompressSync(chunk, { params: { [constants.ZSTD_c_compressionLevel]: 1 } })
    spent += stop()
  }
  return spent
}

async function pipeline(path: string, runs: readonly Extent[]): Promise<number> {
  const options = { passphrase: new Secret('bench'), kdf: { memoryKiB: 8, passes: 1, parallelism: 1 }, workersMax: 1 }
  const { repository } = await createRepository(withoutPacks(memoryStorage()), options)
  await using _repository = repository
  await using session = await repository.beginSession()
  await using disk = await openRawFile(path)
  const image = await session.beginImage({ capacityBytes: disk.capacityBytes, chunkSizeBytes, unwritten: 'zero' })
  const stop = processorTime()
  await copyRuns(planned(runs), disk, image, { runBytes, readsInFlightMax: 4 }, () => {})
  await image.finish()
  return stop()
}

/** Takes packs and forgets them: what memory for them would cost is no part of the pipeline. */
const withoutPacks = (inner: Storage): Storage =>
  new Proxy(inner, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (name !== 'putNew') return typeof value === 'function' ? (value.bind(target) as unknown) : value
      return async (key: string, bytes: Uint8Array) =>
        key.startsWith('packs/') ? 'created' : await target.putNew(key, bytes)
    },
  })

async function* planned(runs: readonly Extent[]) {
  for (const extent of runs) yield { extent, kind: 'read' as const }
}

/** Starts a clock of processor time; what it returns stops it. */
function processorTime(): () => number {
  const before = process.cpuUsage()
  return () => {
    const { user, system } = process.cpuUsage(before)
    return user + system
  }
}
