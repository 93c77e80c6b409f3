import fc from 'fast-check'
import { totalBytes, whole } from '@vmkeep/disk'
import { diskReaderContract, imageOf } from '@vmkeep/disk/testing'
import { codeOf, collect, Secret, seededRandom } from '@vmkeep/kit'
import { fakeClock } from '@vmkeep/kit/testing'
import { describe, expect, it } from 'vitest'
import { createRepository } from './create-repository.ts'
import { encodeFormat, peekFormat } from './formats/format-object.ts'
import { roleKeys } from './keys/role-keys.ts'
import { unlock } from './keys/unlock.ts'
import { openRepository } from './open-repository.ts'
import type { RestorePoint, StoredImage } from './restore-point.ts'
import { type MemoryStorage, memoryStorage } from './storage/memory-storage.ts'
import { ObjectStore } from './storage/object-store.ts'
import {
  backUp,
  contentOf,
  fastKdf,
  manifestOf,
  noise,
  openTestRepository,
  reopenTestRepository,
  storeImage,
  testChunkBytes as chunk,
  testPassphrase,
  writeRuns,
} from './testing.ts'

let seeds = 0
const random = { bytes: (sizeBytes: number) => noise(sizeBytes, seeds++) }
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => 'fine',
    (error: unknown) => codeOf(error) ?? error,
  )
const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0

diskReaderContract('an image', async (content) => {
  const { repository } = await openTestRepository()
  const { images } = await backUp(repository, { disk: imageOf(content) })
  return await repository.openImage(images[0]!.image)
})

describe('opening', () => {
  it('needs a repository, and its key', async () => {
    const storage = memoryStorage()
    expect(await refusal(openRepository(storage, { key: testPassphrase }))).toBe('repository.missing')
    const { recoveryCode } = await openTestRepository().then(async (test) => {
      for (const [key, bytes] of test.storage.objects) storage.objects.set(key, bytes)
      return test
    })
    expect(await refusal(openRepository(storage, { key: new Secret('wrong') }))).toBe('repository.wrong-key')
    for (const key of [testPassphrase, recoveryCode])
      await (await openRepository(storage, { key, workersMax: 0 }))[Symbol.asyncDispose]()
  })

  it('never builds over what is there', async () => {
    const test = await openTestRepository()
    const options = { passphrase: testPassphrase, kdf: fastKdf }
    expect(await refusal(createRepository(test.storage, options))).toBe('repository.exists')
    test.storage.objects.delete('format')
    expect(await refusal(createRepository(test.storage, options))).toBe('repository.creation-unfinished')
  })

  it.each([
    ['an empty passphrase', { passphrase: new Secret('') }, 'repository.key-too-short'],
    ['an odd chunk size', { chunkSizeBytes: 300_000 }, 'repository.invalid-option'],
    ['a tiny chunk size', { chunkSizeBytes: 2048 }, 'repository.invalid-option'],
    ['a key that costs too much', { kdf: { ...fastKdf, memoryKiB: 2 ** 31 } }, 'repository.invalid-option'],
    ['too little memory', { memoryBytesMax: 1000 }, 'repository.invalid-option'],
  ])('refuses %s', async (_, options, code) => {
    const created = createRepository(memoryStorage(), { passphrase: testPassphrase, kdf: fastKdf, ...options })
    expect(await refusal(created)).toBe(code)
  })

  it('refuses a version it does not know, and says which it takes', async () => {
    const { storage } = await openTestRepository()
    const format = storage.objects.get('format')!
    format[8] = 2
    const { crc32 } = process.getBuiltinModule('node:zlib')
    new DataView(format.buffer, format.byteOffset).setUint32(60, crc32(format.subarray(0, 60)), true)
    await expect(reopenTestRepository(storage)).rejects.toMatchObject({
      code: 'repository.version-unknown',
      details: { major: 2, needs: '0.2.0' },
    })
  })
})

