import { closeSync, openSync, readSync } from 'node:fs'
import type { SharedPlace } from '../protocol/messages.ts'

/** A read of at most 1 MiB, made whole sectors at both ends. */
export const slotBytes = 1024 * 1024 + 64 * 1024
/** As many as eight disks of a host have reads under way. Who comes when none is free gets its bytes over the socket. */
export const slotsMax = 32

/** A piece of memory for one request, until it is disposed: then the next one's bytes are there. */
export interface Slot extends Disposable {
  /** Where it begins. */
  readonly at: number
  /** Copies what is there now. @throws when its process has ended, whose memory it was */
  copyTo(target: Uint8Array, from: number): void
}

/**
 * Memory of a process of the library, read through the file that stands for it. Which part is whose is decided here alone; the process
 * writes to a part from a request until its answer, or its own end.
 */
export class SharedMemory implements Disposable {
  readonly #file: number
  /** The one used last comes first: it is warm, and what was never used takes no memory. */
  readonly #free: number[]
  #isClosed = false

  /** `undefined`: this system does not let us. */
  static open(pid: number, { descriptor, sizeBytes }: SharedPlace): SharedMemory | undefined {
    try {
      return new SharedMemory(openSync(`/proc/${pid}/fd/${descriptor}`, 'r'), sizeBytes)
    } catch {
      return undefined
    }
  }

  private constructor(file: number, sizeBytes: number) {
    this.#file = file
    this.#free = Array.from({ length: Math.floor(sizeBytes / slotBytes) }, (_, index) => index * slotBytes).toReversed()
  }

  /** `undefined`: none is free, or none is that large. */
  take(lengthBytes: number): Slot | undefined {
    const at = lengthBytes > slotBytes || this.#isClosed ? undefined : this.#free.pop()
    if (at === undefined) return undefined
    return {
      at,
      copyTo: (target, from) => this.#copy(at + from, target),
      [Symbol.dispose]: () => void this.#free.push(at),
    }
  }

  /** At once, while it waits: a memory to be filled may be its owner's again as soon as anybody else has had a turn. */
  #copy(position: number, target: Uint8Array): void {
    if (this.#isClosed) throw new Error('its memory is gone') // the number may be another file's by now
    const got = readSync(this.#file, target, 0, target.length, position)
    if (got !== target.length) throw new Error(`${got} bytes where ${target.length} must be`)
  }

  [Symbol.dispose](): void {
    if (this.#isClosed) return
    this.#isClosed = true
    closeSync(this.#file)
  }
}
