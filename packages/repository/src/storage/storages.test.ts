import { chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { codeOf, collect, FaultPlan, seededRandom, systemClock } from '@vmkeep/kit'
import { fakeClock } from '@vmkeep/kit/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type StorageFault, faulty } from './faulty-storage.ts'
import { folderError } from './folder-errors.ts'
import { openFolderStorage } from './folder-storage.ts'
import { LockingMemoryStorage } from './locking-memory-storage.ts'
import { memoryStorage } from './memory-storage.ts'
import { objectLockContract } from './object-lock-contract.ts'
import { ObjectStore } from './object-store.ts'
import { storageContract } from './storage-contract.ts'

let scratch: string
let folders = 0
const nextFolder = () => join(scratch, `folder-${folders++}`)
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'vmkeep-storage-'))
})
afterAll(() => rm(scratch, { recursive: true }))

const random = seededRandom('storages')
storageContract('a folder', () => openFolderStorage(nextFolder(), { create: true }))
storageContract('memory', async () => memoryStorage(systemClock))
storageContract('a faulty storage without faults', async () =>
  faulty(memoryStorage(systemClock), new FaultPlan(random)),
)

objectLockContract('memory with locks', {
  open: async () => new LockingMemoryStorage(),
  mode: 'compliance',
  nowMs: Date.now,
})
objectLockContract('a faulty storage without faults', {
  open: async () => faulty(new LockingMemoryStorage(), new FaultPlan(random)),
  mode: 'governance',
  nowMs: Date.now,
})

describe('a folder', () => {
  it('must be there, and be a folder', async () => {
    await expect(openFolderStorage(nextFolder())).rejects.toMatchObject({ code: 'storage.missing' })
    const file = nextFolder()
    await writeFile(file, 'x')
    for (const path of [file, join(file, 'below')])
      for (const create of [false, true])
        await expect(openFolderStorage(path, { create })).rejects.toMatchObject({ code: 'storage.not-a-folder' })
  })

  it('leaves no temporary file behind and shows none', async () => {
    const path = nextFolder()
    await using storage = await openFolderStorage(path, { create: true })
    await storage.putNew('points/a', new Uint8Array(1))
    await storage.putNew('points/a', new Uint8Array(1))
    expect(await readdir(join(path, 'points'))).toEqual(['a'])
    await writeFile(join(path, 'points', '.tmp-left-by-a-crash'), 'x')
    expect(await collect(storage.list(''))).toMatchObject([{ key: 'points/a', sizeBytes: 1 }])
  })

  it.each([
    ['taken away', async () => {}],
    ['replaced by another', async (path: string) => mkdir(path)],
  ])('notices that it was %s', async (_, then) => {
    const path = nextFolder()
    await using storage = await openFolderStorage(path, { create: true })
    await storage.putNew('a/b', new Uint8Array(1))
    await rename(path, `${path}-elsewhere`)
    await then(path)
    const gone = { code: 'storage.gone' }
    await expect(storage.putNew('a/c', new Uint8Array(1))).rejects.toMatchObject(gone)
    await expect(storage.get('a/b', 1)).rejects.toMatchObject(gone)
    await expect(storage.size('a/b')).rejects.toMatchObject(gone)
    await expect(collect(storage.list('a/'))).rejects.toMatchObject(gone)
  })

  it('makes a folder again that someone removed', async () => {
    const path = nextFolder()
    await using storage = await openFolderStorage(path, { create: true })
    await storage.putNew('a/b/c', new Uint8Array(1))
    await rm(join(path, 'a'), { recursive: true })
    expect(await storage.putNew('a/b/c', new Uint8Array(1))).toBe('created')
  })

  it('says what stands in the way', async () => {
    const path = nextFolder()
    await using storage = await openFolderStorage(path, { create: true })
    await writeFile(join(path, 'points'), 'a file where a folder belongs')
    await expect(storage.putNew('points/a', new Uint8Array(1))).rejects.toMatchObject({ code: 'storage.not-a-folder' })
    if (process.getuid?.() === 0) return // root may do anything
    await chmod(path, 0o555)
    const outcome = await storage.putNew('x', new Uint8Array(1)).catch(codeOf)
    await chmod(path, 0o755) // else it could not be removed
    expect(outcome).toBe('storage.no-permission')
  })

  it.each(['EACCES', 'ENOSPC', 'EROFS', 'EIO'])('%s names the object, or the folder alone', (code) => {
    const told = (key: string) =>
      (folderError(Object.assign(new Error(code), { code }), 'folder /x', key) as Error).message
    expect(told('points/a')).toMatch(/^folder \/x .* points\/a: /)
    expect(told('')).toMatch(/^folder \/x [^:]*[a-z)]: /)
  })

  it.each([
    ['ENOSPC', 'storage.full'],
    ['EDQUOT', 'storage.full'],
    ['EACCES', 'storage.no-permission'],
    ['EROFS', 'storage.read-only'],
    ['ENOTDIR', 'storage.not-a-folder'],
    ['EIO', 'storage.unavailable'],
    ['ESTALE', 'storage.unavailable'],
  ])('turns %s into %s', (code, expected) =>
    expect(folderError(Object.assign(new Error(code), { code }), 'folder /x', 'points/a')).toMatchObject({
      code: expected,
    }),
  )
})

