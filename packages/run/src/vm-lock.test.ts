import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { lockVm } from './vm-lock.ts'

const vm = { name: 'web', uuid: '50112233-4455-6677-8899-AABBCCDDEEFF' }
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vmkeep-lock-'))
})
afterEach(() => rm(folder, { recursive: true }))

it('keeps a second run away from a VM until the first lets go', async () => {
  const lock = await lockVm(folder, vm, 'one')
  await expect(lockVm(folder, vm, 'two')).rejects.toMatchObject({
    code: 'run.vm-busy',
    details: { runId: 'one', pid: process.pid },
  })
  await using _other = await lockVm(folder, { name: 'db', uuid: '60112233-4455-6677-8899-aabbccddeeff' }, 'two')
  await lock[Symbol.asyncDispose]()
  await using _second = await lockVm(folder, vm, 'two')
})

it.each([
  ['of a dead process', JSON.stringify({ runId: 'old', owner: { pid: process.pid, startTicks: 1 } })],
  ['torn by a crash', '{"runI'],
])('takes over a lock %s', async (_name, content) => {
  await mkdir(join(folder, 'locks'))
  await writeFile(join(folder, 'locks', vm.uuid.toLowerCase()), content)
  const lock = await lockVm(folder, vm, 'new')
  await lock[Symbol.asyncDispose]()
  expect(await readdir(join(folder, 'locks'))).toEqual([])
})
