import { getCompileCacheDir } from 'node:module'
import { dirname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { type ErrorData, errorFromData, messageOf, siblingModule } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import type { BlobKeys } from '../keys/role-keys.ts'
import { type JobKind, type Jobs, jobsOn } from './jobs.ts'

export interface WorkerStart {
  readonly memory: ArrayBufferLike
  readonly keys: BlobKeys
}

export interface JobMessage {
  readonly number: number
  readonly kind: JobKind
  readonly input: unknown
}

/** The keys of the jobs that follow. */
export interface KeysMessage {
  readonly keys: BlobKeys
}

export type ReplyMessage =
  | { readonly number: number; readonly output: unknown }
  | { readonly number: number; readonly error: ErrorData }

/** Does jobs somewhere: in threads, or in place. */
export interface JobRunner extends AsyncDisposable {
  /** @throws what the job throws; `repository.worker-died` */
  run<Kind extends JobKind>(kind: Kind, input: Jobs[Kind]['input']): Promise<Jobs[Kind]['output']>
  /** Jobs that start from now on have these keys. */
  useKeys(keys: BlobKeys): void
  /** Jobs will come soon: what takes time to begin with is begun now. */
  expectJobs(): void
}

/** Jobs in this thread, one by one: for tests, and for small errands. */
export function runInPlace({ memory, keys }: WorkerStart): JobRunner {
  let jobs = jobsOn(memory, keys)
  return {
    run: async (kind, input) => jobs[kind](input as never) as never,
    useKeys: (renewed) => void (jobs = jobsOn(memory, renewed)),
    expectJobs: () => {},
    [Symbol.asyncDispose]: async () => {},
  }
}

/** Two jobs per thread: one at work and one at hand, so that a thread never waits for us. */
const jobsPerThread = 2

interface Waiting extends JobMessage {
  readonly resolve: (output: never) => void
  readonly reject: (error: unknown) => void
}

/** Starting more at once would hold up this thread: each takes some milliseconds of it. The others start when there is work for them. */
const threadsExpectedMax = 2

/** Worker threads, started with the first job, or a little earlier. Jobs start in the order they came. */
export class WorkerPool implements JobRunner {
  #start: WorkerStart
  readonly #threadsMax: number
  readonly #threads: Thread[] = []
  readonly #queue: Waiting[] = []
  #jobs = 0
  #ended: unknown

  constructor(start: WorkerStart, threadsMax: number) {
    this.#start = start
    this.#threadsMax = threadsMax
  }

  run<Kind extends JobKind>(kind: Kind, input: Jobs[Kind]['input']): Promise<Jobs[Kind]['output']> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) return reject(this.#ended as Error)
      this.#queue.push({ number: this.#jobs++, kind, input, resolve, reject })
      this.#dispatch()
    })
  }

  useKeys(keys: BlobKeys): void {
    this.#start = { ...this.#start, keys }
    for (const thread of this.#threads) thread.useKeys(keys)
  }

  /** A thread takes 65 ms of processor time to begin; meanwhile a session is registered, or a map read. */
  expectJobs(): void {
    while (this.#ended === undefined && this.#threads.length < Math.min(threadsExpectedMax, this.#threadsMax))
      this.#startThread()
  }

  /** Ends the threads. Jobs not yet done fail. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end(fail('repository.closed', {}))
    await Promise.all(this.#threads.map((thread) => thread.terminate()))
  }

  #dispatch(): void {
    for (let job = this.#queue[0]; job !== undefined; job = this.#queue[0]) {
      const thread = this.#freeThread()
      if (thread === undefined) return
      this.#queue.shift()
      thread.give(job)
    }
  }

  #freeThread(): Thread | undefined {
    const least = this.#threads.toSorted((a, b) => a.load - b.load)[0]
    if ((least === undefined || least.load > 0) && this.#threads.length < this.#threadsMax) return this.#startThread()
    return least !== undefined && least.load < jobsPerThread ? least : undefined
  }

  #startThread(): Thread {
    const thread = new Thread(this.#start, {
      onIdle: () => this.#dispatch(),
      onDeath: (reason) => this.#end(fail('repository.worker-died', { reason })),
    })
    this.#threads.push(thread)
    return thread
  }

  #end(reason: unknown): void {
    this.#ended ??= reason
    for (const job of this.#queue.splice(0)) job.reject(reason)
    for (const thread of this.#threads) thread.failAll(reason)
  }
}

/**
 * Where compiled modules are kept: a thread learns of its process's cache by its environment only, and compiling would take longer than all else it
 * begins with (75 ms of its 140, measured). Nothing else: what the process was told is none of its business.
 */
function environmentOfThreads(): NodeJS.ProcessEnv {
  const folder = getCompileCacheDir() // has a folder for the version of Node in it, which Node adds again
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: dirname(folder) }
}

class Thread {
  readonly #worker: Worker
  readonly #given = new Map<number, Waiting>()
  readonly #onIdle: () => void

  constructor(start: WorkerStart, { onIdle, onDeath }: { onIdle: () => void; onDeath: (reason: string) => void }) {
    this.#onIdle = onIdle
    this.#worker = new Worker(siblingModule(import.meta.url, './worker'), {
      workerData: start,
      env: environmentOfThreads(),
      name: 'vmkeep-chunks',
      resourceLimits: { maxYoungGenerationSizeMb: 4 }, // few small objects: the default lets 50 MiB of them pile up (measured)
    })
    this.#worker.on('message', (reply: ReplyMessage) => this.#take(reply))
    this.#worker.on('error', (error) => onDeath(messageOf(error)))
    this.#worker.on('exit', (code) => onDeath(`exit ${code}`))
    this.#worker.unref() // an idle thread keeps no process alive
  }

  get load(): number {
    return this.#given.size
  }

  give(job: Waiting): void {
    if (this.#given.size === 0) this.#worker.ref()
    this.#given.set(job.number, job)
    this.#worker.postMessage({ number: job.number, kind: job.kind, input: job.input } satisfies JobMessage)
  }

  useKeys(keys: BlobKeys): void {
    this.#worker.postMessage({ keys } satisfies KeysMessage)
  }

  failAll(reason: unknown): void {
    for (const job of this.#given.values()) job.reject(reason)
    this.#given.clear()
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate()
  }

  #take(reply: ReplyMessage): void {
    const job = this.#given.get(reply.number)
    this.#given.delete(reply.number)
    if (this.#given.size === 0) this.#worker.unref()
    if ('output' in reply) job?.resolve(reply.output as never)
    else job?.reject(errorFromData(reply.error))
    this.#onIdle()
  }
}
