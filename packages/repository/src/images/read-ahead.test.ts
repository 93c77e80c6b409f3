import { expect, it } from 'vitest'
import type { Environment, ImageReader } from '../repository.ts'
import type { StoredImage } from '../restore-point.ts'
import { memoryStorage } from '../storage/memory-storage.ts'
import type { Storage } from '../storage/storage.ts'
import {
  createTestRepository,
  farAway,
  manifestOf,
  noise,
  reopenTestRepository,
  testChunkBytes as chunk,
  writeRuns,
} from '../testing.ts'

/** Restores an image from afar: its bytes where it is not a hole, and how many reads went together. */
async function restored(inner: Storage, image: StoredImage, environment: Environment = {}) {
  const { storage, rounds } = farAway(inner)
  await using repository = await reopenTestRepository(storage, { ...environment, seed: 'far away' })
  await repository.status() // the index is read: from now on only the image is
  rounds.length = 0
  await using reader = await repository.openImage(image)
  return { runs: await runsOf(reader), rounds }
}

async function runsOf(reader: ImageReader): Promise<{ offsetBytes: number; bytes: Buffer }[]> {
  const runs: { offsetBytes: number; bytes: Buffer }[] = []
  for await (using run of reader.runs()) runs.push({ offsetBytes: run.offsetBytes, bytes: Buffer.from(run.bytes) })
  return runs
}

/** Half of each chunk compresses, as disks do. */
const disk = noise(12 * 2 ** 20 - 512, 'a disk')
for (let at = 0; at < disk.length; at += chunk) disk.fill(at / chunk, at, at + chunk / 2)

/** Written a little at a time, into one pack: without threads, what is written at once lies mixed in it. */
async function storedDisk() {
  const storage = memoryStorage()
  await using test = await createTestRepository(storage, { packSizeBytes: 16 * 2 ** 20 })
  await using session = await test.repository.beginSession()
  const writer = await session.beginImage({ capacityBytes: disk.length, unwritten: 'zero' })
  for (let offsetBytes = 0; offsetBytes < disk.length; offsetBytes += chunk) {
    await writeRuns(writer, [{ offsetBytes, bytes: disk.subarray(offsetBytes, offsetBytes + chunk) }])
    await new Promise(setImmediate)
  }
  const image = await writer.finish()
  await session.commit(manifestOf({ disk: image }))
  return { storage, image }
}

it.each([
  ['sixteen, unless told otherwise', {}, 16],
  ['as many as it is told', { readsInFlightMax: 5 }, 5],
  ['one, if told', { readsInFlightMax: 1 }, 1],
])('keeps as many reads in flight as it may: %s', async (_, environment, inFlight) => {
  const { storage, image } = await storedDisk()
  const { runs, rounds } = await restored(storage, image, environment)
  expect(Buffer.concat(runs.map(({ bytes }) => bytes)).equals(disk)).toBe(true)
  expect(Math.max(...rounds)).toBe(inFlight)
  const reads = rounds.reduce((sum, count) => sum + count, 0)
  expect(rounds.length).toBeLessThanOrEqual(Math.ceil(reads / inFlight) + 3) // the root and its leaf come first
})

it('does not wait for each page of a map that is nearly empty', async () => {
  const leafBytes = 256 * chunk
  const leaves = 300
  const storage = memoryStorage()
  await using test = await createTestRepository(storage)
  await using session = await test.repository.beginSession()
  const writer = await session.beginImage({ capacityBytes: leaves * leafBytes, unwritten: 'zero' })
  const contents = Array.from({ length: leaves }, (_, i) => Buffer.alloc(chunk, `leaf ${i} `))
  await writeRuns(
    writer,
    contents.map((bytes, i) => ({ offsetBytes: i * leafBytes, bytes })),
  )
  const image = await writer.finish()
  await session.commit(manifestOf({ disk: image }))
  const { runs, rounds } = await restored(storage, image)
  expect(runs.map(({ offsetBytes }) => offsetBytes)).toEqual(contents.map((_, i) => i * leafBytes))
  expect(Buffer.concat(runs.map(({ bytes }) => bytes)).equals(Buffer.concat(contents))).toBe(true)
  expect(rounds.length).toBeLessThan(leaves / 4)
})
