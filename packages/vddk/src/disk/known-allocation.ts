import type { AllocationQuery } from './allocation-queries.ts'

const answersMax = 4096
const bytesMax = 4 * 1024 * 1024

/** A part of a query: what was answered before, whose query may reach further, or what is still to be asked. */
export interface QueryPart {
  readonly query: AllocationQuery
  readonly answer?: { readonly query: AllocationQuery; readonly bytes: Uint8Array }
}

/** What the library has told of a disk that does not change: the call is known to be slow, and a backup asks for samples, then for all. Memory is bounded: then it is asked again. */
export class KnownAllocation {
  /** Ascending, none overlapping another. */
  readonly #answers: { readonly query: AllocationQuery; readonly bytes: Uint8Array }[] = []
  #bytes = 0

  remember(query: AllocationQuery, bytes: Uint8Array): void {
    if (this.#answers.length >= answersMax || this.#bytes + bytes.length > bytesMax) return
    const at = this.#answers.findIndex((answer) => endOf(answer.query) > query.startSector)
    const next = at < 0 ? undefined : this.#answers[at]
    if (next !== undefined && next.query.startSector < endOf(query)) return // somebody has asked the same at the same time
    this.#answers.splice(at < 0 ? this.#answers.length : at, 0, { query, bytes })
    this.#bytes += bytes.length
  }

  /** The query in parts, ascending: all of it, each sector once. */
  partsOf(query: AllocationQuery): QueryPart[] {
    const parts: QueryPart[] = []
    let from = query.startSector
    const upTo = (end: number, answer?: QueryPart['answer']) => {
      if (end > from) parts.push({ query: { startSector: from, sectors: end - from }, ...(answer && { answer }) })
      from = Math.max(from, end)
    }
    for (const answer of this.#answers) {
      if (endOf(answer.query) <= from || answer.query.startSector >= endOf(query)) continue
      upTo(answer.query.startSector)
      upTo(Math.min(endOf(answer.query), endOf(query)), answer)
    }
    upTo(endOf(query))
    return parts
  }
}

const endOf = ({ startSector, sectors }: AllocationQuery): number => startSector + sectors
