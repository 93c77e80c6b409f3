// What any version has written, this one reads: it opens, lists, verifies, restores to the byte, and can be backed up to, collected
// and made whole again.
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { collect, Secret } from '@vmkeep/kit'
import { createRepository, openFolderStorage, openKeySlots, type Repository, type Storage } from '@vmkeep/repository'
import { backUp, contentOf, manifestOf, objectKinds } from '@vmkeep/repository/testing'
import { restoreToFiles } from '@vmkeep/restore'
import { vmPointOf } from '@vmkeep/run'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { filesUnder, type Golden, goldenFolders, goldenStorage, openGolden, readGolden, sha256 } from './golden.ts'
import { makeGolden } from './make-golden.ts'

const sizeBytesMax = 300 * 1024

let scratch: string
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'vmkeep-golden-'))
})
afterAll(() => rm(scratch, { recursive: true }))

describe.each(await goldenFolders())('a repository of vmkeep %s', (version) => {
  const original = join(import.meta.dirname, version)
  let golden: Golden
  let storage: Storage
  let restores = 0
  beforeAll(async () => {
    const folder = join(scratch, version) // a copy: what is committed must not be touched
    await cp(original, folder, { recursive: true })
    golden = await readGolden(folder)
    storage = await goldenStorage(folder, golden)
  })
  afterAll(() => storage[Symbol.asyncDispose]())

  it('opens with its passphrase, its recovery code, and every other key', async () => {
    const all = [golden.passphrase, golden.recoveryCode].map((key) => ({ key, maintenance: false }))
    for (const { key, maintenance } of [...all, ...(golden.keys ?? [])]) {
      await using repository = await openGolden(storage, key)
      expect(repository.maintenanceOnly).toBe(maintenance)
      expect((await collect(repository.points())).length).toBeGreaterThanOrEqual(golden.points.length)
    }
    await expect(openGolden(storage, 'wrong')).rejects.toMatchObject({ code: 'repository.wrong-key' })
  })

  it('lists its points with all that was said of them, and verifies in full', async () => {
    await using repository = await openGolden(storage, golden.passphrase)
    const listed = (await collect(repository.points())).map((point) => point.damaged ?? point)
    const [erased, readable] = [true, false].map((is) => listed.filter((point) => 'erasedAt' in point === is))
    expect(readable).toMatchObject(
      golden.points.map(({ id, createdAt, vm: name, disks, origin }) => ({
        id,
        createdAt,
        subject: { name, kind: 'vm' },
        images: disks.map(({ capacityBytes }) => ({ image: { capacityBytes } })),
        ...(origin !== undefined && { origin: { point: origin } }),
        ...(golden.protected?.includes(id) && { protection: { reason: 'golden' }, tags: ['audit', 'env=prod'] }),
      })),
    )
    expect(erased!.map((point) => 'id' in point && point.id)).toEqual(golden.erased ?? [])
    expect((await collect(repository.forgottenPoints())).map(({ point }) => point.id)).toEqual(
      expect.arrayContaining([...(golden.forgotten ?? [])]),
    )
    expect(readable!.at(-1)).toMatchObject(golden.lockedUntil === undefined ? {} : { lockedUntil: golden.lockedUntil })
    expect(await repository.verify()).toMatchObject({ damaged: [] })
  })

  it('restores every image and file to the byte', async () => {
    await using repository = await openGolden(storage, golden.passphrase)
    await expectAll(repository)
  })

  it('takes new points beside the old ones, and increments on top of them', async () => {
    await using repository = await openGolden(storage, golden.passphrase)
    const before = await collect(repository.points())
    const last = await repository.point(golden.points.at(-1)!.id)
    await using session = await repository.beginSession()
    const { image: base } = last.images[0]!
    const image = await session.beginImage({
      capacityBytes: base.capacityBytes,
      base: { point: last.id, image: base },
      unwritten: 'inherit',
    })
    await image.zero({ offsetBytes: 0, lengthBytes: base.chunkSizeBytes })
    const next = await session.commit(manifestOf({ disk: await image.finish() }))
    const content = Buffer.from(await contentOf(repository, base))
    content.fill(0, 0, base.chunkSizeBytes)
    expect(sha256(await contentOf(repository, next.images[0]!.image))).toBe(sha256(content))
    const another = await backUp(repository, { disk: Buffer.alloc(1000, 'new') })
    expect(await collect(repository.points())).toMatchObject([...before, next, another]) // and when they were stored
    expect(await repository.verify()).toMatchObject({ damaged: [] })
  })

  it('is collected, also by a maintainer, its index made anew, and everything is still there', async () => {
    await using repository = await openGolden(storage, golden.passphrase)
    for (const id of golden.forgotten ?? []) await repository.restoreForgotten(id)
    for (const id of golden.forgotten ?? []) await repository.forget(id, { reason: 'once more' })
    const now = { graceMs: 0, silentMs: 0, deadShareMax: 0.01 }
    const maintainer = golden.keys?.find(({ maintenance }) => maintenance)
    if (maintainer !== undefined) {
      await using opened = await openGolden(storage, maintainer.key)
      const { outcome, sessionsFenced } = await opened.collect({ ...now, graceMs: Infinity })
      expect(outcome).toBe('done')
      expect(sessionsFenced).toHaveLength(2)
    }
    expect(await repository.collect(now)).toMatchObject({ outcome: 'done' })
    for (const id of golden.forgotten ?? [])
      await expect(repository.restoreForgotten(id)).rejects.toMatchObject({ code: 'repository.point-buried' })
    await repository.rebuildIndex()
    expect(await repository.repair()).toMatchObject({ lost: 0, left: [] })
    await using again = await openGolden(storage, golden.recoveryCode)
    expect(await again.verify()).toMatchObject({ damaged: [] })
    await expectAll(again)
  })

  it('is small', async () => expect(sizeOf(await filesUnder(original))).toBeLessThan(sizeBytesMax))

  async function expectAll(repository: Repository): Promise<void> {
    for (const { id, disks, blobs } of golden.points) {
      const report = await restoreToFiles({
        repository,
        point: vmPointOf(await repository.point(id)),
        folder: join(scratch, `${version}-${++restores}`),
        format: 'raw',
        disks: [],
        verify: true,
        onEvent: () => {},
        signal: new AbortController().signal,
      })
      const targets = new Map(report.disks.map(({ address, target }) => [address, target]))
      for (const { address, sha256: hash } of disks) expect(sha256(await readFile(targets.get(address)!))).toBe(hash)
      for (const blob of Object.values(blobs)) expect(sha256(await repository.readBlob(blob.id))).toBe(blob.sha256)
    }
  }
})

