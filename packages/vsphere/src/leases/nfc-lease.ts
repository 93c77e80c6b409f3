import type { Clock } from '@vmkeep/kit'
import { AppError, hasCode, messageOf } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import type { Session, Transfer } from '../session/session.ts'
import { HttpClient } from '../soap/http-client.ts'
import { transferOf } from '../session/transfer.ts'
import type { DataObject, ManagedObjectReference, Response } from '../types/index.ts'
import { type LeaseFile, leaseFileOf } from './lease-file.ts'

export type LeaseManifest = NonNullable<Response<'HttpNfcLeaseGetManifest'>>

/** What a lease takes: stream-optimized VMDKs. */
const streamVmdkType = 'application/x-vnd.vmware-streamVmdk'

const silenceMs = 120_000
/** A lease lives for five minutes without a sign of life; we give several in that time, though one would do. */
const renewalMsMax = 20_000

/**
 * Access to a VM's disks over HTTPS. While it is held, vSphere keeps every task off the VM. It renews itself, whatever its holder does,
 * until it is completed or disposed; without either it runs out by itself (`leaseTimeout`, five minutes).
 *
 * Disposing one that was not completed aborts it: of an import, vSphere then removes the VM.
 */
export class NfcLease implements AsyncDisposable {
  readonly ref: ManagedObjectReference
  /** The VM: the exported, or the one that an import makes. */
  readonly entity: ManagedObjectReference
  readonly files: readonly LeaseFile[]
  readonly #session: Session
  readonly #clock: Clock
  readonly #timeoutMs: number
  readonly #clients = new Map<string, HttpClient>()
  readonly #ended = new AbortController()
  readonly #lost = new AbortController()
  readonly #renewal: Promise<void>
  #percent = 0

  constructor(session: Session, info: DataObject<'HttpNfcLeaseInfo'>, clock: Clock) {
    this.#session = session
    this.#clock = clock
    this.ref = info.lease
    this.entity = info.entity
    this.files = (info.deviceUrl ?? []).flatMap((url) => leaseFileOf(url, session))
    this.#timeoutMs = Math.max(1, info.leaseTimeout) * 1000
    this.#renewal = this.#renew()
  }

  /** Aborts when vSphere has ended it, with `vsphere.lease-lost`. */
  get lost(): AbortSignal {
    return this.#lost.signal
  }

  /** How far its holder is, told at the next renewal: what vSphere shows as the task's progress. */
  report(percent: number): void {
    this.#percent = Math.max(0, Math.min(100, Math.floor(percent)))
  }

  /** What vSphere says it has sent: checksums of the files that were fetched whole. @throws `vsphere.*` */
  async manifest(signal?: AbortSignal): Promise<LeaseManifest> {
    return (await this.#session.call('HttpNfcLeaseGetManifest', { _this: this.ref }, { signal })) ?? []
  }

  /** Begins to fetch a file, whole. @throws `vsphere.file-refused`, what connecting throws, `vsphere.lease-lost` */
  get(file: LeaseFile, signal?: AbortSignal): Promise<Transfer> {
    return this.#send('GET', file, undefined, signal)
  }

  /** Sends a disk, whole, and returns when it has been taken. @throws as {@link get} */
  async post(file: LeaseFile, body: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void> {
    using answer = await this.#send('POST', file, body, signal)
    for await (const _ of answer.body) continue
  }

  /** Says that everything was transferred: the VM is free again. @throws `vsphere.*` */
  async complete(): Promise<void> {
    await this.#end(() => this.#session.call('HttpNfcLeaseComplete', { _this: this.ref }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Whether it comes through or not: a lease that nobody renews ends by itself.
    await this.#end(() => this.#session.call('HttpNfcLeaseAbort', { _this: this.ref })).catch(() => {})
  }

  async #end(call: () => Promise<void>): Promise<void> {
    if (this.#ended.signal.aborted) return
    this.#ended.abort()
    await this.#renewal
    try {
      if (!this.lost.aborted) await call()
    } finally {
      for (const client of this.#clients.values()) client[Symbol.dispose]()
    }
  }

  async #send(
    method: 'GET' | 'POST',
    file: LeaseFile,
    body: AsyncIterable<Uint8Array> | undefined,
    given: AbortSignal | undefined,
  ): Promise<Transfer> {
    const signal = AbortSignal.any([this.lost, ...(given === undefined ? [] : [given])])
    const headers = method === 'POST' ? { 'content-type': streamVmdkType } : {}
    const request = { method, path: file.path, headers, ...(body === undefined ? {} : { body }) }
    const transfer = await this.#transfer(file, request, signal)
    if (transfer.status >= 200 && transfer.status < 300) return transfer
    transfer[Symbol.dispose]()
    throw fail('vsphere.file-refused', {
      file: file.key,
      host: file.host ?? this.#session.host,
      status: transfer.status,
    })
  }

  /** A file of a host we are logged in to, or of one that vCenter vouches for with its thumbprint. */
  async #transfer(
    { host, port, thumbprint, key }: LeaseFile,
    request: {
      readonly method: 'GET' | 'POST'
      readonly path: string
      readonly headers: Readonly<Record<string, string>>
    },
    signal: AbortSignal,
  ): Promise<Transfer> {
    if (host === undefined) return await this.#session.http(request, { signal, headers: request.headers })
    if (thumbprint === '') {
      const reason = 'a URL without the thumbprint of its host'
      throw fail('vsphere.bad-answer', { host: this.#session.host, what: `the lease of ${key}`, reason })
    }
    const what = `${request.method} ${key}`
    const response = await this.#client(host, port, thumbprint).request(request, {
      pool: 'transfers',
      what,
      timeoutMs: silenceMs,
      signal,
    })
    return transferOf(response, { host, what, signal })
  }

  #client(host: string, port: number, thumbprint: string): HttpClient {
    const name = `${host}:${port}`
    const client = this.#clients.get(name) ?? new HttpClient({ host, port }, { by: 'thumbprint', thumbprint })
    this.#clients.set(name, client)
    return client
  }

  async #renew(): Promise<void> {
    const everyMs = Math.min(renewalMsMax, this.#timeoutMs / 4)
    const { signal } = this.#ended
    for (let renewedMs = this.#clock.monotonicMs(); !signal.aborted;) {
      await this.#clock.sleep(everyMs, signal).catch(() => {})
      if (signal.aborted) return
      try {
        await this.#session.call('HttpNfcLeaseProgress', { _this: this.ref, percent: this.#percent }, { signal })
        renewedMs = this.#clock.monotonicMs()
      } catch (error) {
        if (signal.aborted) return
        const isOver = this.#clock.monotonicMs() - renewedMs > this.#timeoutMs
        if (isOver || !isPassing(error)) return this.#lost.abort(this.#lostBecause(error))
      }
    }
  }

  #lostBecause(error: unknown): AppError {
    const why = messageOf(error)
    return fail('vsphere.lease-lost', { host: this.#session.host, vm: this.entity.value, why }, error)
  }
}

/** What may be better in a moment. A lease that vSphere does not know, or has ended, is not. */
const isPassing = (error: unknown): boolean =>
  error instanceof AppError &&
  error.remedy === 'retry' &&
  !hasCode(error, 'vsphere.fault-timed-out', 'vsphere.request-cancelled')
