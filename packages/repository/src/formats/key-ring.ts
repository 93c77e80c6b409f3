import { FormatError, type Random } from '@vmkeep/kit'
import { magic } from './common-header.ts'
import { Fields } from './fields.ts'
import { decodeSealed, encodeSealed } from './sealed-object.ts'

export const keyRingBytesMax = 1024 * 1024

/** A data key; chunks say by its number which one sealed them. */
export interface Generation {
  readonly generation: number
  readonly key: Uint8Array
  readonly createdAtMs: number
}

export function encodeKeyRing(
  ring: { repositoryId: Uint8Array; objectId: Uint8Array; generations: readonly Generation[] },
  ringKey: Uint8Array,
  random: Random,
): Uint8Array {
  const { repositoryId, objectId } = ring
  const generations = ring.generations.map(({ generation, key, createdAtMs }) => ({
    generation,
    key,
    createdAt: createdAtMs,
  }))
  return encodeSealed(
    { magic: magic.keyRing, kind: 0, repositoryId, objectId, content: { generations } },
    ringKey,
    random,
  )
}

/** @throws FormatError */
export function decodeKeyRing(source: Uint8Array, repositoryId: Uint8Array, ringKey: Uint8Array): Generation[] {
  const { content } = decodeSealed(source, ringKey, { magic: magic.keyRing, repositoryId, kind: 0 })
  const generations = new Fields(content).maps('generations').map((entry) => ({
    generation: entry.count('generation'),
    key: entry.bytes('key', 32),
    createdAtMs: entry.count('createdAt'),
  }))
  if (generations.length === 0) throw new FormatError('it holds no generation')
  for (const [i, { generation }] of generations.entries())
    if (generation < 1 || generation >= 2 ** 32 || generation <= (generations[i - 1]?.generation ?? 0))
      throw new FormatError('its generations do not ascend')
  return generations
}
