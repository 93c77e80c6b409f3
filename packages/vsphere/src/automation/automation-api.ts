import type { AppError, Secret } from '@vmkeep/kit'
import { FormatError } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import type { HttpClient, HttpResponse } from '../soap/http-client.ts'
import { readText, TooLargeError } from '../soap/read-text.ts'

export interface AutomationRequest {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Below the root of the API: `/cis/tagging/tag`. */
  readonly path: string
  /** Which one of them. */
  readonly id?: string
  /** What POST does with it: `list-attached-tags-on-objects`. */
  readonly action?: string
  readonly body?: unknown
}

/** The two spellings of one API. Source: vSphere Automation API, "Differences between /rest and /api". Evidence: documented. */
interface Dialect {
  readonly root: string
  readonly session: string
  readonly action: string
  /** What stands before an id in a path. */
  readonly id: string
  readonly unwrap: (answer: unknown) => unknown
}

const api: Dialect = { root: '/api', session: '/api/session', action: 'action', id: '', unwrap: (answer) => answer }
const rest: Dialect = {
  root: '/rest/com/vmware',
  session: '/rest/com/vmware/cis/session',
  action: '~action',
  id: 'id:',
  unwrap: (answer) => (answer as { readonly value?: unknown } | undefined)?.value,
}

interface Login {
  readonly dialect: Dialect
  readonly token: string
}

const answerBytesMax = 64 * 1024 * 1024
const timeoutMs = 60_000

/**
 * vCenter's REST API, which knows what vim25 does not: tags. Logs in when it is first asked, with the session's own account, and once more
 * when the server has forgotten us. vCenter before 7.0 U2 speaks `/rest` only, later ones `/api`; an ESXi host neither.
 */
export class AutomationApi implements AsyncDisposable {
  readonly #http: HttpClient
  readonly #username: string
  readonly #password: () => Promise<Secret>
  #login: Promise<Login> | undefined

  constructor(http: HttpClient, account: { readonly username: string; readonly password: () => Promise<Secret> }) {
    this.#http = http
    this.#username = account.username
    this.#password = account.password
  }

  /** @throws `vsphere.automation-missing` where there is no such API, `vsphere.automation-refused`, `vsphere.login-failed` */
  async call(request: AutomationRequest, signal?: AbortSignal): Promise<unknown> {
    for (let attempt = 1; ; attempt++) {
      this.#login ??= this.#logIn(signal)
      const login = await this.#login.catch((error: unknown) => {
        this.#login = undefined
        throw error
      })
      const response = await this.#send(request, login, signal)
      if (response.status !== 401 || attempt === 2) return await this.#answerOf(request, login, response)
      response.body.destroy()
      this.#login = undefined
    }
  }

  /** Logs out, if it ever logged in. */
  async [Symbol.asyncDispose](): Promise<void> {
    const login = await this.#login?.catch(() => undefined)
    this.#login = undefined
    if (login === undefined) return
    const headers = { 'vmware-api-session-id': login.token }
    const options = { pool: 'calls', what: 'the logout', timeoutMs: 5000 } as const
    await this.#http.request({ method: 'DELETE', path: login.dialect.session, headers }, options).then(
      ({ body }) => void body.resume(),
      () => {}, // it ends by itself
    )
  }

  async #logIn(signal: AbortSignal | undefined): Promise<Login> {
    const credentials = Buffer.from(`${this.#username}:${(await this.#password()).reveal()}`).toString('base64')
    for (const dialect of [api, rest]) {
      const what = `POST ${dialect.session}`
      const headers = { authorization: `Basic ${credentials}`, 'content-length': '0' }
      const options = { pool: 'calls', what, timeoutMs, signal } as const
      const response = await this.#http.request({ method: 'POST', path: dialect.session, headers }, options)
      if (response.status === 404) {
        response.body.resume()
        continue
      }
      const token = dialect.unwrap(await this.#jsonOf(what, response))
      if (typeof token !== 'string') throw this.#bad(what, 'it gave no session')
      return { dialect, token }
    }
    throw fail('vsphere.automation-missing', { host: this.#http.address.host })
  }

  async #send(request: AutomationRequest, { dialect, token }: Login, signal: AbortSignal | undefined) {
    const { method, action, id, body } = request
    const one = id === undefined ? '' : `/${dialect.id}${encodeURIComponent(id)}`
    const path = `${dialect.root}${request.path}${one}${action === undefined ? '' : `?${dialect.action}=${action}`}`
    const text = body === undefined ? undefined : JSON.stringify(body)
    const headers = {
      'vmware-api-session-id': token,
      accept: 'application/json',
      ...(text !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
    }
    const options = { pool: 'calls', what: `${method} ${request.path}`, timeoutMs, signal } as const
    return await this.#http.request({ method, path, headers, ...(text !== undefined && { body: text }) }, options)
  }

  async #answerOf({ method, path }: AutomationRequest, { dialect }: Login, response: HttpResponse): Promise<unknown> {
    return dialect.unwrap(await this.#jsonOf(`${method} ${path}`, response))
  }

  async #jsonOf(what: string, response: HttpResponse): Promise<unknown> {
    const { host } = this.#http.address
    const text = await readText(response, answerBytesMax).catch((error: unknown) => {
      if (error instanceof TooLargeError)
        throw fail('vsphere.answer-too-large', { host, what, limitBytes: answerBytesMax })
      throw error instanceof FormatError ? this.#bad(what, error.message) : error
    })
    if (response.status === 401)
      throw fail('vsphere.login-failed', { host, username: this.#username, text: 'HTTP 401' })
    if (response.status >= 300)
      throw fail('vsphere.automation-refused', { host, what, status: response.status, text: text.slice(0, 300) })
    try {
      return text === '' ? undefined : JSON.parse(text)
    } catch {
      throw this.#bad(what, 'it is no JSON')
    }
  }

  #bad(what: string, reason: string): AppError {
    return fail('vsphere.bad-answer', { host: this.#http.address.host, what, reason })
  }
}