describe('an object store', () => {
  const store = (rule: { on: string; times?: number; after?: number; then: StorageFault }) => {
    const memory = memoryStorage()
    const storage = faulty(memory, new FaultPlan(random, [rule]))
    return { memory, objects: new ObjectStore(storage, { clock: fakeClock(), random }) }
  }
  const bytes = random.bytes(1_000)

  it('asks again when the storage stumbles, and gives up in the end', async () => {
    const { memory, objects } = store({ on: 'storage.get', times: 3, then: { kind: 'fail-before' } })
    await memory.putNew('x', bytes)
    expect(await objects.get('x', 1_000)).toHaveLength(1_000)
    const never = store({ on: 'storage.get', then: { kind: 'fail-before' } })
    await expect(never.objects.get('x', 1)).rejects.toMatchObject({ code: 'storage.unavailable' })
  })

  it('does not ask a full storage again', async () => {
    const { objects } = store({ on: 'storage.putNew', times: 1, then: { kind: 'full' } })
    await expect(objects.putUnique('x', bytes)).rejects.toMatchObject({ code: 'storage.full' })
  })

  it('knows its own object after a lost reply', async () => {
    const { memory, objects } = store({ on: 'storage.putNew', times: 1, then: { kind: 'fail-after' } })
    await objects.putUnique('x', [bytes.subarray(0, 990), bytes.subarray(990)])
    expect(memory.objects.get('x')).toHaveLength(1_000)
  })

  it('refuses to take another object for its own', async () => {
    const { memory, objects } = store({ on: 'storage.putNew', times: 1, then: { kind: 'fail-before' } })
    await memory.putNew('x', random.bytes(1_000))
    await expect(objects.putUnique('x', bytes)).rejects.toMatchObject({ code: 'repository.name-taken' })
    await memory.putNew('y', bytes)
    await expect(objects.putUnique('y', bytes)).rejects.toMatchObject({ code: 'repository.name-taken' })
  })

  it('says of its own object, stored by a lost reply and removed by a collection since, that it is gone', async () => {
    const { memory, objects } = store({ on: 'storage.putNew', times: 1, then: { kind: 'fail-after' } })
    const getSuffix = memory.getSuffix.bind(memory)
    memory.getSuffix = async (key, ...rest) => {
      memory.objects.delete(key)
      return await getSuffix(key, ...rest)
    }
    await expect(objects.putUnique('x', bytes)).rejects.toMatchObject({ code: 'repository.name-vanished' })
  })

  it('takes a broken list up again without losing or repeating a key', async () => {
    const memory = memoryStorage()
    for (let i = 10; i < 30; i++) await memory.putNew(`k/${i}`, new Uint8Array(i))
    let left = 2
    const list = memory.list.bind(memory)
    memory.list = async function* (prefix) {
      let n = 0
      for await (const object of list(prefix)) {
        if (n++ === 7 && left-- > 0) throw unavailable()
        yield object
      }
    }
    const objects = new ObjectStore(memory, { clock: fakeClock(), random })
    expect((await collect(objects.list('k/'))).map(({ sizeBytes }) => sizeBytes)).toEqual(
      Array.from({ length: 20 }, (_, i) => i + 10),
    )
  })
})

const unavailable = () => folderError(Object.assign(new Error('EIO'), { code: 'EIO' }), 'memory', 'k/') as Error
