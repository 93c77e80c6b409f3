import type { SparseBytes } from '../storage/model.ts'
import { MemoryImage } from './memory-image.ts'

export interface GuestMoment {
  readonly sizeBytes: number
  /** How often the guest has written to its disks. */
  readonly writes: number
}

/** What a VM's guest has in memory: it follows from its last start and is another one after each write to its disks. */
export class GuestMemory {
  readonly #name: string
  #boots = 0
  #lastStart: 'boot' | undefined

  /** `name` tells it from the memory of any other VM. */
  constructor(name: string) {
    this.#name = name
  }

  get lastStart(): 'boot' | undefined {
    return this.#lastStart
  }

  boot(): void {
    this.#boots++
    this.#lastStart = 'boot'
  }

  now({ sizeBytes, writes }: GuestMoment): SparseBytes {
    return new MemoryImage(`${this.#name}, boot ${this.#boots}, write ${writes}`, sizeBytes)
  }
}
