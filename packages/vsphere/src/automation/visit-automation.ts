import { type AppError, FormatError, type Secret } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import type { HttpClient, HttpResponse } from '../soap/http-client.ts'
import { readText, TooLargeError } from '../soap/read-text.ts'
import type { Automation, AutomationRequest } from './automation.ts'
import { type Dialect, dialects } from './dialects.ts'

export interface AutomationAccount {
  readonly username: string
  readonly password: () => Promise<Secret>
}

/** As text; in memory it is some three times as much for a moment. The 150,000 associations that vCenter 8 is made for are 8 MiB. */
const answerBytesMax = 32 * 1024 * 1024
const timeoutMs = 60_000
/** How long a login goes on for which nobody waits any more, and how long a logout may take. */
const partingMs = 5_000

/**
 * Logs in to vCenter's REST API, lets `work` ask it, and logs out again, whatever became of the work.
 *
 * @throws `vsphere.automation-missing`, `vsphere.automation-login-refused`, what {@link Automation.call} throws
 */
export async function visitAutomation<T>(
  http: HttpClient,
  account: AutomationAccount,
  work: (automation: Automation) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  signal.throwIfAborted()
  await using visit = await logIn(http, account, signal)
  signal.throwIfAborted()
  return await work(visit)
}

async function logIn(
  http: HttpClient,
  { username, password }: AutomationAccount,
  signal: AbortSignal,
): Promise<AutomationVisit> {
  const credentials = Buffer.from(`${username}:${(await password()).reveal()}`).toString('base64')
  using late = lateAbort(signal)
  for (const dialect of dialects) {
    const what = `POST ${dialect.session}`
    const headers = { authorization: `Basic ${credentials}`, 'content-length': '0' }
    const options = { pool: 'calls', what, timeoutMs, signal: late.signal } as const
    const response = await http.request({ method: 'POST', path: dialect.session, headers }, options)
    if (response.status === 404) {
      response.body.resume()
      continue
    }
    const { host } = http.address
    if (response.status === 401) {
      response.body.resume()
      throw fail('vsphere.automation-login-refused', { host, username })
    }
    const token = dialect.unwrap(await jsonOf(host, what, response))
    if (typeof token !== 'string') throw bad(host, what, 'it gave no session')
    return new AutomationVisit(http, dialect, token, signal)
  }
  throw fail('vsphere.automation-missing', { host: http.address.host })
}

/**
 * A login under way is waited for when its caller stops, to be able to log out: the server would keep a session that nobody knows. Not for ever.
 */
function lateAbort(signal: AbortSignal): Disposable & { readonly signal: AbortSignal } {
  const late = new AbortController()
  let patience: NodeJS.Timeout | undefined
  const begin = () => (patience = setTimeout(() => late.abort(signal.reason), partingMs))
  if (signal.aborted) begin()
  signal.addEventListener('abort', begin, { once: true })
  return {
    signal: late.signal,
    [Symbol.dispose]() {
      clearTimeout(patience)
      signal.removeEventListener('abort', begin)
    },
  }
}

class AutomationVisit implements Automation, AsyncDisposable {
  readonly #http: HttpClient
  readonly #dialect: Dialect
  readonly #token: string
  readonly #signal: AbortSignal

  constructor(http: HttpClient, dialect: Dialect, token: string, signal: AbortSignal) {
    this.#http = http
    this.#dialect = dialect
    this.#token = token
    this.#signal = signal
  }

  get host(): string {
    return this.#http.address.host
  }

  async call(request: AutomationRequest): Promise<unknown> {
    const { root, id: prefix, action: parameter, unwrap } = this.#dialect
    const { method, action, id, body } = request
    const one = id === undefined ? '' : `/${prefix}${encodeURIComponent(id)}`
    const path = `${root}${request.path}${one}${action === undefined ? '' : `?${parameter}=${action}`}`
    const text = body === undefined ? undefined : JSON.stringify(body)
    const headers = {
      'vmware-api-session-id': this.#token,
      accept: 'application/json',
      ...(text !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
    }
    const what = `${method} ${request.path}`
    const options = { pool: 'calls', what, timeoutMs, signal: this.#signal } as const
    const sent = { method, path, headers, ...(text !== undefined && { body: text }) }
    return unwrap(await jsonOf(this.host, what, await this.#http.request(sent, options)))
  }

  /** Logs out. Not cut short by the caller's signal: that may be the reason to go. */
  async [Symbol.asyncDispose](): Promise<void> {
    const headers = { 'vmware-api-session-id': this.#token }
    const options = { pool: 'calls', what: 'the logout', timeoutMs: partingMs } as const
    await this.#http.request({ method: 'DELETE', path: this.#dialect.session, headers }, options).then(
      ({ body }) => void body.resume(),
      () => {}, // it ends by itself, though later
    )
  }
}

async function jsonOf(host: string, what: string, response: HttpResponse): Promise<unknown> {
  const text = await readText(response, answerBytesMax).catch((error: unknown) => {
    if (error instanceof TooLargeError)
      throw fail('vsphere.answer-too-large', { host, what, limitBytes: answerBytesMax })
    throw error instanceof FormatError ? bad(host, what, error.message) : error
  })
  const { status } = response
  if (status >= 300) throw fail('vsphere.automation-refused', { host, what, status, text: text.slice(0, 300) })
  try {
    return text === '' ? undefined : JSON.parse(text)
  } catch {
    throw bad(host, what, 'it is no JSON')
  }
}

const bad = (host: string, what: string, reason: string): AppError => fail('vsphere.bad-answer', { host, what, reason })
