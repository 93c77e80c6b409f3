import type { DataObject, Enumeration, ManagedObjectReference } from '@vmkeep/vsphere/types'
import { VimFault } from '../faults/vim-fault.ts'
import { LabObject } from '../inventory/lab-object.ts'
import type { VirtualMachine } from '../inventory/virtual-machine.ts'
import type { RunningTask } from '../tasks/task-engine.ts'
import type { LeaseFile, ManifestEntry } from './lease-file.ts'

export interface LeaseOptions {
  readonly vm: VirtualMachine
  readonly mode: 'export' | 'import'
  readonly files: readonly LeaseFile[]
  /** Where a file can be fetched or sent to. */
  readonly urlOf: (file: LeaseFile) => string
  readonly sslThumbprint: string
  readonly timeoutSeconds: number
  /** When the session that asked for it ends, so does it. */
  readonly sessionEnded: AbortSignal
  /** Takes back what an import that was not completed has made. */
  readonly undo: () => void
}

/** How often it looks whether its time is over: the lab's clock may be moved. */
const lookMs = 100

/**
 * A lease: access to a VM's disks over HTTPS, for as long as its holder shows signs of life. Its task runs as long as it is held, and
 * keeps every other task off the VM.
 *
 * Source: vSphere Web Services API 8.0, HttpNfcLease: states, blocked operations, time-out. Evidence: documented. That it belongs to
 * its session: its reference is `session[…]…`; observed in issue DoubleCloudInc/vim-rest-api 2.
 */
export class HttpNfcLease extends LabObject {
  readonly vm: VirtualMachine
  readonly files: readonly LeaseFile[]
  readonly #options: LeaseOptions
  readonly #over = new AbortController()
  readonly #manifest: ManifestEntry[] = []
  #state: Enumeration<'HttpNfcLeaseState'> = 'initializing'
  #error: VimFault | undefined
  #percent = 0
  #aliveMs: number

  constructor(value: string, options: LeaseOptions) {
    super('HttpNfcLease', value)
    this.vm = options.vm
    this.files = options.files
    this.#options = options
    this.#aliveMs = options.vm.world.clock.monotonicMs()
  }

  /** Aborts when it is no longer held, whyever: then nothing is sent any more. */
  get over(): AbortSignal {
    return this.#over.signal
  }
  get isImport(): boolean {
    return this.#options.mode === 'import'
  }

  get initializeProgress(): number {
    return this.#state === 'initializing' ? 0 : 100
  }
  get transferProgress(): number {
    return this.#percent
  }
  get mode(): string {
    return 'pushOrGet'
  }
  get capabilities(): DataObject<'HttpNfcLeaseCapabilities'> {
    return { pullModeSupported: false, corsSupported: false }
  }
  get state(): Enumeration<'HttpNfcLeaseState'> {
    return this.#state
  }
  get error(): DataObject<'LocalizedMethodFault'> | undefined {
    return this.#error?.localized as DataObject<'LocalizedMethodFault'> | undefined
  }
  get info(): DataObject<'HttpNfcLeaseInfo'> | undefined {
    if (this.#state !== 'ready') return undefined
    const { urlOf, sslThumbprint, timeoutSeconds } = this.#options
    return {
      lease: this.ref as ManagedObjectReference,
      entity: this.vm.ref,
      deviceUrl: this.files.map((file) => ({
        key: file.key,
        importKey: file.importKey,
        url: urlOf(file),
        sslThumbprint,
        disk: true,
        targetId: file.name,
      })),
      totalDiskCapacityInKB: this.files.reduce((sum, { capacityBytes }) => sum + Math.ceil(capacityBytes / 1024), 0),
      leaseTimeout: timeoutSeconds,
    }
  }

  /** What its task does: waits for its end. */
  async run(task: RunningTask): Promise<void> {
    const { signal } = task
    const { clock } = this.vm.world
    this.#aliveMs = clock.monotonicMs()
    this.#become('ready')
    const woken = AbortSignal.any([signal, this.over, this.#options.sessionEnded])
    while (this.#state === 'ready') {
      await clock.sleep(lookMs, woken).catch(() => {})
      if (signal.aborted || this.#options.sessionEnded.aborted) this.#fail(new VimFault('RequestCanceled'))
      if (clock.monotonicMs() - this.#aliveMs > this.#options.timeoutSeconds * 1000) this.expire()
      task.progress(this.#percent)
    }
    if (this.#error !== undefined) throw this.#error
  }

  renew(percent: number): void {
    this.mustBeReady()
    if (percent < 0 || percent > 100) throw new VimFault('InvalidArgument', { invalidProperty: 'percent' })
    this.#percent = percent
    this.#aliveMs = this.vm.world.clock.monotonicMs()
  }

  complete(): void {
    this.mustBeReady()
    this.#become('done')
  }

  abort(fault: VimFault): void {
    if (this.#state === 'done' || this.#state === 'error') throw new VimFault('InvalidState')
    this.#fail(fault)
  }

  expire(): void {
    this.#fail(new VimFault('Timedout'))
  }

  /** Of what was fetched whole. @throws VimFault `InvalidState` */
  get manifest(): readonly ManifestEntry[] {
    this.mustBeReady()
    return this.#manifest
  }

  delivered(entry: ManifestEntry): void {
    const at = this.#manifest.findIndex(({ key }) => key === entry.key)
    this.#manifest.splice(at === -1 ? this.#manifest.length : at, at === -1 ? 0 : 1, entry)
  }

  /** @throws VimFault `Timedout`, `InvalidState` */
  mustBeReady(): void {
    if (this.#state === 'ready') return
    throw new VimFault(this.#error?.type === 'Timedout' ? 'Timedout' : 'InvalidState')
  }

  #fail(fault: VimFault): void {
    if (this.#state === 'done' || this.#state === 'error') return
    this.#error = fault
    this.#become('error')
    this.#options.undo()
  }

  #become(state: Enumeration<'HttpNfcLeaseState'>): void {
    this.#state = state
    if (state === 'done' || state === 'error') this.#over.abort()
    this.vm.world.inventory.changed()
  }
}
