import type { HostSystem } from './inventory/host.ts'
import type { VirtualMachine } from './inventory/virtual-machine.ts'

/** The most of everything that there ever was at once: what limits of a client are held against. */
export interface Busiest {
  readonly sessions: number
  /** Queued ones count. */
  readonly tasks: number
  /** By the host's name. */
  readonly nfcConnections: ReadonlyMap<string, number>
  /** VMs with a snapshot, by the name of a datastore that they have files on. */
  readonly snapshotted: ReadonlyMap<string, number>
  /** The names of VMs that a snapshot was taken of, in that order. */
  readonly snapshotOrder: readonly string[]
}

/** Looks whenever something has become more. */
export class BusiestRecord implements Busiest {
  sessions = 0
  tasks = 0
  readonly nfcConnections = new Map<string, number>()
  readonly snapshotted = new Map<string, number>()
  readonly snapshotOrder: string[] = []

  sawSessions(count: number): void {
    this.sessions = Math.max(this.sessions, count)
  }

  sawTasks(count: number): void {
    this.tasks = Math.max(this.tasks, count)
  }

  sawConnections({ name }: Pick<HostSystem, 'name'>, count: number): void {
    raise(this.nfcConnections, name, count)
  }

  sawSnapshot(vm: VirtualMachine): void {
    this.snapshotOrder.push(vm.name)
    const counts = new Map<string, number>()
    for (const { datastores } of vm.world.vms.filter(({ storage }) => storage.snapshots.length > 0))
      for (const { name } of datastores) counts.set(name, (counts.get(name) ?? 0) + 1)
    for (const [name, count] of counts) raise(this.snapshotted, name, count)
  }
}

function raise(most: Map<string, number>, key: string, count: number): void {
  most.set(key, Math.max(most.get(key) ?? 0, count))
}
