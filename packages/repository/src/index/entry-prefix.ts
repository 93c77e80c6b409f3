import { prefixBytes } from '../formats/delta.ts'

/** Half an id as four words, which compare as its bytes do. */
export type EntryPrefix = readonly [number, number, number, number]

export const prefixOf = (id: Uint8Array): EntryPrefix => [wordAt(id, 0), wordAt(id, 4), wordAt(id, 8), wordAt(id, 12)]

const wordAt = (b: Uint8Array, at: number) =>
  ((b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!) >>> 0

/** Below, equal to, or above 0, as the prefix at `at` is below, equal to, or above `prefix`. */
export function compareAt(view: DataView, at: number, prefix: EntryPrefix): number {
  for (let i = 0; i < 4; i++) {
    const difference = view.getUint32(at + 4 * i) - prefix[i]!
    if (difference !== 0) return difference
  }
  return 0
}

/** The same of two entries. */
export function comparePlaces(a: DataView, aAt: number, b: DataView, bAt: number): number {
  for (let i = 0; i < prefixBytes; i += 4) {
    const difference = a.getUint32(aAt + i) - b.getUint32(bAt + i)
    if (difference !== 0) return difference
  }
  return 0
}
