import { FormatError, type Random } from '@vmkeep/kit'
import { magic } from './common-header.ts'
import { Fields } from './fields.ts'
import { decodeSealed, encodeSealed } from './sealed-object.ts'

export const keyRingBytesMax = 1024 * 1024

/** The domain of what names none. */
export const defaultDomain = ''

/** A data key; blobs say by its number which one sealed them. */
export interface Generation {
  readonly generation: number
  readonly key: Uint8Array
  readonly createdAtMs: number
  /** Whose blobs it seals. */
  readonly domain: string
}

/** A part of the repository with ids and data keys of its own: nothing in it is shared with another, and it can be erased. */
export interface Domain {
  readonly name: string
  readonly ids: Uint8Array
  readonly createdAtMs: number
}

/** A domain whose keys are gone. */
export interface ErasedDomain {
  readonly name: string
  readonly generations: readonly number[]
  readonly erasedAtMs: number
}

/** What a ring holds: docs/formats/repository.md §4.3. */
export interface Ring {
  /** Ascending. */
  readonly generations: readonly Generation[]
  readonly domains: readonly Domain[]
  readonly erased: readonly ErasedDomain[]
  /** The highest generation there ever was: no number is given twice. */
  readonly last: number
  /** Rings with a lower number hold what must be gone. */
  readonly oldest: number
}

/** A ring as a new repository has it. */
export const firstRing = (key: Uint8Array, createdAtMs: number): Ring => ({
  generations: [{ generation: 1, key, createdAtMs, domain: defaultDomain }],
  domains: [],
  erased: [],
  last: 1,
  oldest: 1,
})

export function encodeKeyRing(
  { repositoryId, objectId, ring }: { repositoryId: Uint8Array; objectId: Uint8Array; ring: Ring },
  ringKey: Uint8Array,
  random: Random,
): Uint8Array {
  const content = {
    generations: ring.generations.map(({ generation, key, createdAtMs, domain }) => ({
      generation,
      key,
      createdAt: createdAtMs,
      ...(domain !== defaultDomain && { domain }),
    })),
    ...(ring.domains.length > 0 && {
      domains: ring.domains.map(({ name, ids, createdAtMs }) => ({ name, ids, createdAt: createdAtMs })),
    }),
    ...(ring.erased.length > 0 && {
      erased: ring.erased.map(({ name, generations, erasedAtMs }) => ({ name, generations, erasedAt: erasedAtMs })),
    }),
    ...(ring.last !== ring.generations.at(-1)!.generation && { last: ring.last }),
    ...(ring.oldest !== 1 && { oldest: ring.oldest }),
  }
  return encodeSealed({ magic: magic.keyRing, kind: 0, repositoryId, objectId, content }, ringKey, random)
}

/** @throws FormatError */
export function decodeKeyRing(source: Uint8Array, repositoryId: Uint8Array, ringKey: Uint8Array): Ring {
  const fields = new Fields(decodeSealed(source, ringKey, { magic: magic.keyRing, repositoryId, kind: 0 }).content)
  const generations = fields.maps('generations').map(decodeGeneration)
  const domains = fields.has('domains') ? fields.maps('domains').map(decodeDomain) : []
  const erased = fields.has('erased') ? fields.maps('erased').map(decodeErased) : []
  const highest = generations.at(-1)?.generation ?? 0
  const last = fields.has('last') ? fields.count('last') : highest
  const oldest = fields.has('oldest') ? fields.count('oldest') : 1
  for (const [i, { generation }] of generations.entries())
    if (generation < 1 || generation >= 2 ** 32 || generation <= (generations[i - 1]?.generation ?? 0))
      throw new FormatError('its generations do not ascend')
  if (last < highest || last >= 2 ** 32) throw new FormatError(`${last} is not its last generation`)
  for (const name of [defaultDomain, ...domains.map((domain) => domain.name)])
    if (!generations.some(({ domain }) => domain === name))
      throw new FormatError(`it holds no generation${name === defaultDomain ? '' : ` of the domain "${name}"`}`)
  for (const { domain } of generations)
    if (domain !== defaultDomain && !domains.some(({ name }) => name === domain))
      throw new FormatError(`it does not hold the domain "${domain}"`)
  return { generations, domains, erased, last, oldest }
}

const decodeGeneration = (entry: Fields): Generation => ({
  generation: entry.count('generation'),
  key: entry.bytes('key', 32),
  createdAtMs: entry.count('createdAt'),
  domain: entry.has('domain') ? entry.text('domain') : defaultDomain,
})

const decodeDomain = (entry: Fields): Domain => ({
  name: entry.text('name'),
  ids: entry.bytes('ids', 32),
  createdAtMs: entry.count('createdAt'),
})

function decodeErased(entry: Fields): ErasedDomain {
  const generations = entry.list('generations')
  if (!generations.every((number) => typeof number === 'number'))
    throw new FormatError('its erased generations are no numbers')
  return { name: entry.text('name'), generations, erasedAtMs: entry.count('erasedAt') }
}
