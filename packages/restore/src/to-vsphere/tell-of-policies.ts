import { hasCode } from '@vmkeep/kit'
import type { RestoreContext } from './restore-to-vsphere.ts'

/**
 * Says, when the making of a VM has failed, that it may have been for its storage policies: what vSphere says of a policy that its datastore does not
 * meet is no fault of its own.
 */
export function tellOfPolicies({ plan, onEvent }: Pick<RestoreContext, 'plan' | 'onEvent'>, error: unknown): void {
  if (!hasCode(error, 'vsphere.fault', 'vsphere.invalid-argument', 'vsphere.invalid-configuration')) return
  const disks = plan.disks.flatMap(({ spec }) => spec.storagePolicy?.name ?? [])
  const names = [...new Set([...(plan.homePolicy === undefined ? [] : [plan.homePolicy.name]), ...disks])]
  if (names.length === 0) return
  const quoted = names.map((name) => `"${name}"`).join(', ')
  const message = `if it is for the storage policies of the VM (${quoted}) that vSphere refused: another datastore may meet them, --storage-policy names others, and --storage-policies none leaves them out`
  onEvent({ type: 'note', level: 'warn', vm: plan.name, message, code: 'storage-policies-refused' })
}
