import type { DataObject, ManagedObjectReference } from '@vmkeep/vsphere/types'
import type { VmSnapshot } from '../../storage/model.ts'
import { LabObject } from '../lab-object.ts'
import type { VirtualMachine } from '../virtual-machine.ts'
import type { ShownDisk } from './disk-device.ts'
import { powerStates } from './runtime-info.ts'
import type { VmSettings } from './vm-settings.ts'

export interface SnapshotParts {
  readonly frozen: VmSnapshot
  readonly settings: VmSettings
  readonly power: 'on' | 'off' | 'suspended'
  readonly quiesced: boolean
  /** The name of VSS's manifest, in the snapshot directory. */
  readonly backupManifest?: string | undefined
  readonly memory: boolean
  readonly bootTime: string
  /** Disks no snapshot holds, as they were: the config shows them all the same. */
  readonly independent: ReadonlyMap<number, ShownDisk>
}

/** A snapshot: the settings a VM had, over the layers its disks had. */
export class Snapshot extends LabObject {
  readonly owner: VirtualMachine
  readonly frozen: VmSnapshot
  readonly settings: VmSettings
  readonly parts: SnapshotParts
  readonly createTime: string
  snapshotName: string
  description: string

  constructor(owner: VirtualMachine, value: string, parts: SnapshotParts) {
    super('VirtualMachineSnapshot', value)
    this.owner = owner
    this.parts = parts
    this.frozen = parts.frozen
    this.settings = parts.settings
    this.createTime = new Date(parts.frozen.createdMs).toISOString()
    this.snapshotName = parts.frozen.name
    this.description = parts.frozen.description ?? ''
  }

  get config(): DataObject<'VirtualMachineConfigInfo'> {
    const { disks } = this.frozen
    const shown = (key: number) => disks.find((disk) => disk.key === key) ?? this.parts.independent.get(key)
    return this.owner.configOf(this.settings, shown)
  }
  get childSnapshot(): readonly ManagedObjectReference[] {
    return this.frozen.children.map(({ id }) => ({ type: 'VirtualMachineSnapshot', value: id }))
  }
  get vm(): ManagedObjectReference {
    return this.owner.ref
  }
  get value(): readonly never[] {
    return []
  }
  get availableField(): readonly never[] {
    return []
  }
}

/** A VM's `snapshot` property: unset if it has none. */
export function snapshotTree(vm: VirtualMachine): DataObject<'VirtualMachineSnapshotInfo'> | undefined {
  const roots = vm.snapshots.filter(({ frozen }) => frozen.parent === undefined)
  if (roots.length === 0) return undefined
  const current = vm.snapshots.find(({ ref }) => ref.value === vm.storage.currentSnapshot?.id)
  return { currentSnapshot: current?.ref, rootSnapshotList: roots.map((root) => branch(vm, root)) }
}

function branch(vm: VirtualMachine, snapshot: Snapshot): DataObject<'VirtualMachineSnapshotTree'> {
  const children = vm.snapshots.filter(({ frozen }) => frozen.parent?.id === snapshot.ref.value)
  return {
    snapshot: snapshot.ref,
    vm: vm.ref,
    name: snapshot.snapshotName,
    description: snapshot.description,
    id: snapshot.frozen.number,
    createTime: snapshot.createTime,
    state: snapshot.parts.memory || snapshot.parts.power !== 'on' ? powerStates[snapshot.parts.power] : 'poweredOff',
    quiesced: snapshot.parts.quiesced,
    backupManifest: snapshot.parts.backupManifest,
    childSnapshotList: children.map((child) => branch(vm, child)),
    replaySupported: false,
  }
}
