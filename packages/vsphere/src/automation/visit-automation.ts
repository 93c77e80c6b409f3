import type { Secret } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import type { HttpClient } from '../soap/http-client.ts'
import type { Automation, AutomationRequest } from './automation.ts'
import { type Dialect, dialects } from './dialects.ts'
import { badAnswer, readJson } from './read-json.ts'

export interface AutomationAccount {
  readonly username: string
  readonly password: () => Promise<Secret>
}

const timeoutMs = 60_000
/** How long a login goes on for which nobody waits any more, and how long a logout may take. */
const partingMs = 5_000

/** What a visit goes by. */
export interface VisitOptions {
  /** Repeats while nothing was sent, or, of what may be asked twice, also when its answer was lost. */
  readonly retried: <T>(isReading: boolean, signal: AbortSignal | undefined, work: () => Promise<T>) => Promise<T>
  readonly signal: AbortSignal
}

/**
 * Logs in to vCenter's REST API, lets `work` ask it, and logs out again, whatever became of the work.
 *
 * @throws `vsphere.automation-missing`, `vsphere.automation-login-refused`, what {@link Automation.call} throws
 */
export async function visitAutomation<T>(
  http: HttpClient,
  account: AutomationAccount,
  work: (automation: Automation) => Promise<T>,
  options: VisitOptions,
): Promise<T> {
  const { signal } = options
  signal.throwIfAborted()
  await using visit = await logIn(http, account, options)
  signal.throwIfAborted()
  return await work(visit)
}

async function logIn(
  http: HttpClient,
  { username, password }: AutomationAccount,
  visit: VisitOptions,
): Promise<AutomationVisit> {
  const credentials = Buffer.from(`${username}:${(await password()).reveal()}`).toString('base64')
  using late = lateAbort(visit.signal)
  for (const dialect of dialects) {
    const what = `POST ${dialect.session}`
    const headers = { authorization: `Basic ${credentials}`, 'content-length': '0' }
    const options = { pool: 'calls', what, timeoutMs, signal: late.signal } as const
    const response = await visit.retried(false, late.signal, () =>
      http.request({ method: 'POST', path: dialect.session, headers }, options),
    )
    if (response.status === 404) {
      response.body.resume()
      continue
    }
    const { host } = http.address
    if (response.status === 401) {
      response.body.resume()
      throw fail('vsphere.automation-login-refused', { host, username })
    }
    const token = dialect.unwrap(await readJson(response, { host, what, signal: late.signal }))
    if (typeof token !== 'string') throw badAnswer(host, what, 'it gave no session')
    return new AutomationVisit(http, dialect, token, visit)
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
  readonly #options: VisitOptions

  constructor(http: HttpClient, dialect: Dialect, token: string, options: VisitOptions) {
    this.#http = http
    this.#dialect = dialect
    this.#token = token
    this.#options = options
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
    const { retried, signal } = this.#options
    const options = { pool: 'calls', what, timeoutMs, signal } as const
    const sent = { method, path, headers, ...(text !== undefined && { body: text }) }
    // All that is asked may be asked twice, attaching a tag included.
    return unwrap(
      await retried(true, signal, async () =>
        readJson(await this.#http.request(sent, options), { host: this.host, what, signal }),
      ),
    )
  }

  /** Logs out. Not cut short by the caller's signal: that may be the reason to go. */
  async [Symbol.asyncDispose](): Promise<void> {
    const headers = { 'vmware-api-session-id': this.#token }
    const options = { pool: 'calls', what: 'the logout', timeoutMs: partingMs } as const
    const leave = () => this.#http.request({ method: 'DELETE', path: this.#dialect.session, headers }, options)
    await this.#options.retried(true, undefined, leave).then(
      ({ body }) => void body.resume(),
      () => {}, // it ends by itself, though later
    )
  }
}
