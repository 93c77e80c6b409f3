import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { collect } from '@vmkeep/kit'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { fail } from '../errors.ts'
import { backUp, changedStorage, createTestRepository, noise, testChunkBytes } from '../testing.ts'
import { openFolderStorage } from './folder-storage.ts'
import { memoryStorage } from './memory-storage.ts'
import type { Reserve } from './storage.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vmkeep-reserve-'))
})
afterEach(() => rm(folder, { recursive: true }))

it('keeps room in a file that is no object, gives it back in slices, and takes it again', async () => {
  await using storage = await openFolderStorage(folder)
  const reserve = storage.reserve!
  expect(await reserve.release()).toBe(false)
  await reserve.restore()
  await reserve.restore()
  expect(await reserve.isKept()).toBe(true)
  const sizeBytes = async () => (await stat(join(folder, '.reserve'))).size
  const keptBytes = await sizeBytes()
  expect(keptBytes).toBeGreaterThanOrEqual(512 * 1024)
  expect(await collect(storage.list(''))).toEqual([])
  expect(await reserve.release()).toBe(true)
  expect(await sizeBytes()).toBe(keptBytes - 64 * 1024)
  await reserve.restore()
  expect(await sizeBytes()).toBe(keptBytes)
  while (await reserve.isKept()) await reserve.release()
  expect([await reserve.isKept(), await reserve.release()]).toEqual([false, false])
})

it('lets a point be forgotten and collected where there is room for nothing else', async () => {
  const memory = memoryStorage()
  let [kept, full] = [true, false]
  const reserve: Reserve = {
    isKept: async () => kept,
    release: async () => [kept, (kept = false)][0]!,
    restore: async () => void (kept ||= !full),
  }
  const storage = changedStorage(memory, {
    reserve,
    async putNew(key, bytes, signal) {
      if (full && kept) throw fail('storage.full', { storage: 'memory', key })
      return await memory.putNew(key, bytes, signal)
    },
    async delete(key, signal) {
      await memory.delete(key, signal)
      full = false
    },
  })
  const { repository } = await createTestRepository(storage)
  const stays = await backUp(repository, { disk: noise(2 * testChunkBytes, 'stays') })
  const goes = await backUp(repository, { disk: noise(2 * testChunkBytes, 'goes') })
  full = true
  await repository.forget(goes.id, { reason: 'a test' })
  kept = true // as if others had filled the disk again
  expect(await repository.collect({ graceMs: 0, deadShareMax: 0 })).toMatchObject({ outcome: 'done', packsDeleted: 2 })
  expect(kept).toBe(true)
  expect(await collect(repository.points())).toMatchObject([{ id: stays.id }])
  expect(await repository.verify()).toMatchObject({ damaged: [] })
})
