import { repositoryFail } from '@vmkeep/repository'
import { openTestRepository, backUp, noise } from '@vmkeep/repository/testing'
import { expect, it } from 'vitest'
import { holdPoint } from './hold-point.ts'

const { signal } = new AbortController()
const details: string[] = []
const say = { detail: (text: string) => void details.push(text) }

it('holds a point until it is let go, so that a collection leaves it alone', async () => {
  await using test = await openTestRepository()
  const point = await backUp(test.repository, { disk: noise(300_000, 'disk') })
  const held = await holdPoint(test.repository, point.id, say, signal)
  await test.repository.forget(point.id, { reason: 'test' })
  expect(await test.repository.collect({ graceMs: 0 })).toMatchObject({ packsDeleted: 0 })
  await held[Symbol.asyncDispose]()
  expect((await test.repository.collect({ graceMs: 0 })).packsDeleted).toBeGreaterThan(0)
  await expect(holdPoint(test.repository, point.id, say, signal)).rejects.toMatchObject({
    code: 'repository.point-buried',
  })
})

it('lets a point be read where nothing can be written', async () => {
  const readOnly = repositoryFail('storage.read-only', { storage: 'folder /backup', key: 'readers/x' })
  const held = await holdPoint({ holdPoint: () => Promise.reject(readOnly) }, 'id', say, signal)
  await held[Symbol.asyncDispose]()
  expect(details).toEqual([expect.stringContaining('cannot be held')])
  const away = repositoryFail('storage.gone', { storage: 'folder /backup' })
  await expect(holdPoint({ holdPoint: () => Promise.reject(away) }, 'id', say, signal)).rejects.toBe(away)
})
