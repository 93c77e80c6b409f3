import type { Random } from '@vmkeep/kit'
import type { DataObject } from '@vmkeep/vsphere/types'
import { BusiestRecord } from '../busiest.ts'
import type { LabClock } from '../config/lab-clock.ts'
import { uuidOf } from '../config/uuid.ts'
import { EventLog } from '../events/event-log.ts'
import type { LabFaults } from '../faults/lab-faults.ts'
import { LeaseBook } from '../leases/lease-book.ts'
import { Latencies } from '../performance/latencies.ts'
import { Policies } from '../policies/policies.ts'
import { PagedResults } from '../properties/paged-results.ts'
import { PropertyCollection, PropertyCollector } from '../properties/property-collector.ts'
import { removeSessionObjects } from '../soap/session-objects.ts'
import { ServiceTickets } from '../soap/service-tickets.ts'
import type { Session } from '../soap/session.ts'
import { SessionStore } from '../soap/session-store.ts'
import type { User } from '../soap/user.ts'
import type { LabStorage } from '../storage/model.ts'
import { TaskEngine } from '../tasks/task-engine.ts'
import type { ComputeResource } from './compute-resource.ts'
import { Tags } from '../automation/tags.ts'
import { CustomFields } from './custom-fields.ts'
import type { Datacenter } from './datacenter.ts'
import { DatastoreObject } from './datastore.ts'
import { Folder } from './folder.ts'
import { HostSystem } from './host.ts'
import { Inventory } from './inventory.ts'
import { esxiMorefs, type Morefs, vcenterMorefs } from './morefs.ts'
import { Network } from './network.ts'
import { ResourcePool } from './resource-pool.ts'
import { LicenseManager } from './services.ts'
import { VirtualMachine } from './virtual-machine.ts'
import type { LabSettings, World } from './world.ts'

export interface LabWorldOptions {
  readonly mode: 'vcenter' | 'esxi'
  readonly settings: LabSettings
  readonly clock: LabClock
  readonly random: Random
  readonly storage: LabStorage
  readonly faults: LabFaults
  readonly users: readonly User[]
  readonly sessionIdleTimeoutMs: number
  readonly sessionsMax: number
}

interface SessionState {
  readonly collection: PropertyCollection
  readonly pages: PagedResults
}

/** The world itself: what {@link World} promises, and the two ends that are put in once they are made. */
export class LabWorld implements World {
  readonly mode: 'vcenter' | 'esxi'
  readonly settings: LabSettings
  readonly clock: LabClock
  readonly random: Random
  readonly storage: LabStorage
  readonly faults: LabFaults
  readonly users: readonly User[]
  readonly morefs: Morefs
  readonly inventory = new Inventory()
  readonly sessions: SessionStore
  readonly serviceTickets: ServiceTickets
  readonly tasks: TaskEngine
  readonly leases = new LeaseBook()
  readonly busiest = new BusiestRecord()
  readonly events: EventLog
  readonly customFields: CustomFields
  readonly tags: Tags
  readonly policies: Policies
  readonly latencies = new Latencies(this)
  readonly instanceUuid: string
  readonly rootFolder: Folder
  /** Mistakes of the lab itself. There should be none. */
  readonly mistakes: unknown[] = []
  #datacenter: Datacenter | undefined
  #compute: ComputeResource | undefined
  #vmNumber = 0
  readonly #sessionStates = new WeakMap<Session, SessionState>()

  constructor(options: LabWorldOptions) {
    this.mode = options.mode
    this.settings = options.settings
    this.clock = options.clock
    this.random = options.random
    this.storage = options.storage
    this.faults = options.faults
    this.users = options.users
    this.morefs = options.mode === 'vcenter' ? vcenterMorefs() : esxiMorefs()
    this.sessions = new SessionStore({
      clock: options.clock,
      random: options.random,
      users: options.users,
      idleTimeoutMs: options.sessionIdleTimeoutMs,
      sessionsMax: options.sessionsMax,
      onStart: (count) => this.busiest.sawSessions(count),
      onEnd: (session) => removeSessionObjects(this, session),
    })
    this.serviceTickets = new ServiceTickets(options.random)
    this.tasks = new TaskEngine(this)
    this.events = new EventLog(this)
    this.instanceUuid = uuidOf(options.random)
    const { rootFolder, customFieldsManager } = this.morefs.services
    const rootName = this.mode === 'vcenter' ? 'Datacenters' : 'ha-folder-root'
    this.rootFolder = this.inventory.add(new Folder(this, rootFolder, rootName, 'root'))
    this.tags = new Tags(this.random)
    this.policies = new Policies(this.random)
    this.customFields = new CustomFields(customFieldsManager ?? 'CustomFieldsManager')
  }

  /** Says which datacenter and cluster there are; before that nothing else may ask. */
  place(datacenter: Datacenter, compute: ComputeResource): void {
    this.#datacenter = datacenter
    this.#compute = compute
  }

  get datacenter(): Datacenter {
    return this.#datacenter!
  }
  get compute(): ComputeResource {
    return this.#compute!
  }
  get hosts(): readonly HostSystem[] {
    return this.inventory.all(HostSystem)
  }
  get datastores(): readonly DatastoreObject[] {
    return this.inventory.all(DatastoreObject)
  }
  get networks(): readonly Network[] {
    return this.inventory.all(Network)
  }
  get pools(): readonly ResourcePool[] {
    return this.inventory.all(ResourcePool)
  }
  get vms(): readonly VirtualMachine[] {
    return this.inventory.all(VirtualMachine)
  }
  get licenses(): readonly DataObject<'LicenseManagerLicenseInfo'>[] {
    return this.inventory.all(LicenseManager).flatMap(({ licenses }) => licenses)
  }

  nextVmNumber(): number {
    return ++this.#vmNumber
  }

  collection(session: Session): PropertyCollection {
    return this.#stateOf(session).collection
  }

  collections(session: Session): readonly PropertyCollection[] {
    const created = [...session.objects.values()].filter((object) => object instanceof PropertyCollector)
    return [this.collection(session), ...created.map((collector) => collector.collection(session))]
  }

  pages(session: Session): PagedResults {
    return this.#stateOf(session).pages
  }

  report(error: unknown): void {
    this.mistakes.push(error)
  }

  #stateOf(session: Session): SessionState {
    const known = this.#sessionStates.get(session)
    if (known !== undefined) return known
    const collection = new PropertyCollection({ inventory: this.inventory, clock: this.clock, session })
    const state = { collection, pages: new PagedResults() }
    this.#sessionStates.set(session, state)
    return state
  }
}
