import type { DatastoreFile, SparseBytes } from '../storage/model.ts'
import { MemoryImage } from './memory-image.ts'

export interface GuestMoment {
  readonly sizeBytes: number
  /** How often the guest has written to its disks. */
  readonly writes: number
}

/**
 * What a VM's guest has in memory: it follows from its last start and is another one after each write to its disks. Of one that
 * was resumed it is, until it writes, what it was resumed with.
 */
export class GuestMemory {
  readonly #name: string
  #starts = 0
  #lastStart: 'boot' | 'resume' | undefined
  #resumed: { readonly from: DatastoreFile; readonly writes: number } | undefined

  /** `name` tells it from the memory of any other VM. */
  constructor(name: string) {
    this.#name = name
  }

  get lastStart(): 'boot' | 'resume' | undefined {
    return this.#lastStart
  }

  boot(): void {
    this.#start('boot')
  }

  /** Owns `from` from now on. */
  resume(from: DatastoreFile, writes: number): void {
    this.#start('resume')
    this.#resumed = { from, writes }
  }

  stop(): void {
    void this.#resumed?.from[Symbol.asyncDispose]()
    this.#resumed = undefined
  }

  now({ sizeBytes, writes }: GuestMoment): SparseBytes {
    if (this.#resumed?.writes === writes) return this.#resumed.from
    return new MemoryImage(`${this.#name}, start ${this.#starts}, write ${writes}`, sizeBytes)
  }

  #start(how: 'boot' | 'resume'): void {
    this.stop()
    this.#starts++
    this.#lastStart = how
  }
}
