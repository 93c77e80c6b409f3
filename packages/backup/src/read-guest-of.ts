import type { VmPointAttributes } from '@vmkeep/run'
import { readGuest } from '@vmkeep/transport'
import type { SnapshotRef, Vm, VmDisk } from '@vmkeep/vsphere'
import type { RunContext } from './run-context.ts'

/** What VMware's library tells of the guest, where somebody has asked for it. It is no reason to fail, nor to warn in a report. */
export async function readGuestOf(
  { session, options, clock, signal, onEvent }: RunContext,
  vm: Vm,
  snapshot: SnapshotRef | undefined,
  disks: readonly VmDisk[],
): Promise<Pick<VmPointAttributes, 'guest'>> {
  const { transport: settings } = options
  const reading = await readGuest({ session, vm: vm.ref, snapshot, disks, settings, clock, signal })
  if (reading === undefined) return {}
  const { guest, failures } = reading
  for (const failure of failures) {
    const message = `VMware's library does not tell all of the guest: ${failure}`
    onEvent({ type: 'note', level: 'info', vm: vm.name, message, code: 'guest-not-told' })
  }
  return guest.os === undefined && guest.volumes.length === 0 ? {} : { guest }
}
