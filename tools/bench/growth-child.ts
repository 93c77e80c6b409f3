// One step with a repository in a folder, in a process of its own; says what it took in one line of JSON:
// growth-child.ts <repository> base sparse|full <capacity> | increment <chunks> <name> [whole] | fill <chunks> <garbage> | data <bytes> | collect | verify | restore
import { createCipheriv } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { collect, Secret } from '@vmkeep/kit'
import {
  createRepository,
  type ImageWriter,
  openFolderStorage,
  openRepository,
  type Repository,
  type RestorePoint,
  type StoredImage,
  type WriterSession,
} from '@vmkeep/repository'
import { counted } from './support/counted-storage.ts'
import { fullImage, writeProof } from './support/full-map.ts'

const passphrase = new Secret('only for the bench')
const kdf = { memoryKiB: 1024, passes: 1, parallelism: 1 }
const smallChunkBytes = 4096
const [folder = '', step = '', ...args] = process.argv.slice(2)
const creates = ['base', 'fill'].includes(step) || (step === 'data' && args[1] === 'first')
const startMs = performance.now()
const { storage, counts } = counted(await openFolderStorage(folder, { create: creates }))
await using _storage = storage
const small = step === 'fill' ? { packSizeBytes: 2 ** 20, chunkSizeBytes: smallChunkBytes } : {}
if (creates) await (await createRepository(storage, { passphrase, kdf, ...small })).repository[Symbol.asyncDispose]()
await using repository = await openRepository(storage, {
  key: passphrase,
  workersMax: Math.min(2, availableParallelism()),
  index: { cacheFolder: `${folder}.index` },
  ...(step === 'fill' ? { packSizeBytes: 2 ** 20 } : {}),
})
const about = await steps()[step]!()
const seconds = (performance.now() - startMs) / 1000
console.log(JSON.stringify({ seconds, counts, peakMiB: peakMiB(), ...about }))

function steps(): Readonly<Record<string, () => Promise<object | void>>> {
  const [first = '', second = '', third = ''] = args
  return {
    base: () => base(repository, first === 'full', Number(second)),
    increment: () => increment(repository, Number(first), second, third === 'whole'),
    async fill() {
      await image(repository, Number(first), 'kept')
      const gone = await image(repository, Number(second), 'garbage')
      await repository.forget(gone.id, { reason: 'bench' })
    },
    data: () => data(repository, Number(first), second),
    async collect() {
      const { outcome, packsDeleted, packsExamined } = await repository.collect({ graceMs: 0 })
      if (outcome !== 'done') throw new Error(`the collection ended ${outcome}`)
      return { packsDeleted, packsExamined }
    },
    async verify() {
      const { damaged } = await repository.verify()
      if (damaged.length > 0) throw new Error(`${damaged.length} damaged: ${damaged[0]!.message}`)
    },
    restore: async () => restore(await latest(repository)),
  }
}

async function base(into: Repository, isFull: boolean, capacityBytes: number): Promise<void> {
  await using session = await into.beginSession()
  const whole = isFull
    ? await fullImage(storage, session, { capacityBytes, passphrase })
    : await sparse(session, capacityBytes)
  const point = await commit(session, whole)
  if (isFull) await writeProof(storage, passphrase, point.id)
  else await into.checkPoint(point)
}

/** A thousand chunks of data, as far apart as they can be; the rest was never written. */
async function sparse(session: WriterSession, capacityBytes: number): Promise<StoredImage> {
  const disk = await session.beginImage({ capacityBytes, unwritten: 'zero' })
  await writeScattered(disk, 1000, 'base')
  return await disk.finish()
}

/** What a nightly run does in the repository: from opening it to the check of the point. */
async function increment(into: Repository, chunks: number, name: string, isWhole: boolean) {
  const before = await latest(into)
  await using session = await into.beginSession()
  const of = before.images[0]!.image
  const { extents } = await into.lostExtents(of)
  if (extents.length > 0) throw new Error('the base is damaged')
  const { capacityBytes } = of
  const disk = await session.beginImage({ capacityBytes, base: { point: before.id, image: of }, unwritten: 'inherit' })
  await writeScattered(disk, chunks, name)
  const point = await commit(session, await disk.finish())
  const checkMs = performance.now()
  await into.checkPoint(point, isWhole ? {} : { since: session.held })
  return { checkSeconds: (performance.now() - checkMs) / 1000 }
}

async function writeScattered(disk: ImageWriter, chunks: number, name: string): Promise<void> {
  const { chunkSizeBytes, capacityBytes } = disk
  const all = capacityBytes / chunkSizeBytes
  for (let i = 0; i < Math.min(chunks, all); i++) {
    const lease = await disk.lease(chunkSizeBytes)
    Buffer.from(lease.buffer, lease.byteOffset, lease.length).fill(`${name}, chunk ${i}. `)
    await disk.write(Math.floor((i * all) / Math.min(chunks, all)) * chunkSizeBytes, lease)
  }
}

async function image(into: Repository, chunks: number, seed: string): Promise<RestorePoint> {
  await using session = await into.beginSession()
  const disk = await session.beginImage({ capacityBytes: chunks * smallChunkBytes, unwritten: 'zero' })
  await writeNoise(disk, seed)
  const point = await commit(session, await disk.finish())
  await into.checkPoint(point)
  return point
}

async function data(into: Repository, sizeBytes: number, seed: string): Promise<void> {
  await using session = await into.beginSession()
  const disk = await session.beginImage({ capacityBytes: sizeBytes, unwritten: 'zero' })
  await writeNoise(disk, seed)
  await into.checkPoint(await commit(session, await disk.finish()))
  for (const point of (await collect(into.points())).slice(0, -1)) await into.forget(point.id, { reason: 'bench' })
}

async function writeNoise(disk: ImageWriter, seed: string): Promise<void> {
  const cipher = createCipheriv('aes-256-ctr', Buffer.alloc(32, seed), new Uint8Array(16))
  const stepBytes = Math.min(2 ** 21, disk.leaseBytesMax)
  for (let at = 0; at < disk.capacityBytes; at += stepBytes) {
    const lease = await disk.lease(Math.min(stepBytes, disk.capacityBytes - at))
    lease.set(cipher.update(new Uint8Array(lease.length)))
    await disk.write(at, lease)
  }
}

async function restore(point: RestorePoint): Promise<void> {
  await using disk = await repository.openImage(point.images[0]!.image)
  for await (const run of disk.runs()) run[Symbol.dispose]()
}

function commit(session: WriterSession, stored: StoredImage): Promise<RestorePoint> {
  return session.commit({
    subject: { id: 'bench', name: 'bench', kind: 'disk' },
    images: [{ key: 'disk', label: 'disk', image: stored, attributes: {} }],
    blobs: {},
    attributes: {},
    stats: {},
  })
}

async function latest(from: Repository): Promise<RestorePoint> {
  const point = (await collect(from.points())).at(-1)
  if (point === undefined || point.damaged !== undefined) throw new Error('no restore point to go on from')
  return point
}

function peakMiB(): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024
}
