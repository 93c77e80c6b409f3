import type { StoragePolicy, VmStoragePolicies } from '@vmkeep/vsphere'

/** What a policy of the saved VM becomes. */
export interface ChosenPolicy {
  readonly saved: StoragePolicy
  /** Absent: there is none for it. */
  readonly target?: StoragePolicy | undefined
  /** The name that somebody has said, where somebody has. */
  readonly asked?: string | undefined
}

/** The policies that a saved VM and these disks of it have, each once. */
export function distinctPolicies(saved: VmStoragePolicies, disks: ReadonlySet<number>): StoragePolicy[] {
  const own = saved.disks.filter(({ key }) => disks.has(key)).map(({ id, name }) => ({ id, name }))
  const all = [...(saved.home === undefined ? [] : [saved.home]), ...own]
  return all.filter(({ id }, at) => all.findIndex((other) => other.id === id) === at)
}

/**
 * What takes the place of each: the one that was named for it; on its own vCenter the same one, by its id, as its name may have changed; else one of
 * the same name. Pure.
 */
export function choosePolicies(
  saved: readonly StoragePolicy[],
  there: readonly StoragePolicy[],
  { map, isSameVcenter }: { readonly map: Readonly<Record<string, string>>; readonly isSameVcenter: boolean },
): ChosenPolicy[] {
  const named = (name: string) => there.find((policy) => policy.name === name)
  return saved.map((policy) => {
    const asked = Object.hasOwn(map, policy.name) ? map[policy.name] : undefined
    if (asked !== undefined) return { saved: policy, asked, target: named(asked) }
    const same = isSameVcenter ? there.find(({ id }) => id === policy.id) : undefined
    return { saved: policy, target: same ?? named(policy.name) }
  })
}
