import { fail } from '../errors.ts'
import { sameBytes, toHex } from '../formats/hex.ts'
import type { Generation } from '../formats/key-ring.ts'

/**
 * The data keys of both of two twins; `undefined` if `ours` has all of them.
 *
 * @throws `repository.generations-clash` if each of them has given a number to a key of its own
 */
export function joinGenerations(
  ours: readonly Generation[],
  theirs: readonly Generation[],
  twin: Uint8Array,
): Generation[] | undefined {
  const known = new Map(ours.map((generation) => [generation.generation, generation]))
  const fresh: Generation[] = []
  for (const theirOne of theirs) {
    const ourOne = known.get(theirOne.generation)
    if (ourOne === undefined) fresh.push(theirOne)
    else if (!sameBytes(ourOne.key, theirOne.key))
      throw fail('repository.generations-clash', { generation: theirOne.generation, twin: toHex(twin) })
  }
  return fresh.length === 0 ? undefined : [...ours, ...fresh].toSorted((a, b) => a.generation - b.generation)
}