it('refuses a repository with features it does not know', async () => {
  const { storage } = await openTestRepository()
  const { repositoryId, control } = await keysOf(storage)
  for (const feature of ['readFeatures', 'writeFeatures'] as const) {
    const format = {
      keysId: repositoryId,
      chunkSizeBytes: chunk,
      createdAtMs: 0,
      writer: 'later',
      readFeatures: [],
      writeFeatures: [],
      gcFeatures: [],
    }
    const source = encodeFormat({ ...format, [feature]: ['sparkling'] }, repositoryId, control, seededRandom(feature))
    storage.objects.set('format', source)
    await expect(reopenTestRepository(storage)).rejects.toMatchObject({
      code: 'repository.feature-unknown',
      details: { features: ['sparkling'], needs: '0.2.0' },
    })
  }
})

async function keysOf(storage: MemoryStorage) {
  const objects = new ObjectStore(storage, { clock: fakeClock(), random: seededRandom(0) })
  const { repositoryId } = peekFormat(storage.objects.get('format')!)
  const { masterKey } = await unlock(objects, repositoryId, testPassphrase)
  return { repositoryId, control: roleKeys(masterKey, repositoryId).control }
}

describe('an image', () => {
  it('comes back, whatever its size and chunk size', async () => {
    await using test = await openTestRepository()
    for (const capacityBytes of [0, 1, 512, chunk - 1, chunk, chunk + 1, 5 * chunk + 1000])
      for (const chunkSizeBytes of [chunk, 4 * 1024 * 1024]) {
        const bytes = random.bytes(capacityBytes)
        await using session = await test.repository.beginSession()
        const image = await session.beginImage({ capacityBytes, chunkSizeBytes, unwritten: 'zero' })
        await writeRuns(image, [{ offsetBytes: 0, bytes }])
        const stored = await image.finish()
        await session.commit(manifestOf({ disk: stored }))
        expect(same(await contentOf(test.repository, stored), bytes)).toBe(true)
        expect([stored.capacityBytes, stored.root === null]).toEqual([capacityBytes, capacityBytes === 0])
      }
    expect((await test.repository.verify()).damaged).toEqual([])
  })

  it('tells zero, known and new bytes apart, and stores each chunk once', async () => {
    await using test = await openTestRepository()
    const [a, b, zero] = [random.bytes(chunk), Buffer.alloc(chunk, 'compressible'), Buffer.alloc(chunk)]
    await using session = await test.repository.beginSession()
    const image = await session.beginImage({ capacityBytes: 100 * chunk, unwritten: 'zero' })
    await writeRuns(image, [{ offsetBytes: 0, bytes: Buffer.concat([a, zero, b, a]) }])
    await image.zero({ offsetBytes: 50 * chunk, lengthBytes: 50 * chunk })
    await image.finish()
    expect(image.progress).toMatchObject({ zeroBytes: 51 * chunk, knownBytes: chunk, newBytes: 2 * chunk })
    expect(image.progress.storedBytes).toBeGreaterThan(chunk)
    expect(image.progress.storedBytes).toBeLessThan(chunk + 1000)
    const again = await session.beginImage({ capacityBytes: 2 * chunk, unwritten: 'zero' })
    await writeRuns(again, [{ offsetBytes: 0, bytes: Buffer.concat([b, a]) }])
    await again.finish()
    expect(again.progress).toMatchObject({ knownBytes: 2 * chunk, newBytes: 0, storedBytes: 0 })
  })

  it('refuses what is not whole chunks inside it, and stays usable', async () => {
    await using test = await openTestRepository()
    await using session = await test.repository.beginSession()
    const image = await session.beginImage({ capacityBytes: 3 * chunk + 10, unwritten: 'zero' })
    for (const [offsetBytes, lengthBytes] of [
      [1, chunk],
      [0, 10],
      [3 * chunk, 9],
      [3 * chunk, 11],
      [-chunk, chunk],
      [4 * chunk, chunk],
    ] as const) {
      expect(await refusal(image.write(offsetBytes, await image.lease(lengthBytes)))).toBe('repository.invalid-option')
      expect(await refusal(image.zero({ offsetBytes, lengthBytes }))).toBe('repository.invalid-option')
    }
    await writeRuns(image, [{ offsetBytes: 3 * chunk, bytes: random.bytes(10) }])
    expect(image.release(await image.lease(5))).toBeUndefined()
    expect((await image.finish()).root).not.toBeNull()
  })

  it('inherits from a base of another size as a plain copy would', async () => {
    await using test = await openTestRepository()
    const { repository } = test
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(6 * chunk), fc.array(fc.tuple(fc.nat(5), fc.nat(3)), { maxLength: 4 })), {
          minLength: 2,
          maxLength: 4,
        }),
        async (generations) => {
          let base: StoredImage | undefined
          let model = Buffer.alloc(0)
          await using session = await repository.beginSession()
          for (const [capacityBytes, writes] of generations) {
            const next = Buffer.alloc(capacityBytes)
            model.copy(next)
            const image = await session.beginImage({
              capacityBytes,
              unwritten: 'inherit',
              ...(base === undefined ? {} : { base: { point: session.id, image: base } }),
            })
            for (const [at, content] of writes) {
              const run = { offsetBytes: at * chunk, lengthBytes: Math.min(chunk, capacityBytes - at * chunk) }
              if (run.lengthBytes <= 0) continue
              next.fill(content, run.offsetBytes, run.offsetBytes + run.lengthBytes)
              if (content === 0) await image.zero(run)
              else
                await writeRuns(image, [
                  {
                    offsetBytes: run.offsetBytes,
                    bytes: next.subarray(run.offsetBytes, run.offsetBytes + run.lengthBytes),
                  },
                ])
            }
            base = await image.finish()
            model = next
          }
          await session.commit(manifestOf({ disk: base! }))
          expect(same(await contentOf(repository, base!), model)).toBe(true)
        },
      ),
      { numRuns: 40 },
    )
  })

  it('does not inherit across chunk sizes', async () => {
    await using test = await openTestRepository()
    await using session = await test.repository.beginSession()
    const base = { point: session.id, image: await storeImage(session, random.bytes(chunk)) }
    const begun = session.beginImage({ capacityBytes: chunk, chunkSizeBytes: 2 * chunk, base, unwritten: 'inherit' })
    expect(await refusal(begun)).toBe('repository.invalid-option')
  })

  it('the later of two writes to a place wins, and so does the later of a write and a zero', async () => {
    await using test = await openTestRepository()
    await using session = await test.repository.beginSession()
    const image = await session.beginImage({ capacityBytes: 2 * chunk, unwritten: 'zero' })
    const [old, young] = [random.bytes(2 * chunk), random.bytes(chunk)]
    await writeRuns(image, [
      { offsetBytes: 0, bytes: old },
      { offsetBytes: 0, bytes: young },
    ])
    await image.zero({ offsetBytes: chunk, lengthBytes: chunk })
    const stored = await image.finish()
    await session.commit(manifestOf({ disk: stored }))
    expect(same(await contentOf(test.repository, stored), Buffer.concat([young, Buffer.alloc(chunk)]))).toBe(true)
  })

  it('says what is allocated without reading data', async () => {
    await using test = await openTestRepository()
    await using session = await test.repository.beginSession()
    const image = await session.beginImage({ capacityBytes: 1000 * chunk + 5, unwritten: 'zero' })
    await writeRuns(image, [
      { offsetBytes: 2 * chunk, bytes: random.bytes(2 * chunk) },
      { offsetBytes: 700 * chunk, bytes: random.bytes(chunk) },
      { offsetBytes: 1000 * chunk, bytes: random.bytes(5) },
    ])
    const stored = await image.finish()
    await session.commit(manifestOf({ disk: stored }))
    await using disk = await test.repository.openImage(stored)
    expect(await collect(disk.allocated(whole(stored.capacityBytes)))).toEqual([
      { offsetBytes: 2 * chunk, lengthBytes: 2 * chunk },
      { offsetBytes: 700 * chunk, lengthBytes: chunk },
      { offsetBytes: 1000 * chunk, lengthBytes: 5 },
    ])
    expect(totalBytes(await collect(disk.allocated({ offsetBytes: 3 * chunk + 7, lengthBytes: 10 })))).toBe(10)
  })
})

