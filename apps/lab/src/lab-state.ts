import type { NumberedRule } from './faults/lab-faults.ts'
import type { LabWorld } from './inventory/lab-world.ts'
import type { VirtualMachine } from './inventory/virtual-machine.ts'
import type { LabStats } from './start-lab.ts'

/** What is going on in the lab, as plain data. */
export interface LabState {
  readonly mode: 'vcenter' | 'esxi'
  readonly now: string
  readonly vms: readonly VmState[]
  readonly sessions: readonly { readonly user: string; readonly userAgent: string }[]
  readonly faults: readonly NumberedRule[]
  readonly stats: Omit<LabStats, 'calls' | 'mistakes'> & {
    readonly calls: Readonly<Record<string, number>>
    readonly mistakes: readonly string[]
  }
}

export interface VmState {
  readonly id: string
  readonly name: string
  readonly power: string
  readonly host: string
  readonly consolidationNeeded: boolean
  readonly changeTracking: { readonly configured: boolean; readonly effective: boolean }
  readonly disks: readonly { readonly key: number; readonly file: string; readonly capacityBytes: number }[]
  readonly snapshots: readonly { readonly id: string; readonly name: string }[]
}

export function labState(world: LabWorld, stats: LabStats): LabState {
  return {
    mode: world.mode,
    now: world.clock.timestamp(),
    vms: world.vms.map(vmState),
    sessions: world.sessions.open.map(({ user, userAgent }) => ({ user: user.name, userAgent })),
    faults: world.faults.rules,
    stats: { ...stats, calls: Object.fromEntries(stats.calls), mistakes: stats.mistakes.map(String) },
  }
}

function vmState({ ref, name, power, host, consolidationNeeded, storage }: VirtualMachine): VmState {
  return {
    id: ref.value,
    name,
    power,
    host: host.name,
    consolidationNeeded,
    changeTracking: storage.changeTracking,
    disks: storage.disks.map(({ key, backing, capacityBytes }) => ({ key, file: backing.fileName, capacityBytes })),
    snapshots: storage.snapshots.map(({ id, name: snapshotName }) => ({ id, name: snapshotName })),
  }
}
