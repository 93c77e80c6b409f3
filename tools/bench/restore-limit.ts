import { mkdtemp, open, rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { cut, totalBytes } from '@vmkeep/disk'
import { mustRun } from '../run-program.ts'
import { leastOf, type Measured, measure } from './support/measure.ts'
import { folderPlace } from './support/place.ts'
import { type SampleImage, sampleImage } from './support/sample-image.ts'
import { type BenchContext, type BenchResult, rounded } from './support/scenario.ts'
import { vmkeepJobs } from './support/vmkeep.ts'

const chunkBytes = 256 * 1024
const chunksMax = 2048 // 512 MiB

/**
 * A restore beside what bounds it: the disk's own writing of as many bytes, through the page cache or past it, whichever is faster; and zstd's unpacking of
 * them on all cores. No restore can be faster than the slower of the two; ours should reach 0.8 of that. A restore also starts a process, tries a
 * passphrase, deciphers and computes each id.
 */
export async function scenario(context: BenchContext): Promise<BenchResult> {
  const image = await sampleImage(context)
  const bytes = totalBytes(image.written)
  const best: { restore?: Measured; disk?: Measured; zstd?: number } = {}
  const folder = await mkdtemp(join(context.folder, 'limit-'))
  try {
    const { job, env } = vmkeepJobs(folder, folderPlace(folder), 'limit')
    const run = (...args: string[]) => measure(job(...args), { env, syncFolder: folder })
    await run('init')
    await run('full', image.path)
    const target = join(folder, 'restored')
    for (let round = 0; round < context.rounds; round++) {
      best.restore = leastOf(best.restore, await run('restore', target))
      await mustRun('cmp', [target, image.path])
      await rm(target)
      for (const way of ['conv=fsync', 'oflag=direct'] as const) {
        best.disk = leastOf(best.disk, await writePlainly(image, target, { folder, way }))
        await rm(target)
      }
      best.zstd = Math.min(best.zstd ?? Infinity, await unpacking(image))
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  const rate = (seconds: number) => rounded(bytes / 2 ** 20 / seconds)
  const limits = { disk: best.disk!.seconds, zstd: (best.zstd! * bytes) / availableParallelism() }
  const slower = limits.disk > limits.zstd ? 'disk' : 'zstd'
  const values = {
    vmkeep: rate(best.restore!.seconds),
    'disk, sequential': rate(limits.disk),
    [`zstd, ${availableParallelism()} cores`]: rate(limits.zstd),
  }
  return {
    name: 'restore-limit',
    about: { 'bytes written': bytes, rounds: context.rounds, 'the slower limit': slower },
    metrics: [
      { name: 'restore', unit: 'MiB/s', values },
      {
        name: 'share of the slower limit',
        unit: 'ratio',
        values: { vmkeep: rounded(limits[slower] / best.restore!.seconds) },
      },
      {
        name: 'processor time',
        unit: 's',
        values: {
          vmkeep: rounded(best.restore!.cpuSeconds),
          'disk, sequential': rounded(best.disk!.cpuSeconds),
          [`zstd, ${availableParallelism()} cores`]: rounded(best.zstd! * bytes),
        },
      },
    ],
  }
}

/** The bytes of the image that are not holes, one after the other, by dd. */
function writePlainly(
  { path, written }: SampleImage,
  target: string,
  { folder, way }: { readonly folder: string; readonly way: string },
): Promise<Measured> {
  const count = Math.floor(totalBytes(written) / 2 ** 20)
  const from = Math.floor(written[0]!.offsetBytes / 2 ** 20)
  const dd = ['dd', `if=${path}`, `of=${target}`, 'bs=1M', `skip=${from}`, `count=${count}`, way] as const
  return measure(dd, { syncFolder: folder })
}

/** Seconds of one core per byte, on chunks as they are stored: what does not compress is not packed. */
async function unpacking({ path, written }: SampleImage): Promise<number> {
  await using file = await open(path)
  const chunks = written.flatMap((extent) => [...cut(extent, chunkBytes)]).slice(0, chunksMax)
  const plain = Buffer.alloc(chunkBytes)
  let spentMs = 0
  for (const { offsetBytes, lengthBytes } of chunks) {
    await file.read(plain, 0, lengthBytes, offsetBytes)
    const packed = zstdCompressSync(plain, { params: { [constants.ZSTD_c_compressionLevel]: 1 } })
    if (packed.length > 0.95 * lengthBytes) continue
    const startMs = performance.now()
    zstdDecompressSync(packed, { chunkSize: chunkBytes + 4096 })
    spentMs += performance.now() - startMs
  }
  return spentMs / 1000 / totalBytes(chunks)
}
