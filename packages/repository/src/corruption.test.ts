// Every kind of object is damaged in every way: the damage must be found, named exactly, and hit what it hits.
import { codeOf, collect } from '@vmkeep/kit'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Damage, Repository } from './repository.ts'
import type { RestorePoint } from './restore-point.ts'
import { type MemoryStorage, memoryStorage } from './storage/memory-storage.ts'
import {
  backUp,
  contentOf,
  copyOf,
  createTestRepository,
  manifestOf,
  noise,
  reopenTestRepository,
  testChunkBytes as chunk,
  writeRuns,
} from './testing.ts'

const refusal = (work: Promise<unknown>) =>
  work.then(
    () => 'fine',
    (error: unknown) => codeOf(error) ?? error,
  )
const disk = noise(20 * chunk, 'disk')
const changed = Buffer.from(disk)
noise(chunk, 'changed').copy(changed, 5 * chunk)
const notes = noise(1000, 'notes')

let whole: MemoryStorage
let points: RestorePoint[]
beforeAll(async () => {
  const test = await createTestRepository(memoryStorage())
  const first = await backUp(test.repository, { disk }, { notes })
  test.clock.advance(1000)
  await using session = await test.repository.beginSession()
  const image = await session.beginImage({
    capacityBytes: disk.length,
    base: { point: first.id, image: first.images[0]!.image },
    unwritten: 'inherit',
  })
  await writeRuns(image, [{ offsetBytes: 5 * chunk, bytes: changed.subarray(5 * chunk, 6 * chunk) }])
  const second = await session.commit(manifestOf({ disk: await image.finish() }))
  points = [first, second]
  whole = test.storage
})

/** A copy of the storage with one object changed, and the repository in it, opened. */
async function damaged(key: string, change: (bytes: Uint8Array) => Uint8Array | undefined) {
  const storage = memoryStorage()
  for (const [name, bytes] of whole.objects) storage.objects.set(name, bytes)
  const result = change(new Uint8Array(storage.objects.get(key)!))
  if (result === undefined) storage.objects.delete(key)
  else storage.objects.set(key, result)
  return storage
}
const flipped = (at: number) => (bytes: Uint8Array) => {
  bytes[at < 0 ? bytes.length + at : at]! ^= 16
  return bytes
}
const cut = (bytes: Uint8Array) => bytes.subarray(0, Math.floor(bytes.length / 2))
const removed = () => undefined
const empty = () => new Uint8Array()
const zeroed = (bytes: Uint8Array) => new Uint8Array(bytes.length)

const keysOf = (prefix: string) => [...whole.objects.keys()].filter((key) => key.startsWith(prefix)).toSorted()
/** The packs of the first backup: data ones of 1 MiB, then the one with the map and the notes. */
const packsBySize = () =>
  keysOf('packs/').toSorted((a, b) => whole.objects.get(b)!.length - whole.objects.get(a)!.length)
const verified = async (storage: MemoryStorage, options = {}): Promise<Damage[]> => {
  await using repository = await reopenTestRepository(storage)
  return [...(await repository.verify(options)).damaged]
}
const contents = async (repository: Repository) => {
  for (const [i, expected] of [disk, changed].entries())
    if (Buffer.compare(await contentOf(repository, points[i]!.images[0]!.image), expected) !== 0) return 'wrong bytes'
  return 'fine'
}

it('finds nothing wrong where nothing is', async () => {
  expect(await verified(await damaged('format', (bytes) => bytes))).toEqual([])
})

describe('format', () => {
  it.each([
    ['flipped in its header', flipped(20), 'repository.object-corrupt'],
    ['flipped in what it says', flipped(-20), 'repository.object-corrupt'],
    ['cut', cut, 'repository.object-corrupt'],
    ['empty', empty, 'repository.object-corrupt'],
    ['zeroed', zeroed, 'repository.object-corrupt'],
    ['too large to be one', () => new Uint8Array(100_000), 'storage.too-large'],
    ['removed', removed, 'repository.missing'],
  ])('%s', async (_, change, code) => {
    expect(await refusal(reopenTestRepository(await damaged('format', change)))).toBe(code)
  })
})

describe('the key ring', () => {
  it.each([
    ['flipped', flipped(100)],
    ['cut', cut],
    ['empty', empty],
    ['removed', removed],
  ])('%s', async (_, change) => {
    expect(await refusal(reopenTestRepository(await damaged('keys/ring-00000001', change)))).toBe(
      'repository.object-corrupt',
    )
  })
})

