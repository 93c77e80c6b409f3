import type { Random } from '@vmkeep/kit'
import type { DataObject } from '@vmkeep/vsphere/types'
import type { Tags } from '../automation/tags.ts'
import type { BusiestRecord } from '../busiest.ts'
import type { LabClock } from '../config/lab-clock.ts'
import type { EventLog } from '../events/event-log.ts'
import type { LabFaults } from '../faults/lab-faults.ts'
import type { LeaseBook } from '../leases/lease-book.ts'
import type { Latencies } from '../performance/latencies.ts'
import type { Policies } from '../policies/policies.ts'
import type { PagedResults } from '../properties/paged-results.ts'
import type { PropertyCollection } from '../properties/property-collector.ts'
import type { ServiceTickets } from '../soap/service-tickets.ts'
import type { Session } from '../soap/session.ts'
import type { SessionStore } from '../soap/session-store.ts'
import type { User } from '../soap/user.ts'
import type { LabStorage } from '../storage/model.ts'
import type { TaskEngine } from '../tasks/task-engine.ts'
import type { ComputeResource } from './compute-resource.ts'
import type { CustomFields } from './custom-fields.ts'
import type { Datacenter } from './datacenter.ts'
import type { DatastoreObject } from './datastore.ts'
import type { Folder } from './folder.ts'
import type { HostSystem } from './host.ts'
import type { Inventory } from './inventory.ts'
import type { Morefs } from './morefs.ts'
import type { Network } from './network.ts'
import type { ResourcePool } from './resource-pool.ts'
import type { VirtualMachine } from './virtual-machine.ts'

export interface LabSettings {
  /** How long a task takes at least; a few milliseconds, if left out. */
  readonly taskDurationMs: number
  /** How long a finished task can still be asked for. */
  readonly taskRetentionMs: number
  /** A server's own limit to the objects of one answer, whatever the client asks for. */
  readonly pageObjectsMax: number
  /** Snapshots below one another. Source: vadp.md §3.6. Evidence: documented. */
  readonly snapshotLevelsMax: number
  /** How long a lease lives without a sign of its holder. */
  readonly leaseTimeoutSeconds: number
}

/** All there is in the lab, as its objects and methods see it. */
export interface World {
  readonly mode: 'vcenter' | 'esxi'
  readonly settings: LabSettings
  readonly clock: LabClock
  readonly random: Random
  readonly morefs: Morefs
  readonly inventory: Inventory
  readonly storage: LabStorage
  readonly faults: LabFaults
  readonly sessions: SessionStore
  readonly users: readonly User[]
  readonly tasks: TaskEngine
  readonly leases: LeaseBook
  readonly events: EventLog
  readonly busiest: BusiestRecord
  readonly customFields: CustomFields
  readonly tags: Tags
  readonly policies: Policies
  readonly latencies: Latencies
  readonly serviceTickets: ServiceTickets
  readonly licenses: readonly DataObject<'LicenseManagerLicenseInfo'>[]
  readonly instanceUuid: string

  readonly rootFolder: Folder
  readonly datacenter: Datacenter
  readonly compute: ComputeResource
  readonly hosts: readonly HostSystem[]
  readonly datastores: readonly DatastoreObject[]
  readonly networks: readonly Network[]
  readonly pools: readonly ResourcePool[]
  readonly vms: readonly VirtualMachine[]

  nextVmNumber(): number
  /** The default property collector's state of one session. */
  collection(session: Session): PropertyCollection
  /** Every collection of one session. */
  collections(session: Session): readonly PropertyCollection[]
  /** Answers this session has not read to the end. */
  pages(session: Session): PagedResults
  /** A mistake of the lab itself, to be seen by tests. */
  report(error: unknown): void
}
