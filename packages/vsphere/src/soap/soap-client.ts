import { FormatError, messageOf } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import type { Cookies } from './cookies.ts'
import { type Answer, readAnswer } from './envelope.ts'
import type { HttpClient, HttpOptions, HttpRequest } from './http-client.ts'
import { readText, TooLargeError } from './read-text.ts'

/** Largest answer read. A page of 100 VMs with devices is about 1 MB; a whole inventory event page about 10. */
const answerBytesMax = 64 * 1024 * 1024

/** One of the services of a server. */
export interface SoapService {
  readonly path: string
  /** Namespace and version that we speak with it. */
  readonly action: string
}

/** Storage policies. Source: VMware Storage Policy API, govmomi. Evidence: documented; held by vcsim. */
export const pbmService: SoapService = { path: '/pbm', action: 'urn:pbm/2.0' }

/** SOAP over HTTPS to one server: bytes out, an opened envelope back. Faults are answers here, not errors. */
export class SoapClient {
  readonly #http: HttpClient
  readonly #limitBytes: number
  /** The version of the API we speak, e.g. `8.0.3.0`: what is newer is neither accepted nor returned. */
  apiVersion = '6.5'

  constructor(http: HttpClient, limitBytes = answerBytesMax) {
    this.#http = http
    this.#limitBytes = limitBytes
  }

  get #vim25(): SoapService {
    return { path: '/sdk', action: `urn:vim25/${this.apiVersion}` }
  }

  /** Posts an envelope. @throws `vsphere.bad-answer`, `.unavailable`, `.answer-too-large` and what {@link HttpClient.request} throws */
  async post(
    envelope: string,
    cookies: Cookies,
    { service = this.#vim25, ...options }: HttpOptions & { readonly service?: SoapService },
  ): Promise<Answer> {
    const { status, contentType, text } = await this.#exchange(
      {
        method: 'POST',
        path: service.path,
        headers: {
          'content-type': 'text/xml; charset=utf-8',
          'content-length': Buffer.byteLength(envelope),
          SOAPAction: `"${service.action}"`,
        },
        body: envelope,
      },
      cookies,
      options,
    )
    return this.#read(text, status, contentType, options.what)
  }

  /** Gets a small text file; `undefined` if there is none. */
  async getText(path: string, cookies: Cookies, options: HttpOptions): Promise<string | undefined> {
    const { status, text } = await this.#exchange({ method: 'GET', path }, cookies, options)
    if (status === 200) return text
    if (status === 404) return undefined
    throw this.#refusal(status, options.what)
  }

  async #exchange(
    request: HttpRequest,
    cookies: Cookies,
    options: HttpOptions,
  ): Promise<{ status: number; contentType: string; text: string }> {
    const headers = { ...request.headers, ...cookies.headers, 'accept-encoding': 'gzip' }
    const response = await this.#http.request({ ...request, headers }, options)
    try {
      const text = await readText(response, this.#limitBytes)
      cookies.accept(response.headers['set-cookie'])
      return { status: response.status, contentType: response.headers['content-type'] ?? 'no type', text }
    } catch (error) {
      throw this.#explain(error, response.status, options)
    } finally {
      response.body.destroy()
    }
  }

  #read(text: string, status: number, contentType: string, what: string): Answer {
    if (status !== 200 && status !== 500) throw this.#refusal(status, what)
    try {
      const answer = readAnswer(text)
      if (status === 500 && !('fault' in answer)) throw new FormatError('HTTP 500 without a fault')
      return answer
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      if (status === 500 && !contentType.includes('xml')) throw this.#refusal(status, what)
      throw this.#bad(`${error.message} (${contentType})`, what, error)
    }
  }

  #explain(error: unknown, status: number, options: HttpOptions): unknown {
    options.signal?.throwIfAborted()
    const { host } = this.#http.address
    const { what } = options
    if (error instanceof TooLargeError)
      return fail('vsphere.answer-too-large', { host, what, limitBytes: this.#limitBytes }, error)
    if (error instanceof FormatError) return this.#bad(`HTTP ${status}, ${error.message}`, what, error)
    if (error instanceof Error && error.name !== 'AppError')
      return fail('vsphere.reply-lost', { host, what, reason: messageOf(error) }, error)
    return error
  }

  #refusal(status: number, what: string): Error {
    const { host } = this.#http.address
    return status >= 500 || status === 429
      ? fail('vsphere.unavailable', { host, status })
      : this.#bad(`HTTP ${status}`, what)
  }

  #bad(reason: string, what: string, cause?: unknown): Error {
    return fail('vsphere.bad-answer', { host: this.#http.address.host, what, reason }, cause)
  }
}
