import { messageOf } from '@vmkeep/kit'
import type { Cause } from '@vmkeep/run'
import { readStoragePolicies, type Vm, type VmStoragePolicies } from '@vmkeep/vsphere'
import type { RunContext } from './run-context.ts'

/** The storage policies of a VM and its disks, for a restore to give them back. They are no reason to fail; an ESXi host has none. */
export async function readPoliciesOf(
  { session, signal, storagePolicies }: Pick<RunContext, 'session' | 'signal' | 'storagePolicies'>,
  vm: Vm,
  disks: readonly { readonly key: number }[],
): Promise<{ readonly storagePolicies?: VmStoragePolicies; readonly warnings: readonly Cause[] }> {
  if (!session.isVCenter) return { warnings: [] }
  try {
    const keys = disks.map(({ key }) => key)
    const found = await readStoragePolicies(storagePolicies, vm.ref, keys)
    return { ...(found !== undefined && { storagePolicies: found }), warnings: [] }
  } catch (error) {
    signal.throwIfAborted()
    const message = `Its storage policies could not be read, so a restored VM will have the defaults of its datastores: ${messageOf(error)}`
    return { warnings: [{ code: 'storage-policies-not-saved', message }] }
  }
}
