import { RunSet } from '../aio/run-set.ts'
import { type Extent, pieces } from './extent.ts'

/** A read that may take several connections: where it goes to, and what of it is still missing. */
export class ReadProgress {
  readonly offsetBytes: number
  readonly target: Uint8Array
  readonly #missing: RunSet

  constructor(offsetBytes: number, target: Uint8Array) {
    this.offsetBytes = offsetBytes
    this.target = target
    this.#missing = new RunSet(target.length)
  }

  /** These bytes of the target are there. */
  filled(targetAt: number, lengthBytes: number): void {
    this.#missing.remove(targetAt, lengthBytes)
  }

  /** What to ask the disk for, in pieces of at most `lengthBytesMax`. */
  missing(lengthBytesMax: number): Extent[] {
    return this.#missing
      .runs()
      .flatMap(({ offset, length }) => [
        ...pieces({ offsetBytes: this.offsetBytes + offset, lengthBytes: length }, lengthBytesMax),
      ])
  }
}
