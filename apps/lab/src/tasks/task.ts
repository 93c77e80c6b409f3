import type { DataObject, Enumeration } from '@vmkeep/vsphere/types'
import type { LabClock } from '../config/lab-clock.ts'
import { VimFault } from '../faults/vim-fault.ts'
import type { ManagedEntity } from '../inventory/managed-entity.ts'
import { LabObject } from '../inventory/lab-object.ts'

export interface TaskSpec {
  /** The method that started it: `CreateSnapshot_Task`. */
  readonly name: string
  /** `VirtualMachine.createSnapshot` */
  readonly descriptionId: string
  readonly entity: ManagedEntity
  readonly userName: string
  readonly cancelable: boolean
}

/** A task and how far it is. The {@link TaskEngine} moves it. */
export class Task extends LabObject {
  readonly spec: TaskSpec
  readonly #clock: LabClock
  readonly #chainId: number
  readonly #queueTime: string
  readonly #entityName: string
  readonly #cancel = new AbortController()
  #state: Enumeration<'TaskInfoState'> = 'queued'
  #progress: number | undefined
  #result: unknown
  #error: VimFault | undefined
  #startTime: string | undefined
  #completeTime: string | undefined
  #completeMs: number | undefined

  constructor(value: string, spec: TaskSpec, options: { readonly clock: LabClock; readonly chainId: number }) {
    super('Task', value)
    this.spec = spec
    this.#clock = options.clock
    this.#chainId = options.chainId
    this.#queueTime = options.clock.timestamp()
    this.#entityName = spec.entity.name // the entity may be gone when somebody reads the task
  }

  get isFinished(): boolean {
    return this.#completeMs !== undefined
  }
  /** When it ended, by the lab's clock. */
  get completeMs(): number | undefined {
    return this.#completeMs
  }
  get canceled(): AbortSignal {
    return this.#cancel.signal
  }

  start(): void {
    this.#state = 'running'
    this.#startTime = this.#clock.timestamp()
    this.#progress = 0
  }

  progress(percent: number): void {
    if (!this.isFinished) this.#progress = Math.max(this.#progress ?? 0, Math.min(99, Math.floor(percent)))
  }

  succeed(result: unknown): void {
    this.#result = result
    this.#finish('success')
  }

  fail(error: VimFault): void {
    this.#error = error
    this.#finish('error')
  }

  /** @throws VimFault `InvalidState` once it has ended, `NotSupported` if it can't be cancelled */
  cancel(): void {
    if (this.isFinished) throw new VimFault('InvalidState')
    if (!this.spec.cancelable) throw new VimFault('NotSupported')
    this.#cancel.abort()
  }

  /** Ends it whatever it is: the server stops. */
  abort(): void {
    this.#cancel.abort()
  }

  get info(): DataObject<'TaskInfo'> {
    return {
      key: this.ref.value,
      task: this.ref,
      name: this.spec.name,
      descriptionId: this.spec.descriptionId,
      entity: this.spec.entity.ref,
      entityName: this.#entityName,
      state: this.#state,
      cancelled: this.#cancel.signal.aborted,
      cancelable: this.spec.cancelable && !this.isFinished,
      error: this.#error?.localized as DataObject<'LocalizedMethodFault'> | undefined,
      result: this.#result,
      progress: this.isFinished ? undefined : this.#progress,
      reason: { $type: 'TaskReasonUser', userName: this.spec.userName },
      queueTime: this.#queueTime,
      startTime: this.#startTime,
      completeTime: this.#completeTime,
      eventChainId: this.#chainId,
    }
  }

  #finish(state: 'success' | 'error'): void {
    this.#startTime ??= this.#clock.timestamp()
    this.#state = state
    this.#completeTime = this.#clock.timestamp()
    this.#completeMs = this.#clock.nowMs()
  }
}
