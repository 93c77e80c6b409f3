import { AppError, type Clock, type Log, messageOf, Secret } from '@vmkeep/kit'
import type { Automation } from '../automation/automation.ts'
import { visitAutomation, type VisitOptions } from '../automation/visit-automation.ts'
import { fail } from '../errors.ts'
import { Cookies } from '../soap/cookies.ts'
import type { HttpClient, HttpRequest } from '../soap/http-client.ts'
import type { XmlElement } from '../soap/xml-element.ts'
import type { DataObject, MethodName, Request, Response } from '../types/data-object.ts'
import { isPbm } from '../types/pbm.ts'
import type { Endpoint } from './endpoint.ts'
import { isPropertyRead, lacksSession, type SessionCalls } from './session-calls.ts'
import type { CallOptions, HandedOver, Session, Transfer, TransferOptions } from './session.ts'
import { transferOf } from './transfer.ts'

/** What one login gave us. Calls hold on to it, so that a late answer cannot touch the next login's cookie. */
interface Login {
  readonly generation: number
  readonly cookies: Cookies
}

const loginTimeoutMs = 30_000
/** A call that waits for long may meet the end of more than one session: a vCenter that is busy, or restarts, ends several in a row. */
const renewalsMax = 3
const logoutTimeoutMs = 5_000

const serviceInstance = { type: 'ServiceInstance', value: 'ServiceInstance' }

export class LiveSession implements Session {
  readonly #http: HttpClient
  readonly #calls: SessionCalls
  readonly #endpoint: Endpoint & { readonly port: number }
  readonly #log: Log
  readonly #closing = new AbortController()
  readonly #impatience = new AbortController()
  #login: Login = { generation: 0, cookies: new Cookies() }
  /** Whether there is something to log out of. */
  #isIn = false
  #renewal: Promise<Login> | undefined
  /** The refusal of a login. It is final: another try with the same password would help to lock the account. */
  #refusal: AppError | undefined
  /** The same at the REST API, which may refuse whom vim25 accepts. */
  #automationRefusal: AppError | undefined
  #keepAlive: NodeJS.Timeout | undefined
  readonly content: DataObject<'ServiceContent'>
  readonly clock: Clock

  constructor(options: {
    http: HttpClient
    calls: SessionCalls
    endpoint: Endpoint & { readonly port: number }
    content: DataObject<'ServiceContent'>
    clock: Clock
    log: Log
  }) {
    this.#http = options.http
    this.#calls = options.calls
    this.#endpoint = options.endpoint
    this.#log = options.log
    this.content = options.content
    this.clock = options.clock
  }

  get host(): string {
    return this.#endpoint.host
  }

  get port(): number {
    return this.#endpoint.port
  }

  get username(): string {
    return this.#endpoint.username
  }

  get about(): DataObject<'AboutInfo'> {
    return this.content.about
  }

  get isVCenter(): boolean {
    return this.about.apiType === 'VirtualCenter'
  }

  get apiVersion(): string {
    return this.#calls.apiVersion
  }

  get generation(): number {
    return this.#login.generation
  }

