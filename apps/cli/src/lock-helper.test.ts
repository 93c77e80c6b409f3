import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { listenOn, LockHelper, PatientClock, type Surroundings } from './lock-helper.ts'

const dayMs = 86_400_000
let home: string
let wallMs: number
let monotonicMs: number
let immutable: Set<string>
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'vmkeep-lock-helper-'))
  await mkdir(join(home, 'repository/packs/ab'), { recursive: true })
  await writeFile(join(home, 'repository/packs/ab/one'), 'one')
  wallMs = Date.UTC(2026, 0, 1)
  monotonicMs = 0
  immutable = new Set()
})
afterEach(() => rm(home, { recursive: true }))

const surroundings: Surroundings = {
  wallMs: () => wallMs,
  monotonicMs: () => monotonicMs,
  setImmutable: async (path, on) => void (on ? immutable.add(path) : immutable.delete(path)),
  isImmutable: async (path) => immutable.has(path),
}
const open = () => LockHelper.open({ folder: join(home, 'repository'), state: join(home, 'state') }, surroundings)
const pass = (ms: number) => {
  wallMs += ms
  monotonicMs += ms
}
const one = 'packs/ab/one'
const ask = (helper: LockHelper, request: string, more: object = {}) =>
  helper.answer(JSON.stringify({ request, key: one, ...more }))

describe('the lock helper', () => {
  it('locks until the time has come, and then frees', async () => {
    const helper = await open()
    const untilMs = wallMs + dayMs
    expect(await ask(helper, 'until')).toEqual({ ok: true, untilMs: null })
    expect(await ask(helper, 'lock', { untilMs })).toEqual({ ok: true, untilMs })
    expect(immutable.size).toBe(1)
    pass(dayMs - 1)
    expect(await ask(helper, 'free')).toEqual({ ok: true, freed: 0 })
    pass(1)
    expect(await ask(helper, 'free')).toEqual({ ok: true, freed: 1 })
    expect(immutable.size).toBe(0)
    expect(await ask(helper, 'until')).toEqual({ ok: true, untilMs: null })
  })

  it('only makes locks longer', async () => {
    const helper = await open()
    await ask(helper, 'lock', { untilMs: wallMs + 10 * dayMs })
    expect(await ask(helper, 'lock', { untilMs: wallMs })).toEqual({ ok: true, untilMs: wallMs + 10 * dayMs })
    expect(await ask(helper, 'lock', { untilMs: wallMs + 20 * dayMs })).toMatchObject({ ok: true })
    pass(15 * dayMs)
    expect(await ask(helper, 'free')).toEqual({ ok: true, freed: 0 })
  })

  it('remembers its locks, and mends one that a crash left half made or half written', async () => {
    const untilMs = wallMs + dayMs
    await ask(await open(), 'lock', { untilMs })
    immutable.clear()
    await writeFile(join(home, 'state/locks'), '99999', { flag: 'a' })
    const again = await open()
    expect(await ask(again, 'until')).toEqual({ ok: true, untilMs })
    expect(immutable.size).toBe(1)
  })

  it('is not hurried by a clock that is set forward, whether it runs or not', async () => {
    const helper = await open()
    await ask(helper, 'lock', { untilMs: wallMs + 10 * dayMs })
    wallMs += 1000 * dayMs
    expect(await ask(helper, 'free')).toEqual({ ok: true, freed: 0 })
    const again = await open() // started anew under the wrong clock
    pass(9 * dayMs)
    expect(await ask(again, 'free')).toEqual({ ok: true, freed: 0 }) // 9.9 days by its own
    pass(dayMs / 2)
    expect(await ask(again, 'free')).toEqual({ ok: true, freed: 1 })
  })

  it('refuses whatever is not a file of the repository', async () => {
    const helper = await open()
    const outside = join(home, 'outside')
    await writeFile(outside, 'x')
    await symlink(outside, join(home, 'repository/link'))
    await symlink(home, join(home, 'repository/way'))
    const untilMs = wallMs + dayMs
    for (const key of [
      '../outside',
      '/etc/passwd',
      'link',
      'way/outside',
      'packs/ab',
      'packs/none',
      '',
      'a//b',
      7,
      null,
    ])
      expect(await ask(helper, 'lock', { key, untilMs }), String(key)).toMatchObject({ ok: false })
    expect(immutable.size).toBe(0)
  })

  it('undoes what it did to a file that was moved into the way meanwhile', async () => {
    const path = join(home, 'repository', one)
    const swapping: Surroundings = {
      ...surroundings,
      async setImmutable(each, on) {
        if (on) {
          await rm(path)
          await symlink(join(home, 'outside'), path)
          await writeFile(join(home, 'outside'), 'x')
        }
        await surroundings.setImmutable(each, on)
      },
    }
    const helper = await LockHelper.open({ folder: join(home, 'repository'), state: join(home, 'state') }, swapping)
    expect(await ask(helper, 'lock', { untilMs: wallMs + dayMs })).toEqual({ ok: false, why: 'it is not where it was' })
    expect(immutable.size).toBe(0)
  })

  it('refuses what is no request, and locks for longer than it may', async () => {
    const helper = await open()
    for (const line of ['', 'null', '[]', '{', '"lock"', '{"request":"unlock","key":"packs/ab/one"}'])
      expect(await helper.answer(line), line).toMatchObject({ ok: false })
    for (const untilMs of [undefined, 'soon', 1.5, wallMs + 401 * dayMs])
      expect(await ask(helper, 'lock', { untilMs })).toMatchObject({ ok: false })
    expect(await readFile(join(home, 'state/locks'), 'utf8').catch(() => '')).toBe('')
  })
})

it('answers line by line on its socket, and hangs up on a line without end', async () => {
  const helper = await open()
  const socket = join(home, 'socket')
  const server = await listenOn(socket, join(home, 'repository'), helper)
  try {
    const said = async (text: string) => {
      const connection = createConnection(socket)
      connection.on('error', () => {})
      connection.write(text)
      const answer = await Promise.race([
        once(connection, 'data').then(([data]) => String(data)),
        once(connection, 'close').then(() => 'hung up'),
      ])
      connection.destroy()
      return answer
    }
    expect(JSON.parse(await said('{"request":"free"}\n'))).toEqual({ ok: true, freed: 0 })
    expect(JSON.parse(await said('nonsense\n'))).toMatchObject({ ok: false })
    expect(await said('x'.repeat(10_000))).toBe('hung up')
    expect((await stat(socket)).mode & 0o777).toBe(0o600)
  } finally {
    server.close()
  }
})

it('a patient clock never goes back, and follows one that is ahead a tenth faster', () => {
  const clock = new PatientClock(undefined, surroundings)
  expect(clock.nowMs()).toBe(wallMs)
  wallMs -= dayMs
  monotonicMs += 1000
  expect(clock.nowMs()).toBe(wallMs + dayMs + 1000)
  wallMs += 5 * dayMs
  monotonicMs += 1000
  expect(clock.nowMs()).toBeCloseTo(wallMs - 4 * dayMs + 2100, 3)
})
