import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { thisProcess } from './process-owner.ts'
import { startTaker, type Taker } from './testing/start-taker.ts'
import { lockVm } from './vm-lock.ts'

const vm = { name: 'web', uuid: '50112233-4455-6677-8899-AABBCCDDEEFF' }
const pidMax = 2 ** 22 // no process has this number. Source: proc(5), pid_max. Evidence: documented.
const dead = (work = 'run old') => JSON.stringify({ work, owner: { pid: pidMax, startTicks: 1 } })

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vmkeep-lock-'))
})
afterEach(() => rm(folder, { recursive: true }))

const locks = () => readdir(join(folder, 'locks'))
async function leave(record: string, name = vm.uuid.toLowerCase()): Promise<void> {
  await mkdir(join(folder, 'locks'), { recursive: true })
  await symlink(record, join(folder, 'locks', name))
}

it('keeps a second run away from a VM until the first lets go', async () => {
  const lock = await lockVm(folder, vm, 'run one')
  await expect(lockVm(folder, vm, 'run two')).rejects.toMatchObject({
    code: 'run.vm-busy',
    message: `web is being worked on by run one (process ${process.pid}); wait until it has finished`,
    details: { work: 'run one', pid: process.pid },
  })
  await using _other = await lockVm(folder, { name: 'db', uuid: '60112233-4455-6677-8899-aabbccddeeff' }, 'run two')
  await lock[Symbol.asyncDispose]()
  await using _second = await lockVm(folder, vm, 'run two')
})

describe('a lock is taken over', () => {
  const own = async (change: object) =>
    JSON.stringify({ work: 'run old', owner: { ...(await thisProcess()), ...change } })

  it.each<[string, () => string | Promise<string>]>([
    ['of a dead process', () => dead()],
    ['of an earlier process with the number of a living one', () => own({ startTicks: 1 })],
    ['of a process before the last boot that had the same number and start', () => own({ space: '000000000000' })],
    ['that is no JSON', () => '{"wor'],
    ['that names no process', () => '{"work":"run old"}'],
    ['that names a group of processes', () => JSON.stringify({ work: 'x', owner: { pid: 0, startTicks: 0 } })],
    ['that is null', () => 'null'],
  ])('%s', async (_name, record) => {
    await leave(await record())
    const lock = await lockVm(folder, vm, 'run new')
    expect(await locks()).toEqual([vm.uuid.toLowerCase()])
    await lock[Symbol.asyncDispose]()
    expect(await locks()).toEqual([])
  })

  it.each(['', 'anything'])('that is a file with %j in it', async (content) => {
    await mkdir(join(folder, 'locks'))
    await writeFile(join(folder, 'locks', vm.uuid.toLowerCase()), content)
    const lock = await lockVm(folder, vm, 'run new')
    await lock[Symbol.asyncDispose]()
    expect(await locks()).toEqual([])
  })

  it('together with the claims of takers that were killed on the way', async () => {
    let name = vm.uuid.toLowerCase()
    for (const record of ['run old', 'taker one', 'taker two'].map(dead)) {
      await leave(record, name)
      name = `${name}.${createHash('sha256').update(record).digest('hex').slice(0, 16)}`
    }
    expect(await locks()).toHaveLength(3)
    const lock = await lockVm(folder, vm, 'run new')
    expect(await locks()).toEqual([vm.uuid.toLowerCase()])
    await lock[Symbol.asyncDispose]()
  })
})

it('a lock that somebody else has by now is left to him', async () => {
  const lock = await lockVm(folder, vm, 'run one')
  await rm(join(folder, 'locks', vm.uuid.toLowerCase()))
  await using _other = await lockVm(folder, vm, 'run two')
  await lock[Symbol.asyncDispose]()
  await expect(lockVm(folder, vm, 'run three')).rejects.toMatchObject({ details: { work: 'run two' } })
})

describe('a state folder that cannot be used is named', () => {
  it('where a file stands in place of the folder', async () => {
    await writeFile(join(folder, 'locks'), '')
    await expect(lockVm(folder, vm, 'run one')).rejects.toMatchObject({
      code: 'run.state-unusable',
      message: expect.stringContaining(folder),
    })
  })

  it('where a folder stands in place of the lock, and no claim is left behind', async () => {
    await mkdir(join(folder, 'locks', vm.uuid.toLowerCase()), { recursive: true })
    await expect(lockVm(folder, vm, 'run one')).rejects.toMatchObject({ code: 'run.state-unusable' })
    expect(await locks()).toEqual([vm.uuid.toLowerCase()])
  })

  it('where nobody may write, root included', async () => {
    await expect(lockVm('/sys/vmkeep', vm, 'run one')).rejects.toMatchObject({
      code: 'run.state-unusable',
      message: expect.stringContaining('/sys/vmkeep') as string,
    })
  })
})

describe('of many takers in several processes', () => {
  let takers: Taker[]
  beforeAll(() => {
    takers = Array.from({ length: 4 }, () => startTaker())
  })
  afterAll(() => Promise.all(takers.map((taker) => taker.kill())))

  it("exactly one wins a dead process's lock, every time", async () => {
    for (let round = 0; round < 150; round++) {
      await leave(dead(`run ${round}`))
      const won = await Promise.all(takers.map((taker) => taker.ask({ take: folder, times: 3 })))
      expect(won.reduce((sum, count) => sum + count)).toBe(1)
      await Promise.all(takers.map((taker) => taker.ask({ release: true })))
      expect(await locks()).toEqual([])
    }
  })

  it('one that is killed with the lock in hand gives way to the next', async () => {
    const [killed, next] = takers as [Taker, Taker]
    expect(await killed.ask({ take: folder, times: 1 })).toBe(1)
    expect(await next.ask({ take: folder, times: 1 })).toBe(0)
    await killed.kill()
    expect(await next.ask({ take: folder, times: 3 })).toBe(1)
    await next.ask({ release: true })
    expect(await locks()).toEqual([])
  })
})