it('a repository of 0.1.0 gets no second data key, and a twin of it does, with all of its points', async () => {
  const folder = join(scratch, 'upgraded')
  await cp(join(import.meta.dirname, '0.1.0'), folder, { recursive: true })
  const golden = await readGolden(folder)
  await using storage = await goldenStorage(folder, golden)
  await using old = await openGolden(storage, golden.passphrase)
  for (const change of [old.rotateDataKey(), old.createDomain('blue')])
    await expect(change).rejects.toMatchObject({ code: 'repository.feature-missing' })
  const passphrase = new Secret(golden.passphrase)
  const keysOf = await openKeySlots(storage, { key: passphrase })
  await using place = await openFolderStorage(join(folder, 'twin'), { create: true })
  const kdf = { memoryKiB: 64, passes: 1, parallelism: 1 }
  await using twin = (await createRepository(place, { passphrase, keysOf, kdf, workersMax: 0 })).repository
  const { verbatim, points } = await twin.syncFrom(old)
  expect({ verbatim, outcomes: points.map(({ outcome }) => outcome) }).toEqual({
    verbatim: true,
    outcomes: golden.points.map(() => 'copied'),
  })
  await rm(join(folder, 'repository'), { recursive: true }) // it is gone for good
  expect(await twin.rotateDataKey({ alone: true })).toBe(2)
  await backUp(twin, { disk: Buffer.alloc(1000, 'new') })
  const renewed = await twin.collect({ graceMs: 0, silentMs: 0, deadShareMax: 1, renewKeysBytesMax: 2 ** 30 })
  expect(renewed).toMatchObject({ outcome: 'done' })
  await twin.retireDataKey(1)
  expect((await twin.verify()).damaged).toEqual([])
  for (const [i, { disks }] of golden.points.entries()) {
    const { images } = await twin.point(points[i]!.copy!)
    for (const [j, { sha256: hash }] of disks.entries())
      expect(sha256(await contentOf(twin, images[j]!.image))).toBe(hash)
  }
})

