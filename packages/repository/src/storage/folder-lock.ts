import { createConnection } from 'node:net'
import { open, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import type { LockBreak, LockMode, ObjectLock, Retention } from './object-lock.ts'

const answerMs = 30_000
const answerCharactersMax = 10_000

interface FolderLockParts {
  readonly storage: string
  readonly root: string
  readonly socket: string
  readonly putNew: (
    key: string,
    bytes: Uint8Array | readonly Uint8Array[],
    signal?: AbortSignal,
  ) => Promise<'created' | 'exists'>
}

interface Answer {
  readonly ok?: unknown
  readonly why?: unknown
  readonly untilMs?: unknown
}

/** Locks of files in a folder, by the helper that may set what only root may set: `apps/cli/src/lock-helper.ts`. */
export class FolderLock implements ObjectLock {
  readonly #parts: FolderLockParts

  constructor(parts: FolderLockParts) {
    this.#parts = parts
  }

  async whyNot(mode: LockMode): Promise<string | undefined> {
    if (mode === 'compliance')
      return 'in a folder root can always lift a lock: only the mode governance can be promised'
    const answer = await this.#ask({ request: 'free' }).catch(messageOf)
    if (typeof answer === 'string') return `no lock helper answers at ${this.#parts.socket}: ${answer}`
    return answer.ok === true ? undefined : `the lock helper refuses: ${String(answer.why)}`
  }

  async putNew(
    key: string,
    bytes: Uint8Array | readonly Uint8Array[],
    retention: Retention,
    signal?: AbortSignal,
  ): Promise<'created' | 'exists'> {
    const outcome = await this.#parts.putNew(key, bytes, signal)
    // Found there, it may be our own of a try whose lock did not come to pass.
    if (outcome === 'created' || (await this.retentionOf(key)) === undefined) await this.extend(key, retention)
    return outcome
  }

  async extend(key: string, { untilMs }: Retention): Promise<void> {
    const { ok, why } = await this.#answer(key, { request: 'lock', key, untilMs })
    if (ok === true) return
    const { storage } = this.#parts
    if (why === 'there is no such file') throw fail('storage.not-found', { storage, key })
    throw fail('storage.no-lock', { storage, reason: `the lock helper refuses ${key}: ${String(why)}` })
  }

  async retentionOf(key: string): Promise<Retention | undefined> {
    const { ok, untilMs } = await this.#answer(key, { request: 'until', key })
    return ok === true && typeof untilMs === 'number' ? { mode: 'governance', untilMs } : undefined
  }

  async breaks(key: string): Promise<LockBreak[]> {
    const before = await this.retentionOf(key)
    const path = join(this.#parts.root, key)
    const broken: LockBreak[] = []
    if (before !== undefined) await this.#answer(key, { request: 'lock', key, untilMs: before.untilMs - 10_000 })
    await this.free()
    const after = await this.retentionOf(key)
    if (before !== undefined && (after?.untilMs ?? 0) < before.untilMs) broken.push('shortened')
    if (await succeeds(async () => await (await open(path, 'r+')).close())) broken.push('overwritten')
    if (await succeeds(() => unlink(path))) broken.push('deleted')
    return broken
  }

  /** Frees what is locked no more. */
  async free(): Promise<void> {
    await this.#answer('', { request: 'free' })
  }

  async #answer(key: string, request: object): Promise<Answer> {
    try {
      return await this.#ask(request)
    } catch (error) {
      const { storage, socket } = this.#parts
      const reason = `the lock helper at ${socket} does not answer: ${messageOf(error)}`
      throw fail('storage.unavailable', { storage, key, reason }, error)
    }
  }

  #ask(request: object): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const connection = createConnection(this.#parts.socket)
    let text = ''
    connection.setEncoding('utf8')
    connection.setTimeout(answerMs, () => reject(new Error(`nothing for ${answerMs / 1000} s`)))
    connection.on('error', reject)
    connection.on('close', () => reject(new Error('it hung up')))
    connection.on('data', (piece: string) => {
      text += piece
      if (text.length > answerCharactersMax) return reject(new Error('an answer without end'))
      if (!text.endsWith('\n')) return
      try {
        resolve(JSON.parse(text) as Answer)
      } catch (error) {
        reject(error as Error)
      }
    })
    connection.write(`${JSON.stringify(request)}\n`)
    return promise.finally(() => connection.destroy())
  }
}

const succeeds = (work: () => Promise<void>) =>
  work().then(
    () => true,
    () => false,
  )
