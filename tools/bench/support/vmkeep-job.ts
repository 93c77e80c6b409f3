// One step of vmkeep as a process of its own: `vmkeep-job.ts <repository> init [<its twin>] | full <image> | incremental <image> | restore <target> | verify | collect | sync <source>`.
// `--part 1/2` takes only the first of two parts of an image, `--delay-ms 20` makes every storage call wait before it begins.
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { createRawFile, type Extent, openRawFile, whole } from '@vmkeep/disk'
import { collect, FaultPlan, Secret, seededRandom } from '@vmkeep/kit'
import {
  type BaseImage,
  createRepository,
  type Environment,
  faulty,
  openFolderStorage,
  openKeySlots,
  openRepository,
  type Repository,
  type Storage,
} from '@vmkeep/repository'
import { copyRuns } from '../../../packages/backup/src/stages/copy-runs.ts'
import { planReads } from '../../../packages/backup/src/stages/plan-reads.ts'
import { writeImage } from '../../../packages/restore/src/write-image.ts'
import type { SampleImage } from './sample-image.ts'

const passphrase = new Secret('only for the bench')
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'delay-ms': { type: 'string', default: '0' },
    reads: { type: 'string' },
    workers: { type: 'string' },
    part: { type: 'string', default: '1/1' },
  },
})
const [location = '', step = '', path = ''] = positionals
const { signal } = new AbortController()
const environment: Environment = {
  ...(options.reads === undefined ? {} : { readsInFlightMax: Number(options.reads) }),
  ...(options.workers === undefined ? {} : { workersMax: Number(options.workers) }),
}
const steps: Readonly<Record<string, (repository: Repository) => Promise<unknown>>> = {
  full: (repository) => backup(repository, path, false),
  incremental: (repository) => backup(repository, path, true),
  restore: (repository) => restore(repository, path),
  verify,
  collect: collectAllBut,
  sync: (repository) => syncFrom(repository, path),
}

await using storage = slowed(await openStorage(location), Number(options['delay-ms']))
if (step === 'init') {
  const keysOf = path === '' ? undefined : await openKeySlots(await openFolderStorage(path), { key: passphrase })
  const { repository } = await createRepository(storage, { passphrase, keysOf })
  await repository[Symbol.asyncDispose]()
} else {
  await using repository = await openRepository(storage, { key: passphrase, ...environment })
  await steps[step]!(repository)
}

async function syncFrom(repository: Repository, source: string): Promise<void> {
  await using from = await openRepository(await openFolderStorage(source), { key: passphrase, ...environment })
  for (const { outcome, error } of (await repository.syncFrom(from)).points)
    if (outcome !== 'copied' && outcome !== 'there') throw new Error(`a point is ${outcome}: ${error?.message ?? ''}`)
}

async function openStorage(url: string): Promise<Storage> {
  if (!url.startsWith('s3:')) return openFolderStorage(url, { create: step === 'init' })
  const { openS3Storage } = await import('@vmkeep/s3') // as the command line does: it takes time to load
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secret = '' } = process.env
  const credentials = { accessKeyId, secretAccessKey: new Secret(secret) }
  return await openS3Storage(url, {
    endpoint: process.env['VMKEEP_S3_ENDPOINT']!,
    credentials: async () => credentials,
  })
}

function slowed(inner: Storage, delayMs: number): Storage {
  if (delayMs === 0) return inner
  return faulty(inner, new FaultPlan(seededRandom('none'), [{ on: 'storage.*', then: { kind: 'delay', delayMs } }]))
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
  const changed = onlyChanged ? await changedOf(imagePath) : [partOf(capacityBytes)]
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

async function verify(repository: Repository): Promise<void> {
  const { damaged } = await repository.verify()
  if (damaged.length > 0) throw new Error(`${damaged.length} damaged: ${damaged[0]!.message}`)
}

/** Forgets all but the latest, and gives back what only they took. */
async function collectAllBut(repository: Repository): Promise<void> {
  for (const { id } of (await collect(repository.points())).slice(0, -1))
    await repository.forget(id, { reason: 'bench' })
  const { outcome } = await repository.collect({ graceMs: 0 })
  if (outcome !== 'done') throw new Error(`the collection ended ${outcome}`)
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

/** The n-th of so many equal parts, in whole chunks. */
function partOf(capacityBytes: number): Extent {
  const [number, count] = options.part.split('/').map(Number) as [number, number]
  if (count === 1) return whole(capacityBytes)
  const lengthBytes = Math.floor(capacityBytes / count / 2 ** 22) * 2 ** 22
  return { offsetBytes: (number - 1) * lengthBytes, lengthBytes }
}

async function* each<T>(items: Iterable<T>): AsyncIterable<T> {
  yield* items
}
