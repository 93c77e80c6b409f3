import { codeOf, collect, Secret, seededRandom } from '@vmkeep/kit'
import { describe, expect, it } from 'vitest'
import { openRepository } from '../open-repository.ts'
import type { Repository } from '../repository.ts'
import { memoryStorage } from '../storage/memory-storage.ts'
import {
  backUp,
  contentOf,
  createTestRepository,
  fastKdf,
  noise,
  reopenTestRepository,
  testChunkBytes as chunk,
  testPassphrase,
} from '../testing.ts'
import { openKeySlots, testKey } from './key-slots.ts'
import { newKeyFile, newKeyPair } from './typed-secret.ts'
import { unlockAny } from './unlock.ts'
import { objectsOf } from '../open-repository.ts'

const refusal = (work: Promise<unknown>) =>
  work.then(
    () => 'fine',
    (error: unknown) => codeOf(error) ?? error,
  )
const random = seededRandom('keys of maintenance')
const now = { graceMs: 0, silentMs: 0 }
const kept = noise(4 * chunk, 'kept')

/** A repository with something to collect, and a key of each kind: one that opens everything, one for maintenance. */
async function prepared() {
  const test = await createTestRepository(memoryStorage())
  const slots = await openKeySlots(test.storage, { key: testPassphrase, kdf: fastKdf })
  const { identity, recipient } = newKeyPair(random)
  const maintainers = {
    passphrase: new Secret('sweep'),
    keyFile: new Secret(newKeyFile(random)),
    identity: new Secret(identity),
  }
  await slots.addKey(maintainers.passphrase, { maintenance: true })
  await slots.addKey(maintainers.keyFile, { maintenance: true })
  await slots.addRecipient(recipient, { maintenance: true })
  const shared = await backUp(
    test.repository,
    { disk: Buffer.concat([noise(6 * chunk, 'gone'), kept]) },
    { notes: Buffer.from('notes') },
  )
  const point = await backUp(test.repository, { disk: kept }, { notes: Buffer.from('notes') })
  await test.repository.forget(shared.id, { reason: 'a test' })
  return { ...test, slots, maintainers, point }
}

const openFor = (storage: Parameters<typeof openRepository>[0], key: Secret) =>
  openRepository(storage, { key, workersMax: 0, memoryBytesMax: 48 * 1024 * 1024, packSizeBytes: 1024 * 1024 })

