import { codeOf, collect } from '@vmkeep/kit'
import { fakeClock } from '@vmkeep/kit/testing'
import { expect, it } from 'vitest'
import { createRepository } from '../create-repository.ts'
import { decodeFormat, peekFormat } from '../formats/format-object.ts'
import { fromHex } from '../formats/hex.ts'
import { decodeBlobHeader } from '../formats/blob.ts'
import { openKeys, readFormat } from '../open-repository.ts'
import { openRepository } from '../open-repository.ts'
import { type MemoryStorage, memoryStorage } from '../storage/memory-storage.ts'
import { ObjectStore } from '../storage/object-store.ts'
import {
  backUp,
  contentOf,
  createTestRepository,
  createTestTwin,
  fastKdf,
  noise,
  reopenTestRepository,
  testPassphrase,
} from '../testing.ts'
import { openBlob } from '../workers/seal-blob.ts'
import { openKeySlots } from './key-slots.ts'
import { roleKeys } from './role-keys.ts'
import { unlock } from './unlock.ts'

const disk = noise(700_000, 'disk')
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => 'fine',
    (error: unknown) => codeOf(error) ?? error,
  )

/** What another process has when it opens the repository in `storage`. */
async function keysIn(storage: MemoryStorage) {
  const environment = { clock: fakeClock() }
  const objects = new ObjectStore(storage, {
    ...environment,
    random: { bytes: (n) => new Uint8Array(n), fraction: () => 0 },
  })
  const format = await readFormat(objects, undefined)
  const { masterKey } = await unlock(objects, format.repositoryId, testPassphrase)
  return { masterKey, ...(await openKeys(objects, { ...format, masterKey }, environment)) }
}

it('twins have ids of their own, and make the same ids and roots of the same content', async () => {
  const origin = await createTestRepository(memoryStorage())
  const twin = await createTestTwin(origin)
  const another = await createTestRepository(memoryStorage(), { seed: 'another' })
  expect(twin.repository.keysId).toBe(origin.repository.id)
  expect(origin.repository.keysId).toBe(origin.repository.id)
  expect(twin.repository.id).not.toBe(origin.repository.id)
  const roots = []
  for (const { repository } of [origin, twin, another])
    roots.push((await backUp(repository, { disk })).images[0]!.image.root)
  expect(roots[1]).toBe(roots[0])
  expect(roots[2]).not.toBe(roots[0])
  const ofTwin = await createTestTwin(twin, { seed: 'twin of the twin' })
  expect(ofTwin.repository.keysId).toBe(origin.repository.id)
})

it('a twin opens with its own passphrase and its own recovery code, and reads what it stored', async () => {
  const origin = await createTestRepository(memoryStorage())
  const twin = await createTestTwin(origin)
  const point = await backUp(twin.repository, { disk })
  for (const key of [testPassphrase, twin.recoveryCode]) {
    await using opened = await openRepository(twin.storage, { key, workersMax: 0 })
    expect(opened.keysId).toBe(origin.repository.id)
    expect(Buffer.compare(await contentOf(opened, point.images[0]!.image), disk)).toBe(0)
    expect((await opened.verify()).damaged).toEqual([])
  }
  expect(await refusal(openRepository(twin.storage, { key: origin.recoveryCode, workersMax: 0 }))).toBe(
    'repository.wrong-key',
  )
})

it('what one has sealed the other opens, as it is; and nothing else of one passes for the other’s', async () => {
  const origin = await createTestRepository(memoryStorage())
  const twin = await createTestTwin(origin)
  await backUp(origin.repository, { disk })
  const [key] = (await collect(origin.storage.list('packs/'))).map(({ key: name }) => name)
  const pack = origin.storage.objects.get(key!)!
  const storedBytes = new DataView(pack.buffer, pack.byteOffset + 64).getUint32(8, true)
  const blob = pack.subarray(64, 64 + storedBytes)
  const [ours, theirs] = [await keysIn(origin.storage), await keysIn(twin.storage)]
  const { id } = decodeBlobHeader(blob, storedBytes)
  expect(openBlob(theirs.ring.keys, blob, { id })).toEqual(openBlob(ours.ring.keys, blob, { id }))
  expect([theirs.roles.ids, theirs.roles.mapIds, theirs.roles.map]).toEqual([
    ours.roles.ids,
    ours.roles.mapIds,
    ours.roles.map,
  ])
  for (const role of ['index', 'control', 'ring'] as const) expect(theirs.roles[role]).not.toEqual(ours.roles[role])
})

it('a program that knows nothing of twins can say what is needed', async () => {
  const origin = await createTestRepository(memoryStorage())
  const { storage } = await createTestTwin(origin)
  const source = storage.objects.get('format')!
  const { repositoryId, known, needs } = peekFormat(source)
  const { masterKey } = await keysIn(storage)
  expect([known, needs]).toEqual([true, '0.2.0'])
  // It derives the control key with the repository's own id, and so gets as far as to the features.
  const { readFeatures, keysId } = decodeFormat(source, repositoryId, roleKeys(masterKey, repositoryId).control)
  expect(readFeatures).toContain('shared-keys')
  expect(keysId).toEqual(fromHex(origin.repository.id, 16))
})

it('nothing is learnt from a repository with other keys, or twice', async () => {
  const origin = await createTestRepository(memoryStorage())
  const twin = await createTestTwin(origin)
  const another = await createTestRepository(memoryStorage(), { seed: 'another' })
  expect(await refusal(twin.repository.learnKeysOf(another.repository))).toBe('repository.keys-differ')
  const before = [...twin.storage.objects.keys()]
  await twin.repository.learnKeysOf(origin.repository)
  expect([...twin.storage.objects.keys()]).toEqual(before)
})

it('a twin is not made with keys that do not open', async () => {
  const { storage } = await createTestRepository(memoryStorage())
  const keysOf = await openKeySlots(storage, { key: testPassphrase })
  storage.objects.delete('keys/ring-00000001')
  const target = memoryStorage()
  const options = { passphrase: testPassphrase, kdf: fastKdf, keysOf, workersMax: 0 }
  expect(await refusal(createRepository(target, options))).toBe('repository.object-corrupt')
  expect(target.objects.size).toBe(0)
  await using reopened = await reopenTestRepository(
    (await createTestTwin(await createTestRepository(memoryStorage()))).storage,
  )
  expect(await collect(reopened.points())).toEqual([])
})
