import type { Vm } from '@vmkeep/vsphere'
import { fail } from './errors.ts'

/**
 * What identifies a VM over time: vSphere's instance uuid, in lower case. The BIOS uuid is not unique, a reference is valid
 * on one endpoint only. Source: vadp.md §1.4. Evidence: documented.
 *
 * @throws `backup.no-identity`
 */
export function identityOf(vm: Pick<Vm, 'name' | 'instanceUuid'>): string {
  if (!vm.instanceUuid) throw fail('backup.no-identity', { vm: vm.name })
  return vm.instanceUuid.toLowerCase()
}
