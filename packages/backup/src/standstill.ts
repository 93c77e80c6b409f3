// What a backup reads from: a snapshot; or a template's own disks, to which nobody writes as long as it is one.
import type { Cause, ScriptRun } from '@vmkeep/run'
import type { TransportSettings } from '@vmkeep/transport'
import { listSnapshots, type ManagedObjectReference, readVm, type SnapshotRef, type Vm } from '@vmkeep/vsphere'
import { fail } from './errors.ts'
import type { SnapshotContext } from './run-context.ts'
import type { TakenSnapshot } from './take-snapshot.ts'

export interface Standstill {
  /** Whose configuration goes into the point. */
  readonly configOf: ManagedObjectReference
  /** Absent: the disks are read as they lie there. */
  readonly snapshot?: SnapshotRef
  readonly consistency: TakenSnapshot['consistency']
  /** Whether the snapshot holds the guest's memory. */
  readonly memory?: boolean
  readonly manifest?: Buffer
  readonly warnings: readonly Cause[]
  readonly scripts: readonly ScriptRun[]
  /** Asked before the commit. Throws if what was read may be of more than one moment. */
  requireUnchanged(): Promise<void>
}

/** Source: vadp.md §4: no snapshot of a template is possible. Evidence: documented. */
export const takesSnapshot = (vm: Vm): boolean => !vm.template

/** A disk that is attached to another VM without a snapshot beneath it could be written to by that one, so hotadd is left out. */
export function transportsFor<T extends { readonly transport: TransportSettings }>(vm: Vm, options: T): T {
  if (takesSnapshot(vm)) return options
  const { transport } = options
  return { ...options, transport: { ...transport, order: transport.order.filter((name) => name !== 'hotadd') } }
}

export const inSnapshot = (run: SnapshotContext, vm: Vm, { ref, ...taken }: TakenSnapshot): Standstill => ({
  configOf: ref,
  snapshot: ref,
  ...taken,
  // A snapshot that somebody removed while we read means the bytes may be of different moments.
  async requireUnchanged() {
    const there = await listSnapshots(run.session, vm.ref, run.signal)
    if (!there.some((snapshot) => snapshot.ref.value === ref.value))
      throw fail('backup.snapshot-lost', { vm: vm.name, snapshot: ref.value })
  },
})

/** @param vm as it was before anything was read */
export const asItLies = (run: SnapshotContext, vm: Vm, warnings: readonly Cause[]): Standstill => ({
  configOf: vm.ref,
  consistency: 'crash',
  warnings,
  scripts: [],
  async requireUnchanged() {
    const now = await readVm(run.session, vm.ref, run.signal)
    if (fingerprintOf(now) !== fingerprintOf(vm)) throw fail('backup.template-changed', { vm: vm.name })
  },
})

/**
 * What does not stay the same when somebody converts the template, starts it and makes a template of it again: its version, and the
 * content id of each disk that was written. Source: VirtualMachineConfigInfo.changeVersion, VirtualDiskFlatVer2BackingInfo.contentId,
 * vSphere Web Services API 8.0; vadp.md §1.4. Evidence: documented.
 */
function fingerprintOf({ template, powerState, config, disks }: Vm): string {
  const backings = disks.map(({ key, fileName, device }) => [
    key,
    fileName,
    (device.backing as HasContentId)?.contentId,
  ])
  return JSON.stringify([template, powerState, config?.changeVersion, backings])
}

type HasContentId = { readonly contentId?: string } | undefined
