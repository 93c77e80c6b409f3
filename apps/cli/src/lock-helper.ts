#!/usr/bin/env node
// Locks files of one repository in a folder with `chattr +i`, and frees them when their time has come. The only part of vmkeep that
// runs as root: one file, nothing but Node's own modules, three requests. See docs/guides/immutability.md.
//
//   node lock-helper.ts FOLDER SOCKET STATE [DAYS]
//
// A request is one line of JSON on the socket, and so is the answer:
//   {"request": "lock", "key": "packs/ab/…", "untilMs": 1}  → {"ok": true, "untilMs": 1}   longer of this and what was
//   {"request": "until", "key": "packs/ab/…"}               → {"ok": true, "untilMs": 1}   or null: it was never locked
//   {"request": "free"}                                     → {"ok": true, "freed": 1}     all whose time has come
// Every other answer is {"ok": false, "why": "…"}.
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, lstat, mkdir, open, readFile, realpath, rename, unlink } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'

const dayMs = 86_400_000
const name = /^[a-z0-9_][a-z0-9._-]{0,119}$/
const lineBytesMax = 4096
const connectionsMax = 32
/** How much faster than time itself the helper's clock may run, to catch up with the system's. */
const catchUp = 1.1
const clockFileMs = 60_000

/** What to the helper is the world. */
export interface Surroundings {
  readonly wallMs: () => number
  readonly monotonicMs: () => number
  readonly setImmutable: (path: string, on: boolean) => Promise<void>
  readonly isImmutable: (path: string) => Promise<boolean>
}

export interface HelperOptions {
  readonly folder: string
  /** A folder of its own, for its list of locks and its clock. */
  readonly state: string
  /** Longer locks are refused: nobody should fill a disk for ever. */
  readonly daysMax?: number
}

/** Something was asked that is not to be. */
class Refusal extends Error {}

/**
 * A clock that cannot be set: it counts time as it passes while the helper runs. Where the system's clock is ahead, because the helper did not run or because somebody
 * set it, it follows a tenth faster.
 */
export class PatientClock {
  #nowMs: number
  #atMs: number
  readonly #surroundings: Pick<Surroundings, 'wallMs' | 'monotonicMs'>

  constructor(startMs: number | undefined, surroundings: Pick<Surroundings, 'wallMs' | 'monotonicMs'>) {
    this.#surroundings = surroundings
    this.#nowMs = startMs ?? surroundings.wallMs()
    this.#atMs = surroundings.monotonicMs()
  }

  nowMs(): number {
    const { wallMs, monotonicMs } = this.#surroundings
    const passedMs = monotonicMs() - this.#atMs
    this.#atMs += passedMs
    const [slow, fast] = [this.#nowMs + passedMs, this.#nowMs + passedMs * catchUp]
    this.#nowMs = Math.max(slow, Math.min(fast, wallMs()))
    return this.#nowMs
  }
}

export class LockHelper {
  readonly #root: string
  readonly #state: string
  readonly #daysMax: number
  readonly #surroundings: Surroundings
  readonly #clock: PatientClock
  /** Key → until when, in milliseconds since 1970: some 200 bytes of memory for each. */
  readonly #locks: Map<string, number>
  #clockFileMs = 0
  #running: Promise<unknown> = Promise.resolve()

  private constructor(root: string, options: HelperOptions, surroundings: Surroundings, kept: Kept) {
    this.#root = root
    this.#state = options.state
    this.#daysMax = options.daysMax ?? 400
    this.#surroundings = surroundings
    this.#clock = new PatientClock(kept.clockMs, surroundings)
    this.#locks = kept.locks
  }

  static async open(options: HelperOptions, surroundings: Surroundings): Promise<LockHelper> {
    await mkdir(options.state, { recursive: true, mode: 0o700 })
    return new LockHelper(await realpath(options.folder), options, surroundings, await keptIn(options.state))
  }

  /** One request, one answer; one after the other. */
  answer(line: string): Promise<object> {
    const answer = this.#running.then(() => this.#answer(line))
    this.#running = answer
    return answer
  }

