import { hasCode, messageOf } from '@vmkeep/kit'
import type { ManagedObjectReference, Session } from '@vmkeep/vsphere'
import { fail } from './errors.ts'
import type { LeftHold, Leftover } from './journal.ts'
import { whatBecameOf } from './survey-vms.ts'

/** Has VMware's library enable RelocateVM_Task of a VM again, and tells whether it was disabled. @throws why it stays so, or may */
export type EndHold = (held: {
  readonly session: Session
  readonly vm: ManagedObjectReference
  readonly hold: LeftHold
  readonly signal?: AbortSignal | undefined
}) => Promise<boolean>

/**
 * Lets a VM be moved again that a dead run has kept in its place, and tells whether it still was.
 *
 * @throws `run.vm-held` where it stays so, or may
 */
export async function removeLeftHold(
  { leftover, journal }: { readonly leftover: Leftover; readonly journal: string },
  { session, endHold, signal }: { readonly session: Session; readonly endHold: EndHold; readonly signal?: AbortSignal },
): Promise<boolean> {
  const { vmName, vmRef, hold } = leftover
  const vm = { type: 'VirtualMachine', value: vmRef! } as const
  try {
    return await endHold({ session, vm, hold: hold!, signal })
  } catch (error) {
    signal?.throwIfAborted()
    const { identity, library } = hold!
    const isGone = hasCode(error, 'vsphere.not-found') && (await whatBecameOf(session, vm.value, signal)) === 'gone'
    if (isGone) return false // with all that was disabled of it
    throw fail('run.vm-held', { vm: vmName, journal, why: messageOf(error), identity, library }, error)
  }
}
