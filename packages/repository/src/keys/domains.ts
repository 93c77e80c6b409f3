import { type Core, nowMs } from '../core.ts'
import { fail } from '../errors.ts'
import { listPoints } from '../points/points.ts'
import type { DomainInfo } from '../repository.ts'
import type { RestorePoint } from '../restore-point.ts'
import { requireDomain, withNewDomain, withoutDomain } from './change-ring.ts'
import { requireOwnKeys } from './data-keys.ts'

const domainName = /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,63}$/u

/** @throws `repository.domain-exists`, `repository.domain-invalid`, `repository.keys-shared`, `repository.feature-missing` */
export async function createDomain(
  core: Core,
  name: string,
  { alone, signal }: { readonly alone?: boolean; readonly signal?: AbortSignal } = {},
): Promise<void> {
  if (!domainName.test(name)) throw fail('repository.domain-invalid', { domain: name })
  requireOwnKeys(core, alone)
  await core.ring.change((ring) => withNewDomain(ring, name, { random: core.random, nowMs: nowMs(core) }), signal)
}

/** The domains, those that were erased included, by name. */
export async function listDomains(core: Core, signal?: AbortSignal): Promise<DomainInfo[]> {
  await core.ring.refresh(signal)
  const { domains, erased } = core.ring.ring
  const isoTime = (ms: number) => new Date(ms).toISOString()
  return [
    ...domains.map(({ name, createdAtMs }) => ({ name, createdAt: isoTime(createdAtMs) })),
    ...erased.map(({ name, erasedAtMs }) => ({ name, erasedAt: isoTime(erasedAtMs) })),
  ].toSorted((a, b) => a.name.localeCompare(b.name))
}

/** What can be read no more once a domain is erased. @throws `repository.domain-unknown`, `repository.domain-erased` */
export async function pointsOfDomain(core: Core, name: string, signal?: AbortSignal): Promise<RestorePoint[]> {
  await core.ring.refresh(signal)
  requireDomain(core.ring.ring, name)
  const points: RestorePoint[] = []
  for await (const point of listPoints(core, signal))
    if (point.damaged === undefined && point.domain === name) points.push(point)
  return points
}

/** Takes the keys of a domain out of the ring, and every older ring away. @throws `repository.domain-unknown`, `repository.domain-erased` */
export function eraseDomain(core: Core, name: string, signal?: AbortSignal): Promise<{ readonly ringsLocked: number }> {
  return core.ring.purge((ring) => withoutDomain(ring, name, nowMs(core)), signal)
}
