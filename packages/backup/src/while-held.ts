import { holdLog } from '@vmkeep/run'
import { holdVm, type TransportChoice, type TransportSettings } from '@vmkeep/transport'
import type { Vm } from '@vmkeep/vsphere'
import { placeOf, type SnapshotContext } from './run-context.ts'
import type { SnapshotWish } from './take-snapshot.ts'

/** Only what VMware's library reads itself: it does not notice that a disk is moved beneath it. */
export const heldFor = (
  choices: readonly (TransportChoice | undefined)[],
  settings: TransportSettings,
): TransportSettings | undefined => (choices.some((choice) => choice?.name === 'vddk') ? settings : undefined)

/** Keeps a VM in its place while `work` has a snapshot of it, and lets it go, whatever happens. `leftover`: it could not be let go. */
export async function whileHeld<T>(
  run: SnapshotContext,
  vm: Vm,
  { heldFor: settings }: SnapshotWish,
  work: () => Promise<T>,
): Promise<{ readonly value: T; readonly leftover?: unknown }> {
  if (settings === undefined) return { value: await work() }
  const { session, clock, signal, onEvent } = run
  const place = placeOf(run, vm)
  const { instanceId, runId } = place.marker
  const hold = await holdVm({
    session,
    vm: vm.ref,
    settings,
    identity: `vmkeep.${instanceId}.${runId}`,
    log: holdLog({ ...run, ...place }),
    onNote: (message) => onEvent({ type: 'note', level: 'warn', vm: vm.name, message, code: 'vm-not-held' }),
    clock,
    signal,
  })
  let value: T
  try {
    value = await work()
  } catch (error) {
    await hold.end()
    throw error
  }
  const leftover = await hold.end()
  return leftover === undefined ? { value } : { value, leftover }
}
