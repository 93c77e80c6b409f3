import { messageOf } from '@vmkeep/kit'
import type { VmPoint } from '@vmkeep/run'
import {
  endpointIdOf,
  missingPrivileges,
  privilegeSets,
  type Session,
  StoragePolicies,
  type StoragePolicy,
} from '@vmkeep/vsphere'
import type { PointDisk } from '../choose-disks.ts'
import { fail } from '../errors.ts'
import { choosePolicies, distinctPolicies } from './choose-policies.ts'

export interface PolicyWish {
  /** Saved name → name at the target. Policies of the same name need no entry. */
  readonly storagePolicyMap?: Readonly<Record<string, string>>
  /** `auto`: those it had, where they are there; `all`: refuse where one is not; `none`: the defaults of the datastores. `auto` if left out. */
  readonly storagePolicies?: 'auto' | 'all' | 'none'
}

export interface PolicyPlan {
  /** For the VM's own files. */
  readonly home?: StoragePolicy | undefined
  /** For disks, by their saved keys. */
  readonly disks: ReadonlyMap<number, StoragePolicy>
  readonly warnings: readonly { readonly code: string; readonly message: string }[]
}

const nothing: PolicyPlan = { disks: new Map(), warnings: [] }

/**
 * Which storage policies a restored VM gets. What somebody has named must be there; so must all, if `all` is asked for. Else what is not there is
 * a warning, and the datastore's default takes its place: a VM that is needed now must not wait for a policy.
 *
 * @throws `restore.no-such-storage-policy`, `restore.storage-policies-unknown`
 */
export async function planPolicies(
  session: Session,
  { point, disks }: { readonly point: VmPoint; readonly disks: readonly PointDisk[] },
  { storagePolicyMap: map = {}, storagePolicies: mode = 'auto' }: PolicyWish,
  signal: AbortSignal,
): Promise<PolicyPlan> {
  const had = point.place.storagePolicies
  const unsaved = point.warnings.find(({ code }) => code === 'storage-policies-not-saved')
  if (mode === 'all' && unsaved !== undefined)
    throw fail('restore.storage-policies-unknown', { why: `the restore point does not say which: ${unsaved.message}` })
  const wanted = had === undefined ? [] : distinctPolicies(had, new Set(disks.map(({ key }) => key)))
  const told = [...unusedNames(map, wanted), ...(unsaved === undefined ? [] : [notInPoint(unsaved.message)])]
  if (mode === 'none') return nothing
  if (had === undefined || wanted.length === 0) return { ...nothing, warnings: told }
  const isAsked = mode === 'all' || wanted.some(({ name }) => Object.hasOwn(map, name))
  const found = await policiesOf(session, signal)
  if ('why' in found) {
    if (isAsked) throw fail('restore.storage-policies-unknown', found)
    return { ...nothing, warnings: [...told, notGiven(namesOf(wanted), found.why)] }
  }
  const isSameVcenter = point.endpointId === endpointIdOf(session)
  const chosen = choosePolicies(wanted, found.there, { map, isSameVcenter })
  const missing = chosen.filter(({ target }) => target === undefined)
  const refused = missing.filter(({ asked }) => mode === 'all' || asked !== undefined)
  if (refused.length > 0)
    throw fail('restore.no-such-storage-policy', {
      wanted: refused.map(({ saved, asked }) => asked ?? saved.name),
      candidates: found.there.map(({ name }) => name).toSorted(),
    })
  const targetOf = (id: string | undefined) => chosen.find(({ saved }) => saved.id === id)?.target
  return {
    home: targetOf(had.home?.id),
    disks: new Map(
      had.disks.flatMap(({ key, id }) => {
        const target = targetOf(id)
        return target === undefined ? [] : [[key, target] as const]
      }),
    ),
    warnings: [...told, ...missing.map(({ saved }) => notGiven(namesOf([saved]), 'there is none of that name'))],
  }
}

/** What can be given, or why nothing can. An account that may see policies but not apply them would fail at the first disk. */
async function policiesOf(
  session: Session,
  signal: AbortSignal,
): Promise<{ readonly there: readonly StoragePolicy[] } | { readonly why: string }> {
  if (!session.isVCenter) return { why: `${session.host} is an ESXi host, and those have none` }
  try {
    const missing = await missingPrivileges(session, session.content.rootFolder, privilegeSets.storagePolicies, signal)
    if (missing.length > 0) return { why: `${session.username} lacks ${missing.join(', ')}` }
    return { there: await new StoragePolicies(session, signal).all() }
  } catch (error) {
    signal.throwIfAborted()
    return { why: messageOf(error) }
  }
}

const namesOf = (policies: readonly StoragePolicy[]) => policies.map(({ name }) => `"${name}"`).join(', ')

const notInPoint = (why: string) => ({
  code: 'storage-policy-not-restored',
  message: `the restore point does not hold all storage policies of the VM. At its backup: ${why}`,
})

const notGiven = (names: string, why: string) => ({
  code: 'storage-policy-not-restored',
  message: `what had the storage policy ${names} gets the default of its datastore: ${why}`,
})

const unusedNames = (map: Readonly<Record<string, string>>, wanted: readonly StoragePolicy[]) =>
  Object.keys(map)
    .filter((name) => !wanted.some((policy) => policy.name === name))
    .map((name) => ({
      code: 'storage-policy-unused',
      message: `nothing that is restored had the storage policy "${name}", for which another one was named`,
    }))