describe('a point', () => {
  it.each([
    ['flipped in its header', flipped(5)],
    ['flipped in its commitment', flipped(70)],
    ['flipped in what it says', flipped(150)],
    ['flipped in its tag', flipped(-1)],
    ['cut', cut],
    ['empty', empty],
    ['zeroed', zeroed],
    ['swapped with another', () => new Uint8Array(whole.objects.get(keysOf('points/')[1]!)!)],
    ['larger than any point', () => new Uint8Array(1024 * 1024 + 1)],
    ['too large to be one', () => new Uint8Array(100_000)],
  ])('%s is listed as damaged, and named by verify', async (_, change) => {
    const key = `points/${points[0]!.id}`
    const storage = await damaged(key, change)
    await using repository = await reopenTestRepository(storage)
    const listed = await collect(repository.points())
    expect(listed.map(({ id, damaged: damage }) => [id, codeOf(damage)])).toEqual([
      [points[0]!.id, 'repository.point-corrupt'],
      [points[1]!.id, undefined],
    ])
    expect(await refusal(repository.point(points[0]!.id))).toBe('repository.point-corrupt')
    expect(await repository.status()).toMatchObject({ points: 1, damagedPoints: 1 })
    expect(await verified(storage)).toMatchObject([
      { kind: 'bad', object: key, code: 'repository.point-corrupt', hits: [{ point: points[0]!.id, extents: [] }] },
    ])
  })
})

describe('a delta', () => {
  it.each([
    ['flipped', flipped(90)],
    ['cut', cut],
    ['empty', empty],
  ])('%s is named, and everything can still be read', async (_, change) => {
    for (const key of keysOf('index/')) {
      const storage = await damaged(key, change)
      expect(await verified(storage)).toMatchObject([
        { kind: 'bad', object: key, code: 'repository.object-corrupt', hits: [] },
      ])
      await using repository = await reopenTestRepository(storage)
      expect(await contents(repository)).toBe('fine')
    }
  })

  it('removed is made up for from the trailers, and by the next backup for good', async () => {
    for (const key of keysOf('index/')) {
      const storage = await damaged(key, removed)
      await using repository = await reopenTestRepository(storage)
      expect(await contents(repository)).toBe('fine')
      await backUp(repository, {})
      for (const point of points) await repository.checkPoint(point)
      expect(await verified(storage)).toEqual([])
    }
  })
})

describe('a data pack', () => {
  const dataPack = () => packsBySize()[0]!

  it.each([
    ['in its header', 3],
    ['in its trailer', -100],
    ['in its checksum', -30],
    ['at its end', -1],
  ])('flipped %s is named as damaged, and its chunks can still be read', async (_, at) => {
    const storage = await damaged(dataPack(), flipped(at))
    expect(await verified(storage)).toMatchObject([
      { kind: 'bad', object: dataPack(), code: 'repository.pack-corrupt', hits: [] },
    ])
    await using repository = await reopenTestRepository(storage)
    expect(await contents(repository)).toBe('fine')
  })

  it.each([
    ['the magic', 64],
    ['the type', 68],
    ['the compression', 69],
    ['the flags', 70],
    ['the stored length', 72],
    ['the plain length', 77],
    ['the key generation', 80],
    ['the id', 90],
    ['the nonce', 117],
    ['the content', 5000],
    ['the tag', 64 + 64 + chunk + 3],
  ])('flipped in %s of a chunk: the chunk is named, with the disk and the place it hits', async (_, at) => {
    const storage = await damaged(dataPack(), flipped(at))
    const found = await verified(storage)
    expect(found).toMatchObject([{ kind: 'bad', object: dataPack(), code: 'repository.chunk-corrupt' }])
    const { chunkId, hits, message } = found[0]!
    for (const fact of [chunkId!, dataPack(), 'byte 64', 'verify']) expect(message).toContain(fact)
    expect(hits.map(({ point, image }) => [point, image])).toEqual(points.map(({ id }) => [id, 'disk']))
    const [extent] = hits[0]!.extents
    expect(hits.every(({ extents }) => extents.length === 1 && extents[0]!.lengthBytes === chunk)).toBe(true)
    await using repository = await reopenTestRepository(storage)
    await using image = await repository.openImage(points[0]!.images[0]!.image)
    await expect(image.read(extent!.offsetBytes, new Uint8Array(1))).rejects.toMatchObject({
      code: 'repository.chunk-corrupt',
      remedy: 'quarantine',
      details: { id: chunkId, pack: dataPack(), offsetBytes: 64 },
    })
    expect(await refusal(image.read(0, new Uint8Array(disk.length)))).toBe('repository.chunk-corrupt')
    const elsewhere = new Uint8Array(chunk)
    const offsetBytes = extent!.offsetBytes === 0 ? chunk : 0
    await image.read(offsetBytes, elsewhere)
    expect(Buffer.compare(elsewhere, disk.subarray(offsetBytes, offsetBytes + chunk))).toBe(0)
  })

  it('cut: what is left can be read, what is lost is named', async () => {
    const storage = await damaged(dataPack(), cut)
    const found = await verified(storage)
    expect(found[0]).toMatchObject({ kind: 'bad', object: dataPack(), code: 'repository.pack-corrupt' })
    await using repository = await reopenTestRepository(storage)
    expect(await refusal(repository.checkPoint(points[0]!))).toBe('repository.pack-corrupt')
    expect(await refusal(contents(repository))).toBe('repository.chunk-corrupt')
  })

  it.each([
    ['cut', cut, 'bad'],
    ['removed', removed, 'absent'],
    ['zeroed', zeroed, 'bad'],
  ] as const)('%s: verify says what cannot be restored', async (_, change, kind) => {
    const found = await verified(await damaged(dataPack(), change))
    expect(found.every((damage) => damage.kind === kind && damage.object === dataPack())).toBe(true)
    await using repository = await reopenTestRepository(await damaged(dataPack(), change))
    await using image = await repository.openImage(points[0]!.images[0]!.image)
    const lost = new Set<number>()
    for (let at = 0; at < disk.length; at += chunk)
      if ((await refusal(image.read(at, new Uint8Array(chunk)))) !== 'fine') lost.add(at)
    const named = new Set(
      found
        .flatMap(({ hits }) => hits.filter(({ point }) => point === points[0]!.id))
        .flatMap(({ extents }) => extents.flatMap(placesIn)),
    )
    expect([...named].toSorted(byNumber)).toEqual([...lost].toSorted(byNumber))
    expect(lost.size).toBeGreaterThan(2)
  })

  it('removed: the next backup stores its chunks again, and heals the old points', async () => {
    const storage = await damaged(dataPack(), removed)
    await using repository = await reopenTestRepository(storage)
    expect(await refusal(contents(repository))).toBe('repository.pack-missing')
    await backUp(repository, { disk })
    expect(await contents(repository)).toBe('fine')
    for (const point of points) await repository.checkPoint(point)
  })
})

