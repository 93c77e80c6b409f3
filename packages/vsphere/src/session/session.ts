import type { Clock, Secret } from '@vmkeep/kit'
import type { Automation } from '../automation/automation.ts'
import type { DataObject, MethodName, Request, Response } from '../types/data-object.ts'
import type { HttpResponse } from '../soap/http-client.ts'
import type { XmlElement } from '../soap/xml-element.ts'

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
  /** How long the server may be silent. 120 s if left out. */
  readonly timeoutMs?: number
  /** `polls` for a call that waits on purpose, so that it holds up nobody else. */
  readonly pool?: 'calls' | 'polls'
}

export interface TransferOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
  /** How long the server may be silent. 120 s if left out. */
  readonly timeoutMs?: number
}

/** An answer to {@link Session.http}. Read `body` to its end or dispose the answer: until then it holds a connection. */
export interface Transfer extends Disposable {
  readonly status: number
  readonly headers: HttpResponse['headers']
  readonly body: AsyncIterable<Uint8Array>
}

/** What lets a library of VMware's work within our session, in place of one of its own. */
export interface HandedOver {
  /** The `cookie` header of a request: `vmware_soap_session="…"`. */
  readonly cookie: Secret
  /** SHA-1 of the certificate that the server has shown us and that we trust, `AB:CD:…`. */
  readonly thumbprintSha1: string
}

/**
 * One logged-in session to a vCenter or ESXi, shared by everything in the process and safe under parallel use.
 *
 * When the server ends the session, it logs in once more for all callers together, and each call is repeated once.
 * What belonged to the old session (views, filters, collectors, page tokens, leases) is gone then: `generation` has grown.
 * After a connection error only reads are repeated; a call that changes something may have been carried out although its
 * answer was lost, and throws `vsphere.reply-lost`.
 *
 * Disposing logs out. Calls still under way fail with `vsphere.session-closed`.
 */
export interface Session extends AsyncDisposable {
  readonly host: string
  readonly port: number
  readonly username: string
  /** The clock this session's waits go by. */
  readonly clock: Clock
  /** References to the server's own managers; `setting`, `taskManager` and many others are missing on ESXi. */
  readonly content: DataObject<'ServiceContent'>
  readonly about: DataObject<'AboutInfo'>
  /** A vCenter, not a single ESXi host. */
  readonly isVCenter: boolean
  /** The version of the API that both sides speak, e.g. `8.0.3.0`. */
  readonly apiVersion: string
  /** How often we have logged in. */
  readonly generation: number

  /**
   * Calls a method.
   *
   * @throws `vsphere.*`, with the fault in `details.fault` where vSphere refused; `signal.reason`
   */
  call<M extends MethodName>(method: M, request: Request<M>, options?: CallOptions): Promise<Response<M>>

  /** Like {@link call}, but gives the answer's element undecoded: for what must be kept exactly as it came. */
  callXml<M extends MethodName>(method: M, request: Request<M>, options?: CallOptions): Promise<XmlElement>

  /**
   * A plain HTTPS request to the same server with the session's cookie, as for `/folder`. The body streams both ways.
   * Any status is an answer; a 401 is answered by one new login and, unless the body was a stream, one more try.
   */
  http(
    request: {
      readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
      /** With its query, already encoded. */
      readonly path: string
      readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>
    },
    options?: TransferOptions,
  ): Promise<Transfer>

  /**
   * Visits vCenter's REST API, which has sessions of its own: logs out here, in there, lets `work` ask, logs out there and in here again, so that
   * the server has one session of ours at any instant. That we were in here first has proven the password: one that is wrong is tried only once.
   * Calls that come meanwhile wait. What belonged to this session is gone, as after any new login; call it where nothing is under way.
   *
   * @throws `vsphere.automation-missing` (at once on an ESXi host), `vsphere.automation-login-refused`, which is final; what `work` throws
   */
  visitAutomation<T>(work: (automation: Automation) => Promise<T>, signal?: AbortSignal): Promise<T>

  /** The session as it is now; logs in again first if the server has ended it. Whoever gets it must not log out. */
  handOver(signal?: AbortSignal): Promise<HandedOver>

  /** {@link http} with GET. */
  httpGet(path: string, options?: TransferOptions): Promise<Transfer>
}
