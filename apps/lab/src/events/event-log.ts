import type { AnyOf, DataObject } from '@vmkeep/vsphere/types'
import type { ComputeResource } from '../inventory/compute-resource.ts'
import type { Datacenter } from '../inventory/datacenter.ts'
import type { HostSystem } from '../inventory/host.ts'
import type { ManagedEntity } from '../inventory/managed-entity.ts'
import type { VirtualMachine } from '../inventory/virtual-machine.ts'
import type { World } from '../inventory/world.ts'
import { HistoryRecord } from '../tasks/history.ts'
import type { Task } from '../tasks/task.ts'

export type LabEvent = AnyOf<'Event'>

/** What is said of an event besides where and when. */
export interface EventDetails {
  readonly $type: string
  readonly message: string
  readonly userName?: string | undefined
  readonly chainId?: number | undefined
  readonly fields?: Readonly<Record<string, unknown>>
}

/** An event, and the entities it is about, for the filters of those who ask. */
export interface EventEntry {
  readonly event: LabEvent
  readonly entities: readonly ManagedEntity[]
}

const keptMax = 10_000

/** Everything that happened in the lab, as vSphere's event log tells it. */
export class EventLog {
  readonly record = new HistoryRecord<EventEntry>(keptMax)
  readonly #world: World
  #key = 0
  #chain = 0

  constructor(world: World) {
    this.#world = world
  }

  /** A number that ties a task to its events. */
  newChain(): number {
    return ++this.#chain
  }

  vm(vm: VirtualMachine, details: EventDetails): void {
    const fields = { template: vm.settings.template, ...details.fields }
    this.#post({ ...details, fields }, { vm: { name: vm.name, vm: vm.ref }, ...this.#placeOf(vm.host) }, [vm, vm.host])
  }

  host(host: HostSystem, details: EventDetails): void {
    this.#post(details, this.#placeOf(host), [host])
  }

  session(details: EventDetails): void {
    this.#post(details, {}, [])
  }

  /** A task that begins. vSphere tells of it once, as it is then. */
  taskStarted(task: Task): void {
    const { entity, userName, name } = task.spec
    const vm = this.#world.vms.find((one) => one === entity)
    const place = vm === undefined ? {} : { vm: { name: vm.name, vm: vm.ref }, ...this.#placeOf(vm.host) }
    this.#post(
      {
        $type: 'TaskEvent',
        message: `Task: ${labelOf(name)}`,
        userName,
        chainId: task.info.eventChainId,
        fields: { info: task.info },
      },
      place,
      vm === undefined ? [entity] : [entity, vm.host],
    )
  }

  #placeOf(host: HostSystem): Partial<DataObject<'Event'>> {
    const compute = host.parentEntity as ComputeResource
    return {
      datacenter: this.#datacenter(),
      computeResource: { name: compute.name, computeResource: compute.ref },
      host: { name: host.name, host: host.ref },
    }
  }

  #datacenter(): DataObject<'DatacenterEventArgument'> {
    const datacenter: Datacenter = this.#world.datacenter
    return { name: datacenter.name, datacenter: datacenter.ref }
  }

  #post(details: EventDetails, place: Partial<DataObject<'Event'>>, entities: readonly ManagedEntity[]): void {
    const key = ++this.#key
    const event = {
      $type: details.$type,
      key,
      chainId: details.chainId ?? key,
      createdTime: this.#world.clock.timestamp(),
      userName: details.userName ?? '',
      ...place,
      fullFormattedMessage: details.message,
      ...details.fields,
    }
    const all = new Set(entities.flatMap((entity) => [...entity.lineage()]))
    this.record.add({ event: event as unknown as LabEvent, entities: [...all] })
    this.#world.inventory.changed()
  }
}

const labels: Readonly<Record<string, string>> = {
  CreateSnapshot_Task: 'Create virtual machine snapshot',
  CreateSnapshotEx_Task: 'Create virtual machine snapshot',
  RemoveSnapshot_Task: 'Remove snapshot',
  RemoveAllSnapshots_Task: 'Remove all snapshots',
  RevertToSnapshot_Task: 'Revert snapshot',
  ConsolidateVMDisks_Task: 'Consolidate virtual machine disk files',
  ReconfigVM_Task: 'Reconfigure virtual machine',
  PowerOnVM_Task: 'Power On virtual machine',
  PowerOffVM_Task: 'Power Off virtual machine',
  RelocateVM_Task: 'Relocate virtual machine',
  MigrateVM_Task: 'Migrate virtual machine',
}

function labelOf(method: string): string {
  return labels[method] ?? method.replace(/_Task$/, '')
}