  async call<M extends MethodName>(method: M, request: Request<M>, options: CallOptions = {}): Promise<Response<M>> {
    return await this.#repeated(method, options.signal, async (login) => {
      const outcome = await this.#calls.try(method, request, login.cookies, this.#until(options))
      if ('notAuthenticated' in outcome)
        return this.#renewalFor(method, login, outcome.notAuthenticated, options.signal)
      const response = this.#calls.decode(method, outcome.value)
      return isPropertyRead(method) && lacksSession(response) ? undefined : { value: response }
    })
  }

  async callXml<M extends MethodName>(method: M, request: Request<M>, options: CallOptions = {}): Promise<XmlElement> {
    return await this.#repeated(method, options.signal, async (login) => {
      const outcome = await this.#calls.try(method, request, login.cookies, this.#until(options))
      if ('notAuthenticated' in outcome) return undefined
      const isLacking = isPropertyRead(method) && lacksSession(this.#calls.decode(method, outcome.value))
      return isLacking ? undefined : outcome
    })
  }

  async http(
    request: HttpRequest & { readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE' },
    options: TransferOptions = {},
  ): Promise<Transfer> {
    const { signal, timeoutMs = 120_000 } = this.#until(options)
    const what = `${request.method} ${request.path.replace(/\?.*/s, '')}`
    const isOneTime =
      request.body !== undefined && typeof request.body !== 'string' && !(request.body instanceof Uint8Array)
    const response = await this.#repeated(what, signal, async (login) => {
      const headers = { ...options.headers, ...login.cookies.headers }
      const answer = await this.#http.request({ ...request, headers }, { pool: 'transfers', what, timeoutMs, signal })
      if (answer.status !== 401 || isOneTime || (await this.#isKnown(login, signal))) return { value: answer }
      answer.body.destroy()
      return undefined
    })
    return transferOf(response, { host: this.host, what, signal })
  }

  async httpGet(path: string, options: TransferOptions = {}): Promise<Transfer> {
    return await this.http({ method: 'GET', path }, options)
  }

  async visitAutomation<T>(work: (automation: Automation) => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (!this.isVCenter) throw fail('vsphere.automation-missing', { host: this.host })
    const refusal = this.#refusal ?? this.#automationRefusal
    if (refusal !== undefined) throw refusal
    const until = this.#endOf(signal)
    const retried: VisitOptions['retried'] = (isReading, signalOfWork, call) =>
      this.#calls.retried(isReading, signalOfWork, call)
    const visit = () => visitAutomation(this.#http, this.#endpoint, work, { retried, signal: until })
    try {
      return await this.#whileAway(until, visit)
    } catch (error) {
      if (error instanceof AppError && error.code === 'vsphere.automation-login-refused')
        this.#automationRefusal = error
      throw error
    }
  }

  async handOver(signal?: AbortSignal): Promise<HandedOver> {
    await this.call('CurrentTime', { _this: serviceInstance }, { signal })
    const cookie = new Secret(this.#login.cookies.headers.cookie ?? '')
    return { cookie, thumbprintSha1: this.#http.thumbprintSha1! } // there is one: we have just asked it something
  }

  /** Logs in anew, whatever the state. @throws `vsphere.login-failed` */
  async login(signal?: AbortSignal): Promise<void> {
    await this.#renewed(this.#login, signal)
  }

  /** Sends a sign of life now and then. Its timer does not keep the process alive. */
  startKeepAlive(intervalMs: number): void {
    this.#keepAlive = setInterval(() => void this.#signOfLife(), intervalMs).unref()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closing.signal.aborted) return
    clearInterval(this.#keepAlive)
    const closed = fail('vsphere.session-closed', { host: this.host })
    this.#closing.abort(closed)
    // A login under way is waited for, to be able to log out: the server would keep the session for half an hour.
    const patience = setTimeout(() => this.#impatience.abort(closed), logoutTimeoutMs)
    await this.#renewal?.catch(() => {})
    clearTimeout(patience)
    await this.#logout()
    this.#http[Symbol.dispose]()
  }

  /** Runs `work`; as long as it says `undefined`, the server does not know our session: logs in for all, and runs it once more. */
  async #repeated<T>(
    what: string,
    signal: AbortSignal | undefined,
    work: (login: Login) => Promise<{ readonly value: T } | undefined>,
  ): Promise<T> {
    this.#closing.signal.throwIfAborted()
    let login = await (this.#renewal === undefined ? this.#login : this.#waited(this.#renewal, signal))
    for (let renewals = 0; ; renewals++) {
      const done = await work(login)
      if (done !== undefined) return done.value
      if (renewals === renewalsMax) throw fail('vsphere.not-authenticated', { host: this.host, method: what })
      login = await this.#renewed(login, signal)
    }
  }

  /** Logged out while `work` runs. Whoever calls meanwhile waits for the login that follows, as for any new one. */
  async #whileAway<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    while (this.#renewal !== undefined) await this.#waited(this.#renewal, signal).catch(() => {})
    signal.throwIfAborted()
    const working = this.#logout().then(work)
    this.#renewal = working
      .catch(() => {})
      .then(() => this.#logIn())
      .finally(() => (this.#renewal = undefined))
    await this.#waited(this.#renewal, signal).catch(() => {}) // what is wrong with the login, the next call finds out
    return await working
  }

  /** A login newer than `old`. All who ask at the same time share one. */
  async #renewed(old: Login, signal: AbortSignal | undefined): Promise<Login> {
    if (this.#login.generation > old.generation) return this.#login
    if (this.#refusal !== undefined) throw this.#refusal
    this.#renewal ??= this.#renew().finally(() => (this.#renewal = undefined))
    return await this.#waited(this.#renewal, signal)
  }

  async #renew(): Promise<Login> {
    const login = await this.#logIn()
    if (login.generation > 1)
      this.#log({ level: 'info', message: `${this.host} had ended our session; logged in again` })
    return login
  }

  /** Waits for the shared login. A caller who aborts stops waiting; the login goes on for the others. */
  async #waited(renewal: Promise<Login>, signal: AbortSignal | undefined): Promise<Login> {
    renewal.catch(() => {}) // it may fail after the last one has stopped waiting
    if (signal === undefined) return await renewal
    const aborted = Promise.withResolvers<never>()
    const abort = () => aborted.reject(signal.reason as Error)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    try {
      return await Promise.race([renewal, aborted.promise])
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  async #logIn(): Promise<Login> {
    this.#closing.signal.throwIfAborted()
    const { username, password } = this.#endpoint
    // Without any cookie: a login on a session that is still known fails with InvalidLogin, as if the password were wrong.
    // Source: vcsim. Evidence: observed.
    const cookies = new Cookies()
    const secret = await password()
    const request = { _this: this.content.sessionManager!, userName: username, password: secret.reveal() }
    try {
      await this.#calls.call('Login', request, cookies, { timeoutMs: loginTimeoutMs, signal: this.#impatience.signal })
    } catch (error) {
      throw this.#loginError(error)
    }
    this.#login = { generation: this.#login.generation + 1, cookies }
    this.#isIn = true
    return this.#login
  }

  #loginError(error: unknown): unknown {
    if (!(error instanceof AppError) || error.code !== 'vsphere.login-failed') return error
    const text = String(error.details['text'])
    this.#refusal = fail('vsphere.login-failed', { host: this.host, username: this.username, text }, error)
    return this.#refusal
  }

  async #logout(): Promise<void> {
    if (!this.#isIn) return
    this.#isIn = false
    const request = { _this: this.content.sessionManager! }
    try {
      await this.#calls.call('Logout', request, this.#login.cookies, { timeoutMs: logoutTimeoutMs })
    } catch (error) {
      this.#log({ level: 'debug', message: `${this.host}: the logout was not confirmed: ${messageOf(error)}` })
    }
  }

  async #signOfLife(): Promise<void> {
    try {
      await this.call('CurrentTime', { _this: serviceInstance })
    } catch (error) {
      if (this.#closing.signal.aborted) return
      this.#log({ level: 'warn', message: `${this.host} gave no sign of life: ${messageOf(error)}` })
    }
  }

  /**
   * `undefined`, as a new login may help. Not where storage policies alone are closed to us: that service judges for itself, and a new login for each
   * of its refusals would leave a session behind each time.
   */
  async #renewalFor(
    method: string,
    login: Login,
    refusal: AppError,
    signal: AbortSignal | undefined,
  ): Promise<undefined> {
    if (isPbm(method) && (await this.#isKnown(login, signal))) throw refusal
    return undefined
  }

  /** Whether the server still knows a login: tells "log in first" from "you may not". */
  async #isKnown(login: Login, signal: AbortSignal | undefined): Promise<boolean> {
    const outcome = await this.#calls.try('CurrentTime', { _this: serviceInstance }, login.cookies, { signal })
    return 'value' in outcome
  }

  /** The caller's options, with an end when the session is closed. */
  #until<T extends { readonly signal?: AbortSignal | undefined }>(options: T): T {
    return { ...options, signal: this.#endOf(options.signal) }
  }

  #endOf(signal: AbortSignal | undefined): AbortSignal {
    const closing = this.#closing.signal
    return signal === undefined ? closing : AbortSignal.any([signal, closing])
  }
}