describe('reading in runs', () => {
  const stored = async () => {
    const test = await openTestRepository()
    const bytes = Buffer.alloc(60 * chunk + 100)
    for (const at of [0, 1, 2, 3, 17, 19, 40, 41, 60])
      bytes.set(random.bytes(Math.min(chunk, bytes.length - at * chunk)), at * chunk)
    const { images } = await backUp(test.repository, { disk: bytes })
    return { test, bytes, image: images[0]!.image }
  }

  it('gives everything that is not zero, in order, once', async () => {
    const { test, bytes, image } = await stored()
    await using disk = await test.repository.openImage(image)
    const back = Buffer.alloc(bytes.length)
    let at = 0
    for await (using run of disk.runs()) {
      expect(run.offsetBytes).toBeGreaterThanOrEqual(at)
      back.set(run.bytes, run.offsetBytes)
      at = run.offsetBytes + run.bytes.length
    }
    expect([same(back, bytes), at]).toEqual([true, bytes.length])
    const some = await collect(disk.runs([{ offsetBytes: 18 * chunk, lengthBytes: chunk + 1 }]))
    expect(some.map(({ offsetBytes, bytes: { length } }) => [offsetBytes, length])).toEqual([[19 * chunk, chunk]])
    for (const run of some) run[Symbol.dispose]()
  })

  it('gives all memory back, also when the reader stops early', async () => {
    const { test, image } = await stored()
    await using disk = await test.repository.openImage(image)
    for (let i = 0; i < 100; i++) for await (using run of disk.runs()) if (run.offsetBytes >= (i % 45) * chunk) break
    const kept = []
    for await (const run of disk.runs()) kept.push(run)
    for (const run of kept) run[Symbol.dispose]()
  })

  it('stops at an aborted signal', async () => {
    const { test, image } = await stored()
    await using disk = await test.repository.openImage(image)
    const reason = new Error('enough')
    const controller = new AbortController()
    const reading = (async () => {
      for await (using _ of disk.runs(undefined, { signal: controller.signal })) controller.abort(reason)
    })()
    await expect(reading).rejects.toBe(reason)
  })
})

