import { hasCode, messageOf } from '@vmkeep/kit'
import type { Cause } from '@vmkeep/run'
import { readTags, type Vm, type VmTag } from '@vmkeep/vsphere'
import type { RunContext } from './run-context.ts'

/** The tags of a VM, for a restore to give them back. They are no reason to fail; an ESXi host has none. */
export async function readTagsOf(
  { session, signal, tagNames }: Pick<RunContext, 'session' | 'signal' | 'tagNames'>,
  vm: Vm,
): Promise<{ readonly tags?: readonly VmTag[]; readonly warnings: readonly Cause[] }> {
  try {
    const tags = (await readTags(session, [vm.ref], signal, tagNames)).get(vm.ref.value)
    return { ...(tags !== undefined && tags.length > 0 && { tags }), warnings: [] }
  } catch (error) {
    signal.throwIfAborted()
    if (hasCode(error, 'vsphere.automation-missing')) return { warnings: [] }
    const message = `Its tags could not be read, so a restored VM will have none: ${messageOf(error)}`
    return { warnings: [{ code: 'tags-not-saved', message }] }
  }
}
