import { type AppError, type Clock, FormatError, hasCode, type Log, type Random, retry } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import type { Cookies } from '../soap/cookies.ts'
import { decodeResponse, encodeRequest } from '../soap/envelope.ts'
import { errorOfFault, isNotAuthenticated } from '../soap/fault-error.ts'
import { pbmService, type SoapClient } from '../soap/soap-client.ts'
import type { HttpOptions } from '../soap/http-client.ts'
import type { XmlElement } from '../soap/xml-element.ts'
import type { DataObject, MethodName, Request, Response } from '../types/data-object.ts'
import { isPbm } from '../types/pbm.ts'
import { isRead } from './reads.ts'
import type { CallOptions } from './session.ts'

/** What a call comes to, when the session's end is no error yet. */
export type Outcome<T> = { readonly value: T } | { readonly notAuthenticated: AppError }

const timeoutMsDefault = 120_000
const sessionCookie = 'vmware_soap_session'

/** Typed calls with the retry rules of {@link Session}, on whatever cookies they are given. Knows nothing of logging in. */
export class SessionCalls {
  readonly #soap: SoapClient
  readonly #host: string
  readonly #clock: Clock
  readonly #random: Random
  readonly #log: Log

  constructor(options: { soap: SoapClient; host: string; clock: Clock; random: Random; log: Log }) {
    this.#soap = options.soap
    this.#host = options.host
    this.#clock = options.clock
    this.#random = options.random
    this.#log = options.log
  }

  get apiVersion(): string {
    return this.#soap.apiVersion
  }

  /** Calls a method and gives its decoded answer. */
  async call<M extends MethodName>(
    method: M,
    request: Request<M>,
    cookies: Cookies,
    options: CallOptions,
  ): Promise<Response<M>> {
    const outcome = await this.try(method, request, cookies, options)
    if ('notAuthenticated' in outcome) throw outcome.notAuthenticated
    return this.decode(method, outcome.value)
  }

  /** Calls a method; that the server does not know our session is an outcome, everything else it refuses is thrown. */
  async try<M extends MethodName>(
    method: M,
    request: Request<M>,
    cookies: Cookies,
    callOptions: CallOptions,
  ): Promise<Outcome<XmlElement>> {
    const { signal, timeoutMs = timeoutMsDefault, pool = 'calls' } = callOptions
    const options = { what: method, pool, timeoutMs, signal } as const
    const answer = await this.retried(isRead(method), signal, () =>
      isPbm(method)
        ? this.#postPbm(method, request, cookies, options)
        : this.#soap.post(this.#encode(method, request), cookies, options),
    )
    if ('response' in answer) return { value: answer.response }
    const { fault, text } = answer.fault
    const error = errorOfFault(fault, { host: this.#host, method, object: request._this, text })
    if (isNotAuthenticated(fault, text)) return { notAuthenticated: error }
    throw error
  }

  decode<M extends MethodName>(method: M, response: XmlElement): Response<M> {
    try {
      return decodeResponse(method, response)
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      throw fail('vsphere.bad-answer', { host: this.#host, what: method, reason: error.message }, error)
    }
  }

  /** Repeats `work` while nothing was sent, or, of a read, also when its answer was lost. */
  retried<T>(isReading: boolean, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    const codes = isReading
      ? ['vsphere.unreachable', 'vsphere.reply-lost', 'vsphere.unavailable']
      : ['vsphere.unreachable']
    return retry(work, {
      attemptsMax: 3,
      delayMs: 500,
      isRetryable: (error) => hasCode(error, ...codes),
      onRetry: (error) => this.#log({ level: 'warn', message: `${(error as Error).message}; trying again` }),
      clock: this.#clock,
      random: this.#random,
      signal,
    })
  }

  /** That service takes vCenter's session from the SOAP header; cookies of its own are not to come among the session's. */
  #postPbm<M extends MethodName>(method: M, request: Request<M>, cookies: Cookies, options: HttpOptions) {
    const envelope = this.#encode(method, request, cookies.value(sessionCookie) ?? '')
    return this.#soap.post(envelope, cookies.copy(), { ...options, service: pbmService })
  }

  #encode<M extends MethodName>(method: M, request: Request<M>, cookie?: string): string {
    try {
      return encodeRequest(method, request, cookie)
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      throw fail('vsphere.bad-request', { method, reason: error.message }, error)
    }
  }
}

export const isPropertyRead = (method: MethodName): boolean =>
  method === 'RetrievePropertiesEx' || method === 'RetrieveProperties'

/**
 * Whether the answer to a read of properties says, object by object, that there is no session. Some servers answer 200 so.
 * Source: vcsim. Evidence: observed.
 */
export function lacksSession(response: unknown): boolean {
  const objects = Array.isArray(response)
    ? (response as readonly DataObject<'ObjectContent'>[])
    : (response as DataObject<'RetrieveResult'> | undefined)?.objects
  return (
    objects?.some((object) => object.missingSet?.some(({ fault }) => fault.fault.$type === 'NotAuthenticated')) ?? false
  )
}