describe('a key of maintenance', () => {
  it('opens by passphrase, key file and private key, and says what it is', async () => {
    const { storage, maintainers, slots } = await prepared()
    for (const key of Object.values(maintainers)) {
      await using repository = await openFor(storage, key)
      expect(repository.maintenanceOnly).toBe(true)
      expect(await testKey(storage, { key })).toMatchObject({ maintenance: true })
      expect(await refusal(openKeySlots(storage, { key }))).toBe('repository.needs-data-keys')
    }
    expect((await slots.list()).map(({ kind, maintenance }) => `${kind} ${maintenance}`).toSorted()).toEqual([
      'key file true',
      'passphrase false',
      'passphrase true',
      'recipient true',
      'recovery code false',
    ])
  })

  it('holds nothing that reads what is backed up: neither data keys nor what makes ids', async () => {
    const { storage, maintainers } = await prepared()
    const { repositoryId } = await readId(storage)
    const { content } = await unlockAny(objectsOf(storage, {}), repositoryId, maintainers.keyFile)
    const all = await unlockAny(objectsOf(storage, {}), repositoryId, testPassphrase)
    expect(content).toHaveLength(128)
    expect(Buffer.from(content).includes(Buffer.from(all.content))).toBe(false)
  })

  it('refuses to read and to write what is backed up', async () => {
    const { storage, maintainers, point } = await prepared()
    await using repository = await openFor(storage, maintainers.keyFile)
    const refused: readonly ((opened: Repository) => Promise<unknown>)[] = [
      (opened) => opened.beginSession(),
      (opened) => opened.openImage(point.images[0]!.image),
      (opened) => opened.readBlob(point.blobs['notes']!),
      (opened) => opened.rotateDataKey(),
      (opened) => opened.retireDataKey(1),
      (opened) => opened.dataKeys(),
      (opened) => opened.domains(),
      (opened) => opened.createDomain('a'),
      (opened) => opened.eraseDomain('a'),
      (opened) => opened.collect({ renewKeysBytesMax: 1 }),
      (opened) => opened.verify({ level: 'full' }),
      (opened) => opened.repair(),
    ]
    for (const work of refused) expect(await refusal(work(repository))).toBe('repository.needs-data-keys')
    expect(await collect(storage.list('sessions/'))).toEqual([])
  })

  it('lists, forgets, collects with a repack, and checks; everything is still there for who can read it', async () => {
    const { storage, maintainers, point } = await prepared()
    await using maintainer = await openFor(storage, maintainers.identity)
    expect((await collect(maintainer.points())).map(({ id }) => id)).toEqual([point.id])
    await maintainer.checkPoint(point)
    const report = await maintainer.collect({ ...now, deadShareMax: 0.01 })
    expect(report).toMatchObject({ outcome: 'done', pointsLive: 1 })
    expect(report.packsRepacked).toBeGreaterThan(0)
    expect(report.bytesFreed).toBeGreaterThan(5 * chunk)
    expect(await maintainer.verify()).toMatchObject({ damaged: [] })
    await using reader = await reopenTestRepository(storage)
    expect(Buffer.compare(await contentOf(reader, point.images[0]!.image), kept)).toBe(0)
    expect(Buffer.from(await reader.readBlob(point.blobs['notes']!)).toString()).toBe('notes')
    expect((await reader.verify()).damaged).toEqual([])
    expect((await reader.dataKeys())[0]!.packs).toBeGreaterThan(0)
  })

  it('finds a damaged pack by its checksum, and does not copy out of it', async () => {
    const { storage, maintainers, point } = await prepared()
    const packs = [...storage.objects.keys()].filter((key) => key.startsWith('packs/'))
    const largest = packs.toSorted((a, b) => storage.objects.get(b)!.length - storage.objects.get(a)!.length)[0]!
    const bytes = new Uint8Array(storage.objects.get(largest)!)
    bytes[500]! ^= 1
    storage.objects.set(largest, bytes)
    await using maintainer = await openFor(storage, maintainers.keyFile)
    await maintainer.collect({ ...now, deadShareMax: 0.01 })
    expect(storage.objects.has(largest)).toBe(true)
    expect((await maintainer.verify()).damaged).toMatchObject([{ object: largest, code: 'repository.pack-corrupt' }])
    await maintainer.checkPoint(point).catch(() => {}) // it may be hit
  })
})

async function readId(storage: Parameters<typeof openRepository>[0]) {
  const source = (await storage.get('format', 65_536))!
  return { repositoryId: source.slice(16, 32) }
}

describe('key slots of every kind', () => {
  it('open everything, and two of them must stay', async () => {
    const { storage, repository, recoveryCode } = await createTestRepository(memoryStorage())
    const point = await backUp(repository, { disk: kept })
    const slots = await openKeySlots(storage, { key: testPassphrase, kdf: fastKdf })
    const keyFile = new Secret(newKeyFile(random))
    const { identity, recipient } = newKeyPair(random)
    const made = [await slots.addKey(keyFile), await slots.addRecipient(recipient)]
    expect(await refusal(slots.addKey(keyFile))).toBe('repository.key-known')
    expect(await refusal(slots.addKey(new Secret(identity)))).toBe('repository.key-known')
    for (const key of [keyFile, new Secret(`${identity}\n`)]) {
      await using opened = await openFor(storage, key)
      expect(opened.maintenanceOnly).toBe(false)
      expect(Buffer.compare(await contentOf(opened, point.images[0]!.image), kept)).toBe(0)
    }
    const info = (await slots.list()).find(({ id }) => id === made[1])
    expect(info).toMatchObject({ kind: 'recipient', kdf: 'X25519', recipient, maintenance: false })
    expect(await refusal(openFor(storage, new Secret(newKeyPair(random).identity)))).toBe('repository.wrong-key')
    expect(await refusal(openFor(storage, new Secret(newKeyFile(random))))).toBe('repository.wrong-key')
    // A maintainer's key does not count as a way to open the data.
    await slots.addKey(new Secret('sweep'), { maintenance: true })
    const ids = (await slots.list()).flatMap(({ id, kind }) =>
      kind === 'passphrase' || kind === 'recovery code' ? [id] : [],
    )
    for (const id of ids) await slots.remove(id)
    for (const id of made) expect(await refusal(slots.remove(id))).toBe('repository.key-slot-last')
    for (const key of [testPassphrase, recoveryCode, new Secret('sweep')])
      expect(await refusal(openFor(storage, key))).toBe('repository.wrong-key')
    expect(await testKey(storage, { key: keyFile })).toMatchObject({ kind: 'key file' })
  })
})
