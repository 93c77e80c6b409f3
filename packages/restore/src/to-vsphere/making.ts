import { messageOf } from '@vmkeep/kit'
import { formatMarker, type Journal, type JournalEntry, type LeftHome, type Marker, removeLeftHome } from '@vmkeep/run'
import { destroyVm, type ManagedObjectReference } from '@vmkeep/vsphere'
import type { RestoreContext } from './restore-to-vsphere.ts'

/** A new VM in the making: how far it is, and what proves that it is ours. */
export interface Making {
  readonly journal: Journal
  readonly marker: Marker
  /** What the journal has of it. */
  readonly entries: JournalEntry[]
  vm?: ManagedObjectReference
  /** Once it may be out of the inventory. */
  home?: LeftHome
  /** It is the admin's from now on, and nobody takes it back. */
  isWhole: boolean
}

/** Takes back what has become of it. Not cancelled by the run's signal: a cancelled restore must not leave half a VM. Does not fail. */
export async function takeBack({ session, onEvent, plan }: RestoreContext, making: Making): Promise<void> {
  const { vm, home, marker, entries } = making
  try {
    if (home === undefined) await destroyVm(session, { ref: vm?.value, marker: formatMarker(marker) })
    else await removeLeftHome(session, { home, marker })
    for (const entry of entries) await entry.gone()
  } catch (error) {
    const message = `the half-restored VM could not be removed; vmkeep tries again at its next start: ${messageOf(error)}`
    onEvent({ type: 'note', level: 'error', vm: plan.name, message, code: 'run.leftover-not-removed' })
  }
}
