import { messageOf } from '@vmkeep/kit'
import type { Cause } from '@vmkeep/run'
import type { Vm, VmTag } from '@vmkeep/vsphere'
import type { RunContext } from './run-context.ts'

/** The tags of a VM, for a restore to give them back. That they are unknown is no reason to fail; an ESXi host has none. */
export function tagsOf(
  { session, tags }: Pick<RunContext, 'session' | 'tags'>,
  vm: Vm,
): { readonly tags?: readonly VmTag[]; readonly warnings: readonly Cause[] } {
  const own = tags.known.get(vm.ref.value)
  if (own !== undefined) return { tags: own, warnings: [] }
  if (tags.unknown === undefined || !session.isVCenter) return { warnings: [] }
  const message = `Its tags could not be read, so a restored VM will have none: ${messageOf(tags.unknown)}`
  return { warnings: [{ code: 'tags-not-saved', message }] }
}