describe('all golden repositories together', () => {
  it('have an object of every kind that the format knows', async () => {
    const declared = Object.entries(objectKinds).flatMap(([magic, kinds]) =>
      Object.keys(kinds).map((kind) => `${magic} ${kind}`),
    )
    const found = new Set<string>()
    for (const [, bytes] of await allObjects()) found.add(kindOf(bytes))
    expect([...found].toSorted()).toEqual(declared.toSorted())
  })

  it('have an object under every name of docs/formats/repository.md §2, but for probes', async () => {
    const page = await readFile(join(import.meta.dirname, '../../docs/formats/repository.md'), 'utf8')
    const names = [
      .../## 2\. Objects and their names\s+```\n(.*?)```/s.exec(page)![1]!.matchAll(/^(\S.*?)(?: {2,}|$)/gm),
    ]
    const keys = [...(await allObjects())].map(([key]) => key.slice(key.indexOf(':') + 1))
    const patterns = names.map(([, name]) => name!.trim()).filter((name) => !name.startsWith('probe/'))
    expect(patterns.length).toBeGreaterThan(20)
    for (const pattern of patterns)
      expect(
        keys.filter((key) => regExpOf(pattern).test(key)),
        pattern,
      ).not.toEqual([])
    const strange = keys.filter((key) => !patterns.some((pattern) => regExpOf(pattern).test(key)))
    expect(strange).toEqual([])
  })

  it('have slots of every kind for everything, and for maintenance, but that no recovery code is for maintenance', async () => {
    const slots = [...(await allObjects())].filter(([key]) => key.includes(':keys/slot-'))
    const found = new Set(slots.map(([, bytes]) => `kind ${bytes[51]}, payload ${bytes[65]}`))
    expect([...found].toSorted()).toEqual(
      [1, 2, 3, 4].flatMap((kind) => (kind === 2 ? [0] : [0, 1]).map((payload) => `kind ${kind}, payload ${payload}`)),
    )
  })

  it('are made by this version, too, and the next will find them readable', async () => {
    const parent = join(scratch, 'made-today')
    await mkdir(parent)
    await makeGolden(parent, 'today')
    for (const name of ['today', 'today-twin', 'today-locked']) {
      const golden = await readGolden(join(parent, name))
      await using storage = await goldenStorage(join(parent, name), golden)
      await using repository = await openGolden(storage, golden.recoveryCode)
      for (const { id, disks } of golden.points) {
        const { images } = await repository.point(id)
        for (const [i, { sha256: hash }] of disks.entries())
          expect(sha256(await contentOf(repository, images[i]!.image))).toBe(hash)
      }
    }
    await expect(makeGolden(parent, 'today')).rejects.toThrow(/EEXIST/)
  })
})

const kindOf = (bytes: Uint8Array) => `${Buffer.from(bytes.subarray(0, 8)).toString('latin1')} ${bytes[51]}`

/** A name as the document writes it, such as `gc/<n, 8 digits>/list`. */
function regExpOf(pattern: string): RegExp {
  const parts = pattern.split(/(<[^>]*>)/)
  const source = parts.map((part) => (part.startsWith('<') ? '[0-9a-f]+(?:-[0-9a-f]+)?' : RegExp.escape(part)))
  return new RegExp(`^${source.join('')}$`)
}

async function allObjects(): Promise<Map<string, Uint8Array>> {
  const all = new Map<string, Uint8Array>()
  for (const version of await goldenFolders())
    for (const [key, bytes] of await filesUnder(join(import.meta.dirname, version, 'repository')))
      all.set(`${version}:${key}`, bytes)
  return all
}

const sizeOf = (files: ReadonlyMap<string, Uint8Array>) =>
  [...files.values()].reduce((sum, { length }) => sum + length, 0)