describe('a metadata pack', () => {
  const mapPack = () =>
    packsBySize().find((key) => key.includes(points[0]!.id.slice(16)) && whole.objects.get(key)!.length < 100_000)!

  it('flipped in a map page: the whole image is named', async () => {
    const storage = await damaged(mapPack(), flipped(300))
    const [found] = await verified(storage)
    expect(found).toMatchObject({ kind: 'bad', object: mapPack(), code: 'repository.chunk-corrupt' })
    expect(found!.hits).toEqual([
      { point: points[0]!.id, image: 'disk', extents: [{ offsetBytes: 0, lengthBytes: disk.length }] },
    ])
    await using repository = await reopenTestRepository(storage)
    expect(await refusal(repository.checkPoint(points[0]!))).toBe('repository.chunk-corrupt')
    expect(await refusal(contents(repository))).toBe('repository.chunk-corrupt')
  })

  it('removed: the image and the small file are named', async () => {
    const storage = await damaged(mapPack(), removed)
    const [found, ...more] = await verified(storage)
    expect(more).toEqual([])
    expect(found).toMatchObject({ kind: 'absent', object: mapPack(), code: 'repository.pack-missing' })
    expect(found!.hits.map(({ point, image, blob }) => [point, image ?? blob])).toEqual([
      [points[0]!.id, 'disk'],
      [points[0]!.id, 'notes'],
    ])
    await using repository = await reopenTestRepository(storage)
    expect(await refusal(repository.readBlob(points[0]!.blobs['notes']!))).toBe('repository.pack-missing')
  })
})

describe('verify', () => {
  it('of one point looks at what that point needs, and no further', async () => {
    const own = packsBySize().find((key) => key.includes(points[1]!.id.slice(16)))!
    const storage = await damaged(own, flipped(5000))
    expect(await verified(storage, { points: [points[0]!.id] })).toEqual([])
    expect(await verified(storage, { points: [points[1]!.id] })).toMatchObject([{ object: own }])
    expect(await refusal(verified(storage, { points: ['ffff'] }))).toBe('repository.point-not-found')
  })

  it('reads as much as it is told, and reports how far it is', async () => {
    await using repository = await reopenTestRepository(copyOf(whole))
    const chunks = async (samplePercent: number) => (await repository.verify({ samplePercent })).chunks
    const all = await chunks(100)
    expect([await chunks(0), all]).toEqual([0, 24])
    expect(await chunks(50)).toBeLessThan(all)
    const progress: number[] = []
    await repository.verify({
      onProgress: ({ bytesDone, packsDone, packsTotal }) => progress.push(bytesDone + packsDone / packsTotal),
    })
    expect(progress.toSorted(byNumber)).toEqual(progress)
    expect(await refusal(repository.verify({ samplePercent: 101 }))).toBe('repository.invalid-option')
  })

  it('stops at an aborted signal', async () => {
    await using repository = await reopenTestRepository(copyOf(whole))
    const controller = new AbortController()
    const reason = new Error('enough')
    const verifying = repository.verify({ signal: controller.signal, onProgress: () => controller.abort(reason) })
    await expect(verifying).rejects.toBe(reason)
  })
})

const byNumber = (a: number, b: number) => a - b
const placesIn = ({ offsetBytes, lengthBytes }: { offsetBytes: number; lengthBytes: number }) =>
  Array.from({ length: lengthBytes / chunk }, (_, i) => offsetBytes + i * chunk)
