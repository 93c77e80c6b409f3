import { FormatError } from '@vmkeep/kit'

export interface Run {
  readonly offset: number
  readonly length: number
}

/** A peer that cuts its answer into ever more pieces must not make this list, or the time it takes, grow without bound. */
const runsMax = 4096

/** The parts of `0 … length` that have not been removed yet: ascending, not touching. */
export class RunSet {
  readonly #starts: number[]
  readonly #ends: number[]
  #totalBytes: number

  constructor(length: number) {
    this.#starts = length > 0 ? [0] : []
    this.#ends = length > 0 ? [length] : []
    this.#totalBytes = length
  }

  get totalBytes(): number {
    return this.#totalBytes
  }

  runs(): Run[] {
    return this.#starts.map((offset, i) => ({ offset, length: this.#ends[i]! - offset }))
  }

  /** Whether all of the run was there; if not, nothing is removed. @throws FormatError when the rest is in too many pieces */
  remove(offset: number, length: number): boolean {
    const end = offset + length
    const i = this.#ends.findIndex((runEnd) => runEnd > offset) // fragments mostly come in order: the first run
    const start = this.#starts[i]
    const runEnd = this.#ends[i]
    if (start === undefined || runEnd === undefined || length <= 0 || offset < start || end > runEnd) return false
    if (offset === start && end === runEnd) {
      this.#starts.splice(i, 1)
      this.#ends.splice(i, 1)
    } else if (offset === start) this.#starts[i] = end
    else if (end === runEnd) this.#ends[i] = offset
    else this.#split(i, offset, end)
    this.#totalBytes -= length
    return true
  }

  #split(i: number, offset: number, end: number): void {
    if (this.#starts.length >= runsMax) throw new FormatError(`an answer in more than ${runsMax} scattered pieces`)
    this.#starts.splice(i + 1, 0, end)
    this.#ends.splice(i, 0, offset)
  }
}