  async #answer(line: string): Promise<object> {
    try {
      await this.#keepClock()
      const { request, key, untilMs } = requestOf(line)
      if (request === 'free') return { ok: true, freed: await this.#free() }
      const path = await this.#pathOf(key)
      if (request === 'lock') return { ok: true, untilMs: await this.#lock(key as string, path, untilMs) }
      if (request === 'until') return { ok: true, untilMs: await this.#until(key as string, path) }
      throw new Refusal('it is no request')
    } catch (error) {
      return { ok: false, why: error instanceof Refusal ? error.message : String((error as Error).message ?? error) }
    }
  }

  async #lock(key: string, path: string, untilMs: unknown): Promise<number> {
    const nowMs = this.#clock.nowMs()
    if (!Number.isSafeInteger(untilMs)) throw new Refusal('untilMs is no time')
    if ((untilMs as number) > nowMs + this.#daysMax * dayMs)
      throw new Refusal(`it is more than ${this.#daysMax} days from now`)
    const longest = Math.max(untilMs as number, this.#locks.get(key) ?? 0)
    if (longest !== this.#locks.get(key)) await appendLine(join(this.#state, 'locks'), `${longest} ${key}\n`)
    this.#locks.set(key, longest) // first on the list, then locked: else nobody would free it
    await this.#makeImmutable(path)
    return longest
  }

  async #until(key: string, path: string): Promise<number | null> {
    const untilMs = this.#locks.get(key)
    if (untilMs === undefined) return null
    const isDue = untilMs > this.#clock.nowMs()
    if (isDue && !(await this.#surroundings.isImmutable(path))) await this.#makeImmutable(path) // a crash came between
    return untilMs
  }

  async #free(): Promise<number> {
    const nowMs = this.#clock.nowMs()
    const ended = [...this.#locks].filter(([, untilMs]) => untilMs <= nowMs).map(([key]) => key)
    for (const key of ended) {
      const path = await this.#pathOf(key).catch(() => undefined) // gone, or no longer what it was
      if (path !== undefined) await this.#surroundings.setImmutable(path, false)
      this.#locks.delete(key)
    }
    if (ended.length > 0)
      await replaceFile(
        join(this.#state, 'locks'),
        [...this.#locks].map(([key, untilMs]) => `${untilMs} ${key}\n`).join(''),
      )
    return ended.length
  }

  async #makeImmutable(path: string): Promise<void> {
    const { setImmutable } = this.#surroundings
    await setImmutable(path, true)
    if ((await realpath(path)) === path) return
    await setImmutable(path, false) // something was moved into its way meanwhile
    throw new Refusal('it is not where it was')
  }

  /** The path of a file below the root, reached without any symbolic link. */
  async #pathOf(key: unknown): Promise<string> {
    const names = typeof key === 'string' ? key.split('/') : []
    if (names.length === 0 || !names.every((each) => name.test(each))) throw new Refusal('key is no name of an object')
    const path = join(this.#root, ...names)
    const found = await lstat(path).catch(() => undefined)
    if (found?.isFile() !== true || (await realpath(path)) !== path) throw new Refusal('there is no such file')
    return path
  }

  async #keepClock(): Promise<void> {
    const nowMs = this.#clock.nowMs()
    if (nowMs - this.#clockFileMs < clockFileMs) return
    await replaceFile(join(this.#state, 'clock'), `${Math.floor(nowMs)}\n`)
    this.#clockFileMs = nowMs
  }
}

interface Kept {
  readonly clockMs: number | undefined
  readonly locks: Map<string, number>
}

async function keptIn(state: string): Promise<Kept> {
  const locks = new Map<string, number>()
  for (const line of (await textOf(join(state, 'locks'))).split('\n')) {
    const [, untilMs, key] = /^(\d{1,16}) (\S+)$/.exec(line) ?? [] // a line cut short by a power cut locked nothing
    if (key !== undefined) locks.set(key, Math.max(Number(untilMs), locks.get(key) ?? 0))
  }
  const clock = await textOf(join(state, 'clock'))
  return { clockMs: clock === '' ? undefined : Number(clock), locks }
}

function requestOf(line: string): { request?: unknown; key?: unknown; untilMs?: unknown } {
  try {
    const parsed: unknown = JSON.parse(line)
    if (typeof parsed === 'object' && parsed !== null) return parsed
  } catch {}
  throw new Refusal('it is no request')
}

const textOf = (path: string) =>
  readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    return ''
  })

async function appendLine(path: string, line: string): Promise<void> {
  const file = await open(path, 'a', 0o600)
  try {
    await file.write(line)
    await file.sync()
  } finally {
    await file.close()
  }
}

async function replaceFile(path: string, content: string): Promise<void> {
  const file = await open(`${path}.new`, 'w', 0o600)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.new`, path)
}

/** Listens on a socket that only the owner of the repository's folder may use. */
export async function listenOn(socket: string, folder: string, helper: LockHelper): Promise<Server> {
  await unlink(socket).catch(() => {})
  const server = createServer((connection) => serve(connection, helper))
  server.maxConnections = connectionsMax
  server.listen(socket)
  await once(server, 'listening')
  const { uid, gid } = await lstat(await realpath(folder))
  await chown(socket, uid, gid)
  await chmod(socket, 0o600)
  return server
}

function serve(connection: Socket, helper: LockHelper): void {
  let text = ''
  connection.setEncoding('utf8')
  connection.on('error', () => {})
  connection.on('data', (piece: string) => {
    text += piece
    if (text.length > lineBytesMax) return void connection.destroy()
    const end = text.indexOf('\n')
    if (end < 0) return
    const line = text.slice(0, end)
    text = text.slice(end + 1)
    void helper.answer(line).then((answer) => connection.write(`${JSON.stringify(answer)}\n`))
  })
}

const run = promisify(execFile)
const environment = { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } }

export const realSurroundings: Surroundings = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  async setImmutable(path, on) {
    await run('chattr', [on ? '+i' : '-i', path], environment)
  },
  async isImmutable(path) {
    const { stdout } = await run('lsattr', [path], environment)
    return stdout.split(' ')[0]!.includes('i')
  },
}

if (import.meta.main) {
  const [folder, socket, state, days = '400'] = process.argv.slice(2)
  if (folder === undefined || socket === undefined || state === undefined || !/^[1-9]\d{0,4}$/.test(days)) {
    process.stderr.write('use: vmkeep-lock-helper FOLDER SOCKET STATE [DAYS]\n')
    process.exitCode = 2
  } else {
    const helper = await LockHelper.open({ folder, state, daysMax: Number(days) }, realSurroundings)
    const server = await listenOn(socket, folder, helper)
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.close(() => process.exit(0)))
    process.stdout.write(`locks files of ${folder}; listens on ${socket}\n`)
  }
}
