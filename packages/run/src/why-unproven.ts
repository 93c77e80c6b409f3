import type { SeenVm, Survey } from './survey-vms.ts'

/** Why a snapshot may still be there, and what the admin can do to settle it. */
interface Doubt {
  readonly why: string
  readonly next: string
}

// Source: vSphere Web Services API 8.0, VirtualMachineConnectionState. Evidence: documented.
// That the snapshot property is empty in these states: inferred; so an empty tree proves nothing there.
const remedies: Readonly<Record<string, string>> = {
  disconnected: 'reconnect its host',
  orphaned: 'register it again, or take it out of the inventory if it is deleted',
  inaccessible: 'bring its datastore back',
  invalid: 'repair or register it again',
}

/**
 * What speaks against it that a snapshot is gone, none of ours having been found; `undefined` if it is proven gone. Pure.
 *
 * Proof is one of two: the VM is there, can be read, and has no such snapshot; or vSphere says that there is no such VM any more and no
 * other has its instance uuid. A journal without the VM's reference can only have the first: to this account, a VM that it may
 * not see looks like one that was deleted.
 */
export function whyUnproven({ bearers, sameUuid, nameless, recorded }: Survey): Doubt | undefined {
  const isSame = (vm: SeenVm) => sameUuid.some(({ ref }) => ref === vm.ref)
  const elsewhere = bearers.find((vm) => !isSame(vm))
  if (elsewhere !== undefined)
    return { why: `it is on ${called(elsewhere)}, whose instance uuid is another one`, next: 'remove it there by hand' }
  const recordedVm = typeof recorded === 'string' ? [] : [recorded]
  const unreadable = [...sameUuid, ...recordedVm].find((vm) => !isReadable(vm))
  if (unreadable !== undefined) return doubtAbout(unreadable)
  const stranger = recordedVm.find((vm) => !isSame(vm))
  if (stranger !== undefined)
    return { why: `${called(stranger)} has another instance uuid now`, next: 'find out what became of the VM' }
  if (bearers.length > 0) return { why: 'it has only just appeared there', next: 'wait a moment' }
  if (sameUuid.length > 0) return undefined
  return recorded === 'gone' ? doubtAboutNameless(nameless) : doubtAboutUnseen(recorded === 'unrecorded')
}

const called = ({ name, ref }: SeenVm): string => `"${name}" (${ref})`

const isReadable = (vm: SeenVm): boolean =>
  vm.connectionState === 'connected' && vm.snapshots !== undefined && vm.instanceUuid !== undefined

function doubtAbout(vm: SeenVm): Doubt {
  const state = vm.connectionState
  return state === undefined || state === 'connected'
    ? { why: `this account may not read ${called(vm)}`, next: 'give it the right System.Read there' }
    : { why: `${called(vm)} is ${state}, so vSphere can't tell`, next: remedies[state] ?? 'look at the VM in vSphere' }
}

function doubtAboutNameless(nameless: readonly SeenVm[]): Doubt | undefined {
  if (nameless.length === 0) return undefined
  const names = `${nameless.slice(0, 3).map(called).join(', ')}${nameless.length > 3 ? ' …' : ''}`
  return {
    why: `that VM is not there any more, but one of those that show no instance uuid may be it, registered anew: ${names}`,
    next: 'repair them or take them out of the inventory',
  }
}

const doubtAboutUnseen = (isOldJournal: boolean): Doubt => ({
  why: isOldJournal
    ? 'no VM with its instance uuid is to be seen, and the journal of that older version does not tell which one it was'
    : 'this account does not see that VM, and vSphere does not say that it was deleted',
  next: 'give this account the right to see it, or remove the snapshot by hand',
})
