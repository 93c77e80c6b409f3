// One step of vmkeep as a process of its own: `vmkeep-job.ts <repository> init | full <image> | incremental <image> | restore <target>`.
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createRawFile, type Extent, openRawFile, whole } from '@vmkeep/disk'
import { collect, Secret } from '@vmkeep/kit'
import {
  createRepository,
  openFolderStorage,
  openRepository,
  type Repository,
  type BaseImage,
} from '@vmkeep/repository'
import { copyRuns } from '../../../packages/backup/src/stages/copy-runs.ts'
import { planReads } from '../../../packages/backup/src/stages/plan-reads.ts'
import { writeImage } from '../../../packages/restore/src/write-image.ts'
import type { SampleImage } from './sample-image.ts'

const passphrase = new Secret('only for the bench')
const [folder = '', step = '', path = ''] = process.argv.slice(2)
const { signal } = new AbortController()

if (step === 'init') {
  await using storage = await openFolderStorage(folder, { create: true })
  const { repository } = await createRepository(storage, { passphrase })
  await repository[Symbol.asyncDispose]()
} else {
  await using storage = await openFolderStorage(folder)
  await using repository = await openRepository(storage, { key: passphrase })
  if (step === 'restore') await restore(repository, path)
  else await backup(repository, path, step === 'incremental')
}

/** As backup-disk.ts does it: the same stages with the same numbers. */
async function backup(repository: Repository, imagePath: string, onlyChanged: boolean): Promise<void> {
  await using disk = await openRawFile(imagePath)
  await using session = await repository.beginSession()
  const { capacityBytes } = disk
  const base = onlyChanged ? await latestOf(repository) : undefined
  const image = await session.beginImage(
    base === undefined ? { capacityBytes, unwritten: 'zero' } : { capacityBytes, base, unwritten: 'inherit' },
  )
  const changed = onlyChanged ? await changedOf(imagePath) : [whole(capacityBytes)]
  const runs = planReads(each(changed), disk, { chunkSizeBytes: image.chunkSizeBytes, trustAllocated: false })
  await copyRuns(runs, disk, image, { runBytes: 2 * 1024 * 1024, readsInFlightMax: 4 }, () => {})
  const stored = await image.finish()
  await session.commit({
    subject: { id: 'bench', name: 'bench', kind: 'disk' },
    images: [{ key: 'disk', label: 'disk', image: stored, attributes: {} }],
    blobs: {},
    attributes: {},
    stats: {},
  })
}

async function restore(repository: Repository, target: string): Promise<void> {
  const { image } = await latestOf(repository)
  await using reader = await repository.openImage(image)
  await using disk = await createRawFile(target, reader.capacityBytes)
  await writeImage(reader, disk, () => {}, signal)
  await disk.finish()
}

async function latestOf(repository: Repository): Promise<BaseImage> {
  const latest = (await collect(repository.points())).at(-1)
  if (latest === undefined || latest.damaged !== undefined) throw new Error('no restore point to go on from')
  return { point: latest.id, image: latest.images[0]!.image }
}

async function changedOf(imagePath: string): Promise<readonly Extent[]> {
  const text = await readFile(join(dirname(imagePath), '..', 'sample.json'), 'utf8')
  return (JSON.parse(text) as SampleImage).later.find(({ path: day }) => day === imagePath)!.changed
}

async function* each<T>(items: Iterable<T>): AsyncIterable<T> {
  yield* items
}
