import { messageOf } from '@vmkeep/kit'
import type { Cause } from '@vmkeep/run'
import { readStoragePolicies, type Vm, type VmStoragePolicies } from '@vmkeep/vsphere'
import type { RunContext } from './run-context.ts'

/** The storage policies of a VM and its disks, for a restore to give them back. They are no reason to fail; an ESXi host has none. */
export async function readPoliciesOf(
  { session, signal, storagePolicies }: Pick<RunContext, 'session' | 'signal' | 'storagePolicies'>,
  vm: Vm,
  disks: readonly { readonly key: number; readonly label: string }[],
): Promise<{ readonly storagePolicies?: VmStoragePolicies; readonly warnings: readonly Cause[] }> {
  if (!session.isVCenter) return { warnings: [] }
  try {
    const keys = disks.map(({ key }) => key)
    const { policies, unread } = await readStoragePolicies(storagePolicies, vm.ref, keys)
    const warnings = disks.flatMap(({ key, label }) => (unread.has(key) ? [notSaved(label, unread.get(key))] : []))
    return { ...(policies !== undefined && { storagePolicies: policies }), warnings }
  } catch (error) {
    signal.throwIfAborted()
    return { warnings: [notSaved('it and its disks', error)] }
  }
}

const notSaved = (what: string, error: unknown): Cause => ({
  code: 'storage-policies-not-saved',
  message: `The storage policies of ${what} could not be read, so a restored VM will have the defaults of its datastores there: ${messageOf(error)}`,
})
