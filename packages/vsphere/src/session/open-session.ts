import { type Clock, FormatError, type Log, type Random, silent, systemRandom } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { chooseVersion, readServiceVersions } from '../soap/api-version.ts'
import { Cookies } from '../soap/cookies.ts'
import { HttpClient } from '../soap/http-client.ts'
import { SoapClient } from '../soap/soap-client.ts'
import type { Endpoint } from './endpoint.ts'
import { LiveSession } from './live-session.ts'
import { SessionCalls } from './session-calls.ts'
import type { Session } from './session.ts'

export interface SessionOptions {
  readonly endpoint: Endpoint
  readonly clock: Clock
  readonly random?: Random
  readonly log?: Log
  /** Ends the opening; the open session has its own end, its disposal. */
  readonly signal?: AbortSignal
  /** How often a sign of life is sent. 5 minutes if left out; vCenter ends a session that is idle for 30. */
  readonly keepAliveMs?: number
  /** Largest answer accepted. 64 MiB if left out. */
  readonly answerBytesMax?: number
}

/**
 * Logs in to a vCenter or an ESXi host. The caller disposes the session, which logs out.
 *
 * @throws `vsphere.login-failed`, `.unreachable`, `.unknown-host`, `.certificate-*`, `.unsupported-version`, `.bad-answer`
 */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { endpoint, clock, random = systemRandom, log = silent, signal, keepAliveMs = 5 * 60_000 } = options
  const address = { host: endpoint.host.trim(), port: endpoint.port ?? 443 }
  using kept = new DisposableStack()
  const http = kept.use(new HttpClient(address, endpoint.trust))
  const soap = new SoapClient(http, options.answerBytesMax)
  const calls = new SessionCalls({ soap, host: address.host, clock, random, log })
  soap.apiVersion = await negotiateVersion(soap, calls, address.host, signal)
  const self = { type: 'ServiceInstance', value: 'ServiceInstance' }
  const content = await calls.call('RetrieveServiceContent', { _this: self }, new Cookies(), { signal })
  const session = new LiveSession({ http, calls, endpoint: { ...endpoint, ...address }, content, clock, log })
  kept.move() // from here on the session owns the connections
  try {
    await session.login(signal)
  } catch (error) {
    await session[Symbol.asyncDispose]()
    throw error
  }
  session.startKeepAlive(keepAliveMs)
  return session
}

/** Asks which versions the server speaks, and takes the newest that we speak too. */
async function negotiateVersion(
  soap: SoapClient,
  calls: SessionCalls,
  host: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const what = 'GET /sdk/vimServiceVersions.xml'
  const text = await calls.retried(true, signal, () =>
    soap.getText('/sdk/vimServiceVersions.xml', new Cookies(), { pool: 'calls', what, timeoutMs: 30_000, signal }),
  )
  if (text === undefined) throw fail('vsphere.bad-answer', { host, what, reason: 'HTTP 404' })
  try {
    const offered = readServiceVersions(text)
    const version = chooseVersion(offered)
    if (version === undefined) throw fail('vsphere.unsupported-version', { host, version: offered.join(', ') })
    return version
  } catch (error) {
    if (error instanceof FormatError) throw fail('vsphere.bad-answer', { host, what, reason: error.message }, error)
    throw error
  }
}