describe('sessions', () => {
  it('list their points in order, find them by prefix, and tell the ambiguous', async () => {
    await using test = await openTestRepository()
    const points: RestorePoint[] = []
    for (let i = 0; i < 3; i++) {
      points.push(await backUp(test.repository, { disk: random.bytes(1000) }, { notes: random.bytes(100) }))
      test.clock.advance(86_400_000)
    }
    expect(await collect(test.repository.points())).toEqual(points)
    expect(points.map(({ createdAt }) => createdAt.slice(0, 10))).toEqual(['2026-01-01', '2026-01-02', '2026-01-03'])
    const [first, second] = points
    const own = second!.id.split('').findIndex((digit, i) => digit !== first!.id[i]) + 1
    expect(await test.repository.point(second!.id.slice(0, own).toUpperCase())).toEqual(second)
    expect(await refusal(test.repository.point(first!.id.slice(0, 3)))).toBe('repository.point-ambiguous')
    for (const id of ['ffff', '', 'not hex'])
      expect(await refusal(test.repository.point(id))).toBe('repository.point-not-found')
  })

  it('keep small files', async () => {
    await using test = await openTestRepository()
    const [notes, large] = [Buffer.from('notes'), random.bytes(3_000_000)]
    const point = await backUp(test.repository, {}, { notes, large })
    expect(same(await test.repository.readBlob(point.blobs['notes']!), notes)).toBe(true)
    expect(same(await test.repository.readBlob(point.blobs['large']!), large)).toBe(true)
    expect(await refusal(test.repository.readBlob('00'.repeat(32)))).toBe('repository.chunk-missing')
    expect(await refusal(test.repository.readBlob('x'))).toBe('repository.invalid-option')
  })

  it('leave nothing behind but the point, or a fence', async () => {
    await using test = await openTestRepository()
    await backUp(test.repository, { disk: random.bytes(chunk) })
    {
      await using session = await test.repository.beginSession()
      await storeImage(session, random.bytes(chunk))
    }
    expect(await collect(test.storage.list('sessions/'))).toEqual([])
    expect(await collect(test.storage.list('points/'))).toHaveLength(2)
    expect(await test.repository.status()).toMatchObject({ points: 1, sessionsOpen: 0, chunks: 2 })
  })

  it('cannot be used once they ended', async () => {
    await using test = await openTestRepository()
    const session = await test.repository.beginSession()
    await session.commit(manifestOf({}))
    expect(await refusal(session.commit(manifestOf({})))).toBe('repository.session-ended')
    expect(await refusal(session.beginImage({ capacityBytes: 1, unwritten: 'zero' }))).toBe('repository.session-ended')
    expect(await refusal(session.putBlob(new Uint8Array(1)))).toBe('repository.session-ended')
    await session.abandon()
    expect(await collect(test.repository.points())).toHaveLength(1)
  })

  it('refuse a manifest that is too large or no plain data, and can go on', async () => {
    await using test = await openTestRepository()
    await using session = await test.repository.beginSession()
    const attributes = [{ text: 'x'.repeat(1024 * 1024) }, { date: new Date() as never }, { nan: Number.NaN }]
    for (const more of attributes)
      expect(await refusal(session.commit(manifestOf({}, { attributes: more })))).toBe('repository.invalid-option')
    expect(await refusal(session.commit(manifestOf({}, { blobs: { x: 'zz' } })))).toBe('repository.invalid-option')
    await session.commit(manifestOf({}))
  })

  it('keep a manifest of 60 disks with long names, and one of nearly a megabyte', async () => {
    await using test = await openTestRepository()
    await using session = await test.repository.beginSession()
    const image = await storeImage(session, random.bytes(1000))
    const long = (what: string) => `${what} ${'很长的名字'.repeat(40)}`
    const disks = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [String(2000 + i), image]))
    const { images, ...rest } = manifestOf(disks, { attributes: { notes: 'x'.repeat(900_000) } })
    const manifest = {
      ...rest,
      images: images.map((each) => ({
        ...each,
        attributes: { fileName: long(each.key), metadata: { uuid: long('') } },
      })),
    }
    const point = await session.commit(manifest)
    await using again = await reopenTestRepository(test.storage)
    expect(await again.point(point.id)).toEqual(point)
    expect(await collect(again.points())).toEqual([point])
    expect(point).toMatchObject(manifest)
  })

  it('stop when their signal is aborted', async () => {
    await using test = await openTestRepository()
    const controller = new AbortController()
    const reason = new Error('enough')
    await using session = await test.repository.beginSession({ signal: controller.signal })
    const image = await session.beginImage({ capacityBytes: 100 * 1024 * 1024, unwritten: 'zero' })
    const taken = []
    for (let i = 0; i < 2; i++) taken.push(await image.lease(image.leaseBytesMax))
    const waiting = image.lease(image.leaseBytesMax) // no memory left
    controller.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    await expect(image.write(0, taken[0]!)).rejects.toBe(reason)
    await expect(session.commit(manifestOf({}))).rejects.toBe(reason)
  })

  it('leave no pack of nothing behind when they are aborted while the first chunk is on its way', async () => {
    await using test = await openTestRepository()
    const controller = new AbortController()
    const session = await test.repository.beginSession({ signal: controller.signal })
    const image = await session.beginImage({ capacityBytes: 4 * chunk, unwritten: 'zero' })
    const lease = await image.lease(4 * chunk)
    lease.set(random.bytes(4 * chunk))
    const written = image.write(0, lease)
    controller.abort(new Error('Ctrl-C'))
    await Promise.allSettled([written, image.finish()])
    await session.abandon()
    expect([...test.storage.objects.keys()].filter((key) => /^(packs|index)/.test(key))).toEqual([])
    expect(await test.repository.verify()).toMatchObject({ damaged: [] })
  })
})

