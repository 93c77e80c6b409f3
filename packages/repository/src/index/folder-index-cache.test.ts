import { mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom } from '@vmkeep/kit'
import { fakeClock } from '@vmkeep/kit/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Repository } from '../repository.ts'
import { type MemoryStorage, memoryStorage } from '../storage/memory-storage.ts'
import { backUp, contentOf, copyOf, createTestRepository, noise, reopenTestRepository } from '../testing.ts'
import { FolderIndexCache } from './folder-index-cache.ts'

const disk = noise(900_000, 'disk')
let root = ''
let folder = ''
let folded: MemoryStorage
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'vmkeep-index-'))
  const { repository, storage } = await createTestRepository(memoryStorage())
  await backUp(repository, { disk })
  await repository.rebuildIndex()
  folded = storage
})
beforeEach(async () => {
  folder = await mkdtemp(join(root, 'cache-'))
})
afterAll(() => rm(root, { recursive: true }))

const open = (index: { cacheBytes?: number } = {}) =>
  reopenTestRepository(copyOf(folded), { seed: 'reader', index: { cacheFolder: folder, ...index } })
const seg = () => join(folder, repositoryId, 'seg')
let repositoryId = ''

async function read(repository: Repository): Promise<void> {
  repositoryId = repository.id
  for await (const point of repository.points())
    if (point.damaged === undefined)
      expect(Buffer.from(await contentOf(repository, point.images[0]!.image)).equals(disk)).toBe(true)
}

describe('copies of the index in a folder', () => {
  it('are made once, and used by the next process', async () => {
    await read(await open())
    const names = await readdir(seg())
    expect(names).toHaveLength(2)
    const before = await Promise.all(names.map((name) => readFile(join(seg(), name))))
    const cold = copyOf(folded)
    const fetched: string[] = []
    const get = cold.get.bind(cold)
    cold.get = (key, max, signal) => (fetched.push(key), get(key, max, signal))
    await read(await reopenTestRepository(cold, { seed: 'second', index: { cacheFolder: folder } }))
    expect(fetched.filter((key) => key.startsWith('index/seg/'))).toEqual([])
    expect(await Promise.all(names.map((name) => readFile(join(seg(), name))))).toEqual(before)
  })

  it('are fetched again when they were cut short, or damaged where they are opened', async () => {
    await read(await open())
    for (const name of await readdir(seg())) {
      await truncate(join(seg(), name), 5000)
      await read(await open())
      await writeFile(join(seg(), name), (await readFile(join(seg(), name))).fill(1, 4000, 4010))
      await read(await open())
    }
  })

  it('are removed when a block turns out to be damaged, which is said, and fetched by the next try', async () => {
    await read(await open())
    for (const name of await readdir(seg())) {
      const path = join(seg(), name)
      await writeFile(path, (await readFile(path)).fill(1, 4096, 4106))
    }
    await expect(open().then(read)).rejects.toMatchObject({ code: 'repository.index-cache-damaged', remedy: 'retry' })
    await read(await open())
  })

  it('must fit what they may take, and the message says how much that is', async () => {
    await expect(open({ cacheBytes: 4096 }).then(read)).rejects.toMatchObject({
      code: 'repository.index-cache-too-small',
      message: expect.stringMatching(/takes \d+ bytes .* may take 4096/),
    })
  })

  it('are kept in memory, as long as they are few, where the folder cannot be written', async () => {
    await writeFile(join(root, 'a file'), '')
    const repository = await reopenTestRepository(copyOf(folded), {
      seed: 'reader',
      index: { cacheFolder: join(root, 'a file') },
    })
    await read(repository)
  })

  it('go when no root has named them for a day', async () => {
    const clock = fakeClock(Date.now())
    const cache = new FolderIndexCache({ folder, bytesMax: Infinity, clock, random: seededRandom('cache') })
    for (const name of ['old', 'used', 'fresh']) await cache.add(name, [Buffer.from(name)])
    await utimes(join(folder, 'old'), 0, 0)
    await utimes(join(folder, 'used'), 0, 0)
    await cache.expect(new Set(['used']), 10)
    expect((await readdir(folder)).toSorted()).toEqual(['fresh', 'used'])
    expect(await cache.sizeBytes()).toBe(9)
  })

  it('open as many files as there are descriptors for, and the rest again', async () => {
    const clock = fakeClock()
    const cache = new FolderIndexCache({ folder, bytesMax: Infinity, clock, random: seededRandom('many') })
    const files = []
    for (let i = 0; i < 400; i++) files.push(await cache.add(`file-${i}`, [Buffer.from(`content ${i}`.padEnd(12))]))
    const target = new Uint8Array(12)
    for (const [i, file] of files.entries()) {
      file.read(0, target)
      expect(Buffer.from(target).toString().trim()).toBe(`content ${i}`)
    }
  })
})
