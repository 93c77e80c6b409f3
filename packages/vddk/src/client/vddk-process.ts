import { type ChildProcess, spawn } from 'node:child_process'
import type { Duplex } from 'node:stream'
import { type Clock, errorFromData, type Log, messageOf, siblingModule, silent, userCacheFolder } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import type { VddkLibrary } from '../library/find-library.ts'
import { makeSearchFolder } from '../library/search-folder.ts'
import { frame, FrameReader } from '../protocol/frames.ts'
import type { Answer, RequestName, Requests, SharedPlace } from '../protocol/messages.ts'
import { errorOfVix } from '../vix-errors.ts'
import { LogLines } from './log-lines.ts'
import { Pending } from './pending.ts'
import { SharedMemory, type Slot, slotBytes, slotsMax } from './shared-memory.ts'

export interface VddkProcessOptions {
  readonly library: VddkLibrary
  /** The library's own configuration file. */
  readonly configFile?: string | undefined
  readonly clock: Clock
  readonly log?: Log
  /** Where links to the library's files are kept. The user's cache, if left out. */
  readonly cacheFolder?: string
}

export interface Asked {
  /** What it is for, as errors tell it: `while reading [ds] web/web.vmdk`. */
  readonly during: string
  /** How long it may take while nothing else is answered either. */
  readonly timeoutMs: number
  readonly body?: Uint8Array
}

type Given<N extends RequestName> = { readonly gives: Requests[N]['gives']; readonly body: Uint8Array }

/** A process with libvixDiskLib in it. When the library crashes, hangs or panics, this process ends and nothing else. */
export class VddkProcess implements AsyncDisposable {
  readonly library: VddkLibrary
  readonly #child: ChildProcess
  readonly #socket: Duplex
  readonly #words: LogLines
  readonly #pending: Pending
  readonly #ended: Promise<void>
  #death: Error | undefined
  #closing: Promise<void> | undefined
  #transports = ''
  #shared: SharedMemory | undefined

  /** @throws `vddk.library-not-loadable`, or what the library has against being initialised */
  static async start(options: VddkProcessOptions): Promise<VddkProcess> {
    const { library, configFile, cacheFolder = userCacheFolder('vddk') } = options
    const searchFolder = await makeSearchFolder(library, cacheFolder).catch((error: unknown) => {
      throw fail('vddk.library-not-loadable', { file: library.file, why: messageOf(error) }, error)
    })
    const started = new VddkProcess(options, spawnChild(searchFolder))
    const { file, rootFolder, majorVersion } = library
    const sharedBytes = slotBytes * slotsMax
    const takes = { file, rootFolder, majorVersion, sharedBytes, ...(configFile === undefined ? {} : { configFile }) }
    try {
      const { gives } = await started.ask('init', takes, { during: `while initialising ${file}`, timeoutMs: 60_000 })
      started.#transports = gives.transports
      started.#share(gives.shared)
      return started
    } catch (error) {
      await started.kill()
      throw error
    }
  }

  private constructor({ library, clock, log = silent }: VddkProcessOptions, child: ChildProcess) {
    this.library = library
    this.#child = child
    this.#socket = child.stdio[3] as Duplex
    this.#words = new LogLines(log, { log: child.stdout!, warn: child.stderr! })
    this.#pending = new Pending(clock, (silenceMs, during) => this.#hung(silenceMs, during))
    this.#ended = new Promise((resolve) => {
      child.once('error', (error) => this.#died(messageOf(error)))
      child.once('close', (code, signal) => {
        this.#died(signal ?? `exit code ${code}`)
        this.#shared?.[Symbol.dispose]()
        resolve()
      })
    })
    const reader = new FrameReader<Answer>((answer, body) => this.#answered(answer, body))
    this.#socket.on('error', () => {}) // its end is the process's, which tells more
    this.#socket.on('data', (chunk: Uint8Array) => {
      try {
        reader.push(chunk)
      } catch (error) {
        this.#end(fail('vddk.bad-answer', { during: 'at some time', fact: messageOf(error) }, error))
      }
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** What the library says it can do: `file:san:hotadd:nbdssl:nbd`. */
  get transports(): string {
    return this.#transports
  }

  /** A piece of its memory for one request that puts bytes there. `undefined`: they come with the answer. */
  takeSlot(lengthBytes: number): Slot | undefined {
    return this.isAlive ? this.#shared?.take(lengthBytes) : undefined
  }

  /** Whether it can be asked anything any more. */
  get isAlive(): boolean {
    return this.#death === undefined && this.#closing === undefined
  }

  /** @throws `vddk.*`: what the library refused, or how it went down */
  async ask<N extends RequestName>(name: N, takes: Requests[N]['takes'], asked: Asked): Promise<Given<N>> {
    if (this.#death !== undefined) throw this.#death
    if ('login' in takes) this.#words.hide(takes.login.cookie)
    const { id, given } = this.#pending.add(asked)
    for (const piece of frame({ id, name, takes }, asked.body)) this.#socket.write(piece)
    return (await given) as Given<N>
  }

  /** Ends it without asking the library. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }

  /** Lets the library finish, for some seconds, and ends the process. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#exit()
    await this.#closing
  }

  async #exit(): Promise<void> {
    try {
      await this.ask('exit', {}, { during: 'while it ends', timeoutMs: 10_000 })
    } catch {
      // it has ended already, or will now
    }
    await this.kill()
  }

  #share(place: SharedPlace | undefined): void {
    const { pid } = this.#child
    if (place !== undefined && pid !== undefined && this.isAlive) this.#shared = SharedMemory.open(pid, place)
  }

  #answered(answer: Answer, body: Uint8Array): void {
    const asked = this.#pending.take(answer.id)
    if (asked === undefined) return
    if ('gives' in answer) asked.resolve({ gives: answer.gives, body })
    else if ('failed' in answer) asked.reject(errorFromData(answer.failed))
    else asked.reject(errorOfVix(answer.refused.vix, answer.refused.text, asked.during))
  }

  #hung(silenceMs: number, during: string): void {
    this.#end(fail('vddk.child-hung', { silenceMs, during, lastWords: this.#words.last }))
  }

  #died(how: string): void {
    const during = this.#pending.oldest ?? 'while nothing was asked of it'
    this.#end(fail('vddk.child-died', { how, during, lastWords: this.#words.last }))
  }

  #end(cause: Error): void {
    this.#death ??= cause
    this.#child.kill('SIGKILL')
    this.#pending.rejectAll(this.#death)
  }
}

/** Nothing of our surroundings that may be secret, and one thread for all calls of the library: see `child/library.ts`. */
function spawnChild(searchFolder: string): ChildProcess {
  const kept = ['PATH', 'HOME', 'USER', 'LOGNAME', 'TMPDIR', 'LANG', 'LC_ALL', 'TZ', 'NODE_COMPILE_CACHE']
  const env = Object.fromEntries(
    kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  )
  return spawn(process.execPath, [siblingModule(import.meta.url, '../child/main').pathname], {
    env: { ...env, LD_LIBRARY_PATH: searchFolder, UV_THREADPOOL_SIZE: '1' },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
}
