import type { z } from 'zod'
import { closest } from './closest.ts'

interface Named {
  readonly name: string
}

interface Names {
  readonly vcenters: readonly Named[]
  readonly policies: readonly (Named & { readonly vcenters?: readonly string[] | undefined })[]
}

/** What no key can tell by itself: a name that two have, of whom only the first would ever be found, and one that nobody has. */
export function checkNames({ vcenters, policies }: Names, { addIssue }: Pick<z.RefinementCtx, 'addIssue'>): void {
  const refuse = (path: PropertyKey[], message: string) => addIssue({ code: 'custom', path, message })
  for (const [list, entries] of Object.entries({ vcenters, policies }))
    for (const [at, { name }] of entries.entries())
      if (entries.findIndex((other) => other.name === name) < at)
        refuse([list, at, 'name'], `another one is called "${name}" already`)
  const known = vcenters.map(({ name }) => name)
  for (const [at, policy] of policies.entries())
    for (const [index, name] of (policy.vcenters ?? []).entries())
      if (!known.includes(name)) refuse(['policies', at, 'vcenters', index], unknown(name, known))
}

function unknown(name: string, known: readonly string[]): string {
  const meant = closest(name, known)
  const there = known.length === 0 ? 'the config has none' : `there are ${known.join(', ')}`
  return `no vCenter or host is called "${name}"; ${meant === undefined ? there : `did you mean "${meant}"?`}`
}