describe('two writers at once', () => {
  const data = () => random.bytes(20 * chunk)

  it('store what both have once, whether images of one session or of two', async () => {
    await using test = await openTestRepository()
    const bytes = data()
    const sessions = [await test.repository.beginSession(), await test.repository.beginSession()]
    const images = await Promise.all(
      sessions.flatMap((session) =>
        [0, 1].map(() => session.beginImage({ capacityBytes: bytes.length, unwritten: 'zero' })),
      ),
    )
    await Promise.all(images.map((image) => writeRuns(image, [{ offsetBytes: 0, bytes }])))
    const stored = await Promise.all(images.map((image) => image.finish()))
    expect(images.reduce((sum, { progress }) => sum + progress.newBytes, 0)).toBe(bytes.length)
    await Promise.all(
      sessions.map((session, i) => session.commit(manifestOf({ a: stored[2 * i]!, b: stored[2 * i + 1]! }))),
    )
    expect(await test.repository.verify()).toMatchObject({ points: 2, damaged: [] })
  })

  it('one may rely on what the other stored and then gave up', async () => {
    await using test = await openTestRepository()
    const bytes = data()
    const first = await test.repository.beginSession()
    const image = await first.beginImage({ capacityBytes: bytes.length, unwritten: 'zero' })
    await writeRuns(image, [{ offsetBytes: 0, bytes }])
    const relying = backUp(test.repository, { disk: bytes })
    await first.abandon()
    const point = await relying
    expect(same(await contentOf(await reopenTestRepository(test.storage), point.images[0]!.image), bytes)).toBe(true)
    expect((await test.repository.verify()).damaged).toEqual([])
  })

  it('one does not wait for the other to go on', async () => {
    await using test = await openTestRepository()
    const bytes = random.bytes(2 * chunk) // less than a pack: it stays open
    const slow = await test.repository.beginSession()
    const image = await slow.beginImage({ capacityBytes: bytes.length, unwritten: 'zero' })
    await writeRuns(image, [{ offsetBytes: 0, bytes }])
    const point = await backUp(test.repository, { disk: bytes })
    await test.repository.checkPoint(point)
    await slow.commit(manifestOf({ disk: await image.finish() }))
    expect((await test.repository.status()).plainBytes).toBe(bytes.length)
  })

  it('of two processes see what the other stored', async () => {
    await using test = await openTestRepository()
    await using other = await reopenTestRepository(test.storage)
    const bytes = data()
    await other.beginSession().then((session) => session.abandon()) // it has read the index while that was empty
    await backUp(test.repository, { disk: bytes })
    await using session = await other.beginSession()
    const image = await session.beginImage({ capacityBytes: bytes.length, unwritten: 'zero' })
    await writeRuns(image, [{ offsetBytes: 0, bytes }])
    await image.finish()
    expect(image.progress).toMatchObject({ newBytes: 0, knownBytes: bytes.length })
  })

  it('many more than memory holds packs for all come to an end', async () => {
    await using test = await openTestRepository({ packSizeBytes: 16 * 1024 * 1024 })
    const contents = Array.from({ length: 12 }, () => random.bytes(40 * chunk))
    const points = await Promise.all(contents.map((disk) => backUp(test.repository, { disk })))
    for (const [i, point] of points.entries())
      expect(same(await contentOf(test.repository, point.images[0]!.image), contents[i]!)).toBe(true)
  })
})

it('works with threads as it does without', async () => {
  await using test = await openTestRepository({ workersMax: 2 })
  const bytes = Buffer.concat([random.bytes(30 * chunk), Buffer.alloc(30 * chunk, 'text'), random.bytes(1000)])
  const point = await backUp(test.repository, { disk: bytes })
  expect(same(await contentOf(test.repository, point.images[0]!.image), bytes)).toBe(true)
  const without = await reopenTestRepository(test.storage)
  expect(same(await contentOf(without, point.images[0]!.image), bytes)).toBe(true)
  expect((await test.repository.verify()).damaged).toEqual([])
})
