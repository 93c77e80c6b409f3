import { messageOf } from '@vmkeep/kit'
import { type ManagedObjectReference, type Session, StoragePolicies, type StoragePolicy } from '@vmkeep/vsphere'
import type { RestorePlan } from './plan-restore.ts'

interface Made {
  readonly session: Session
  readonly plan: Pick<RestorePlan, 'homePolicy' | 'disks'>
  readonly signal: AbortSignal
}

/** Asks vSphere whether the new VM and its disks have the storage policies they were made with. */
export async function checkPolicies(
  { session, plan, signal }: Made,
  vm: ManagedObjectReference,
  newKeys: ReadonlyMap<number, number>,
): Promise<{ code: string; message: string }[]> {
  const home = plan.homePolicy === undefined ? [] : [{ what: 'the VM', wanted: plan.homePolicy, key: undefined }]
  const disks = plan.disks.flatMap(({ spec: { savedKey, label, storagePolicy: wanted } }) =>
    wanted === undefined ? [] : [{ what: label, wanted, key: newKeys.get(savedKey)! }],
  )
  const policies = new StoragePolicies(session, signal)
  const warnings: { code: string; message: string }[] = []
  for (const { what, wanted, key } of [...home, ...disks]) {
    const why = await whyNot(policies, vm, wanted, key).catch((error: unknown) => {
      signal.throwIfAborted()
      return `vSphere could not be asked: ${messageOf(error)}`
    })
    if (why !== undefined)
      warnings.push({
        code: 'storage-policy-unproven',
        message: `whether ${what} has the storage policy "${wanted.name}" is not proven: ${why}`,
      })
  }
  return warnings
}

async function whyNot(
  policies: StoragePolicies,
  vm: ManagedObjectReference,
  wanted: StoragePolicy,
  key: number | undefined,
): Promise<string | undefined> {
  const found = await policies.of(vm, key)
  if (found?.id === wanted.id) return undefined
  return found === undefined ? 'vSphere says it has none' : `vSphere says it has "${found.name}"`
}
