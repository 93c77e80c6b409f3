import { messageOf } from '@vmkeep/kit'
import type { VddkLease } from '../client/vddk-pool.ts'
import type { Slot } from '../client/shared-memory.ts'
import type { VddkProcess } from '../client/vddk-process.ts'
import { fail } from '../errors.ts'
import { type Login, type OpenedDisk, type RequestName, type Requests, vixSectorBytes } from '../protocol/messages.ts'

export interface DiskPlace {
  readonly path: string
  readonly capacityBytes: number
  /** Managed object id of the snapshot; none for a VM that is off. */
  readonly snapshot?: string | undefined
  readonly access: 'read' | 'write'
  /** `san:hotadd:nbdssl:nbd` */
  readonly transports: string
}

/** The library may look at SAN and ask vCenter for tickets; and it waits for others of the same process. */
const openMs = 5 * 60_000
const closeMs = 30_000

/** A disk that one process of the library has open: one connection, one disk. Its answers are taken as they come. */
export class OpenedVddkDisk implements AsyncDisposable {
  readonly info: OpenedDisk
  readonly #path: string
  readonly #process: VddkProcess
  readonly #lease: VddkLease
  readonly #connection: number
  #closed: Promise<void> | undefined

  /** Takes over the lease. @throws `vddk.*` */
  static async open(lease: VddkLease, login: Login, place: DiskPlace): Promise<OpenedVddkDisk> {
    const { path, snapshot, transports } = place
    const readOnly = place.access === 'read'
    const { process } = lease
    await using made = new AsyncDisposableStack()
    made.use(lease)
    const connect = { login, readOnly, transports, ...(snapshot === undefined ? {} : { snapshot }) }
    const during = `while connecting for ${path}`
    const { connection } = (await process.ask('connect', connect, { during, timeoutMs: openMs })).gives
    made.defer(() => disconnect(process, connection, path))
    const asked = { during: `while opening ${path}`, timeoutMs: openMs }
    const info = (await process.ask('open', { connection, path, readOnly }, asked)).gives
    const disk = new OpenedVddkDisk(path, lease, connection, info)
    made.move()
    const foundBytes = info.capacitySectors * vixSectorBytes
    if (foundBytes === place.capacityBytes) return disk
    await disk[Symbol.asyncDispose]()
    throw fail('vddk.disk-changed', { path, capacityBytes: place.capacityBytes, foundBytes })
  }

  private constructor(path: string, lease: VddkLease, connection: number, info: OpenedDisk) {
    this.#path = path
    this.#lease = lease
    this.#process = lease.process
    this.#connection = connection
    this.info = info
  }

  ask<N extends RequestName>(
    name: N,
    takes: Omit<Requests[N]['takes'], 'disk'>,
    asked: { readonly during: string; readonly timeoutMs: number; readonly body?: Uint8Array },
  ): Promise<{ readonly gives: Requests[N]['gives']; readonly body: Uint8Array }> {
    const whole = { ...takes, disk: this.info.disk } as unknown as Requests[N]['takes']
    return this.#process.ask(name, whole, { ...asked, during: `${asked.during} ${this.#path}` })
  }

  /** Reads whole sectors. `onBytes` is given them to copy from, at once: afterwards other bytes are there. */
  async read(
    takes: { readonly startSector: number; readonly sectors: number },
    asked: { readonly during: string; readonly timeoutMs: number },
    onBytes: (copy: (target: Uint8Array, from: number) => void) => void,
  ): Promise<void> {
    const lengthBytes = takes.sectors * vixSectorBytes
    using slot = this.#process.takeSlot(lengthBytes)
    if (slot !== undefined) {
      await this.ask('read', { ...takes, at: slot.at }, asked)
      return onBytes((target, from) => this.#copy(slot, target, from))
    }
    const { body } = await this.ask('read', takes, asked)
    onBytes((target, from) => target.set(body.subarray(from, from + target.length)))
  }

  #copy(slot: Slot, target: Uint8Array, from: number): void {
    try {
      slot.copyTo(target, from)
    } catch (error) {
      throw fail('vddk.bad-answer', { during: `while reading ${this.#path}`, fact: messageOf(error) }, error)
    }
  }

  /** Closes what the library has open, so that the snapshot can go. A process that does not manage it is ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close()
    await this.#closed
  }

  async #close(): Promise<void> {
    await using _lease = this.#lease
    try {
      await this.ask('close', {}, { during: 'while closing', timeoutMs: closeMs })
      await disconnect(this.#process, this.#connection, this.#path)
    } catch {
      await this.#process.kill() // whatever it held goes with it
    }
  }
}

async function disconnect(process: VddkProcess, connection: number, path: string): Promise<void> {
  try {
    await process.ask('disconnect', { connection }, { during: `while disconnecting from ${path}`, timeoutMs: closeMs })
  } catch (error) {
    if (process.isAlive) throw fail('vddk.bad-answer', { during: 'at its end', fact: messageOf(error) }, error)
  }
}
