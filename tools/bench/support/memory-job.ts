// A 2 TiB disk that is nearly empty, then many scattered changes of it, backed up incrementally: `memory-job.ts <repository> <runs>`.
import { type DiskReader, type Extent, intersection, isZero } from '@vmkeep/disk'
import { Secret } from '@vmkeep/kit'
import {
  type BaseImage,
  createRepository,
  openFolderStorage,
  type Repository,
  type StoredImage,
} from '@vmkeep/repository'
import { copyRuns } from '../../../packages/backup/src/stages/copy-runs.ts'
import { planReads } from '../../../packages/backup/src/stages/plan-reads.ts'

const capacityBytes = 2 ** 41
const [folder = '', runsText = ''] = process.argv.slice(2)
const runs = Number(runsText)
const stepBytes = Math.floor(capacityBytes / runs / 65_536) * 65_536

/** Ascending runs of 64 KiB, as far apart as they can be. */
async function* scattered(shiftBytes: number): AsyncIterable<Extent> {
  for (let run = 0; run < runs; run++) yield { offsetBytes: run * stepBytes + shiftBytes, lengthBytes: 65_536 }
}

/** A disk made up as it is read: every sector of a run says where it is and on which day. */
class MadeUpDisk implements DiskReader {
  readonly capacityBytes = capacityBytes
  readonly sectorSizeBytes = 512
  readonly #day: number

  constructor(day: number) {
    this.#day = day
  }

  async read(offsetBytes: number, target: Uint8Array): Promise<void> {
    target.fill(0)
    const wanted = { offsetBytes, lengthBytes: target.length }
    for (let run = Math.floor(offsetBytes / stepBytes); run * stepBytes < offsetBytes + target.length; run++) {
      const held = intersection(wanted, { offsetBytes: run * stepBytes, lengthBytes: 65_536 })
      if (held === undefined) continue
      const start = held.offsetBytes - offsetBytes
      Buffer.from(target.buffer, target.byteOffset + start, held.lengthBytes).fill(`run ${run} of day ${this.#day}. `)
    }
  }

  async *allocated(within: Extent): AsyncIterable<Extent> {
    yield within
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

await using storage = await openFolderStorage(folder, { create: true })
const { repository } = await createRepository(storage, { passphrase: new Secret('only for the bench') })
await using _repository = repository
const first = await backup(repository, new MadeUpDisk(1))
const second = await backup(repository, new MadeUpDisk(2), first)
await check(repository, second.image)

async function backup(target: Repository, disk: DiskReader, base?: BaseImage): Promise<BaseImage> {
  await using session = await target.beginSession()
  const image = await session.beginImage(
    base === undefined ? { capacityBytes, unwritten: 'zero' } : { capacityBytes, base, unwritten: 'inherit' },
  )
  const planned = planReads(scattered(0), disk, { chunkSizeBytes: image.chunkSizeBytes, trustAllocated: false })
  await copyRuns(planned, disk, image, { runBytes: 2 ** 21, readsInFlightMax: 4 }, () => {})
  const stored = await image.finish()
  const point = { key: 'disk', label: 'disk', image: stored, attributes: {} }
  const subject = { id: 'bench', name: 'bench', kind: 'disk' }
  const { id } = await session.commit({ subject, images: [point], blobs: {}, attributes: {}, stats: {} })
  return { point: id, image: stored }
}

/** The last run must be of the second day, and what lies before it zero: else the number is of something else. */
async function check(from: Repository, stored: StoredImage): Promise<void> {
  await using image = await from.openImage(stored)
  const lastBytes = (runs - 1) * stepBytes
  const bytes = Buffer.alloc(65_536)
  await image.read(lastBytes, bytes)
  if (!bytes.toString('latin1').startsWith(`run ${runs - 1} of day 2.`))
    throw new Error('the image is not what was written')
  await image.read(lastBytes - bytes.length, bytes)
  if (!isZero(bytes)) throw new Error('what was never written is not zero')
}
