// What may become of a ring. Every change is a new ring; none ever gives a number twice.
import type { Random } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { sameBytes, toHex } from '../formats/hex.ts'
import { defaultDomain, type Generation, type Ring } from '../formats/key-ring.ts'

interface Making {
  readonly random: Random
  readonly nowMs: number
}

/** Adds a data key for new blobs of a domain. @throws `repository.domain-unknown` */
export function withNewGeneration(ring: Ring, domain: string, { random, nowMs }: Making): Ring {
  requireDomain(ring, domain)
  const generation = ring.last + 1
  const added = { generation, key: random.bytes(32), createdAtMs: nowMs, domain }
  return { ...ring, generations: [...ring.generations, added], last: generation }
}

/** Adds a domain with a first data key. A name is never used again. @throws `repository.domain-exists` */
export function withNewDomain(ring: Ring, name: string, making: Making): Ring {
  if ([...ring.domains, ...ring.erased].some((domain) => domain.name === name))
    throw fail('repository.domain-exists', { domain: name })
  const added = { name, ids: making.random.bytes(32), createdAtMs: making.nowMs }
  return withNewGeneration({ ...ring, domains: [...ring.domains, added] }, name, making)
}

/** Takes a data key out. @throws `repository.generation-unknown`, `repository.generation-current` */
export function withoutGeneration(ring: Ring, generation: number): Ring {
  requireSuperseded(ring, generation)
  return { ...ring, generations: ring.generations.filter((one) => one.generation !== generation) }
}

/** Takes a domain out, with all its keys, and notes that it was there. @throws `repository.domain-unknown` */
export function withoutDomain(ring: Ring, name: string, nowMs: number): Ring {
  requireDomain(ring, name)
  const generations = ring.generations.flatMap(({ domain, generation }) => (domain === name ? [generation] : []))
  return {
    ...ring,
    generations: ring.generations.filter(({ domain }) => domain !== name),
    domains: ring.domains.filter((domain) => domain.name !== name),
    erased: [...ring.erased, { name, generations, erasedAtMs: nowMs }],
  }
}

/** The newest data key of a domain. */
export const currentOf = (ring: Ring, domain: string): number | undefined =>
  ring.generations.findLast((one) => one.domain === domain)?.generation

/** The data key that took the place of `generation`. @throws `repository.generation-unknown`, `repository.generation-current` */
export function requireSuperseded(ring: Ring, generation: number): number {
  const found = ring.generations.find((one) => one.generation === generation)
  if (found === undefined) throw fail('repository.generation-unknown', { generation })
  const next = ring.generations.find((one) => one.domain === found.domain && one.generation > generation)
  if (next === undefined) throw fail('repository.generation-current', { generation })
  return next.generation
}

/** @throws `repository.domain-erased`, `repository.domain-unknown` */
export function requireDomain(ring: Ring, name: string): void {
  if (name === defaultDomain || ring.domains.some((domain) => domain.name === name)) return
  if (ring.erased.some((domain) => domain.name === name)) throw fail('repository.domain-erased', { domain: name })
  throw fail('repository.domain-unknown', { domain: name })
}

/**
 * All that two twins have; `undefined` if `ours` has all of it. What one of them has erased does not come back.
 *
 * @throws `repository.generations-clash` if each of them has given a number, or a name, to something of its own
 */
export function joined(ours: Ring, theirs: Ring, twin: Uint8Array): Ring | undefined {
  const isOurs = new Map(ours.generations.map((one) => [one.generation, one]))
  const gone = new Map(ours.erased.flatMap(({ name, generations }) => generations.map((number) => [number, name])))
  const clash = (what: string) => fail('repository.generations-clash', { what, twin: toHex(twin) })
  const fresh: Generation[] = []
  for (const one of theirs.generations) {
    const same = isOurs.get(one.generation)
    const erased = gone.get(one.generation)
    if (same === undefined && erased === undefined) fresh.push(one)
    else if (same === undefined ? erased !== one.domain : !sameBytes(same.key, one.key))
      throw clash(`data key ${one.generation}`)
  }
  const names = new Map(ours.domains.map((domain) => [domain.name, domain]))
  for (const { name, ids } of theirs.domains)
    if (names.has(name) && !sameBytes(names.get(name)!.ids, ids)) throw clash(`the domain "${name}"`)
  const erasedHere = new Set(ours.erased.map(({ name }) => name))
  const domains = theirs.domains.filter(({ name }) => !names.has(name) && !erasedHere.has(name))
  const erasedThere = theirs.erased.filter(({ name }) => !names.has(name) && !erasedHere.has(name))
  if (fresh.length + domains.length + erasedThere.length === 0) return undefined
  return {
    ...ours,
    generations: [...ours.generations, ...fresh].toSorted((a, b) => a.generation - b.generation),
    domains: [...ours.domains, ...domains],
    erased: [...ours.erased, ...erasedThere],
    last: Math.max(ours.last, theirs.last),
  }
}
