import type { ManagedObjectReference } from '@vmkeep/vsphere/types'
import { VimFault } from '../../faults/vim-fault.ts'
import type { RunningTask } from '../../tasks/task-engine.ts'
import { crashHost } from '../crash-host.ts'
import type { HostSystem } from '../host.ts'
import type { VirtualMachine } from '../virtual-machine.ts'
import { checkSnapshot } from './check-snapshot.ts'
import type { ShownDisk } from './disk-device.ts'
import { manifestNameOf, quiesceGuest, type QuiesceWish, writeManifest } from './quiesce-guest.ts'
import { moveToHost } from './move-vm.ts'
import { switchPower } from './power.ts'
import { Snapshot } from './snapshot.ts'
import { vmxTextOf, writeVmx } from './vmx-file.ts'

export interface CreateSnapshotOptions {
  readonly name: string
  readonly description: string
  readonly memory: boolean
  readonly quiesce: QuiesceWish | false
}

/**
 * Freezes a VM's disks and remembers its settings.
 *
 * Quiescing is silently left out where VMware Tools do not run, and leaves a manifest where VSS took part. Memory is left out
 * where the VM is off, and always taken where it is suspended.
 * Source: vadp.md §3.1, §3.2; vSphere Web Services API 8.0, CreateSnapshot_Task. Evidence: documented.
 *
 * @throws VimFault if the VM can't be snapshotted
 */
export async function createSnapshot(
  vm: VirtualMachine,
  options: CreateSnapshotOptions,
): Promise<ManagedObjectReference> {
  checkSnapshot(vm, options)
  const { name, description, memory, quiesce } = options
  const { quiesced, manifest } = quiesceGuest(vm, quiesce)
  const id = vm.world.morefs.snapshot(vm.ref.value)
  const takesMemory = (memory && vm.power === 'on') || vm.power === 'suspended'
  const before = {
    settings: vm.settings,
    power: vm.power,
    bootTime: vm.bootTime,
    memory: takesMemory,
    quiesced,
    independent: independentDisks(vm),
  }
  const frozen = await vm.storage.createSnapshot({
    id,
    name,
    description,
    config: vmxTextOf(vm),
    memory: takesMemory ? () => vm.guestMemory : undefined,
  })
  const backupManifest = manifest && manifestNameOf(vm, frozen.number)
  if (manifest !== undefined && backupManifest !== undefined) writeManifest(vm, backupManifest, manifest)
  const snapshot = new Snapshot(vm, id, { ...before, frozen, backupManifest })
  vm.addSnapshot(snapshot)
  vm.world.busiest.sawSnapshot(vm)
  writeVmx(vm)
  return snapshot.ref
}

export interface RemovalOptions {
  readonly consolidate: boolean
}

/** Removes one snapshot, or it and all below it, and merges what it held. */
export async function removeSnapshot(
  snapshot: Snapshot,
  options: RemovalOptions & { readonly removeChildren: boolean },
  task: RunningTask,
): Promise<void> {
  await merge(snapshot.owner, snapshot.owner.storage.removeSnapshot(snapshot.ref.value, options), task)
}

/** The same until the first bytes are merged: then the VM's host crashes. @throws VimFault `HostCommunication` */
export async function removeUntilHostCrashes(snapshot: Snapshot, task: RunningTask): Promise<void> {
  const vm = snapshot.owner
  let steps = 0
  for await (const percent of vm.storage.removeSnapshot(snapshot.ref.value)) {
    vm.dropGoneSnapshots()
    task.progress(percent)
    if (++steps === 2) break // the first took the snapshot from the tree
  }
  await crashHost(vm.host)
  throw new VimFault('HostCommunication')
}

export async function removeAllSnapshots(
  vm: VirtualMachine,
  options: RemovalOptions,
  task: RunningTask,
): Promise<void> {
  await merge(vm, vm.storage.removeAllSnapshots(options), task)
}

/** Merges what earlier removals left. */
export async function consolidate(vm: VirtualMachine, task: RunningTask): Promise<void> {
  await merge(vm, vm.storage.consolidate(), task)
  vm.forceConsolidationNeeded(false)
}

export interface RevertOptions {
  readonly suppressPowerOn: boolean
  /** Where it is to run if it does. */
  readonly host?: HostSystem | undefined
}

/**
 * Back to a snapshot: its bytes, its settings, and what the guest was doing if its memory was kept; off without memory.
 *
 * A VM that was on goes on at once, or stays suspended. It keeps its name and the uuid by which vCenter knows it.
 * Source: vSphere Web Services API 8.0, RevertToSnapshot_Task: not powered on. Evidence: documented. That it is suspended then:
 * observed (microsoft/vsts-vmware, pull request 59). That name and instanceUuid stay: inferred.
 *
 * @throws `lab.*` if a file of the snapshot is missing or damaged: nothing has changed then
 */
export async function revertTo(snapshot: Snapshot, { suppressPowerOn, host }: RevertOptions): Promise<void> {
  const vm = snapshot.owner
  const { power, settings } = snapshot.parts
  await vm.storage.revertToSnapshot(snapshot.ref.value)
  vm.memory.stop()
  const { name, instanceUuid } = vm.settings
  vm.settings = { ...settings, name, instanceUuid }
  vm.dropGoneSnapshots()
  writeVmx(vm)
  if (vm.power === 'off' || power === 'suspended' || suppressPowerOn) return
  if (host !== undefined) moveToHost(vm, host)
  await switchPower(vm, 'on')
}

/** The snapshots are gone from the tree at the first step: the rest of the time is for the bytes. */
async function merge(vm: VirtualMachine, steps: AsyncIterable<number>, task: RunningTask): Promise<void> {
  for await (const percent of steps) {
    vm.dropGoneSnapshots()
    task.progress(percent)
  }
  vm.touch()
  writeVmx(vm)
  if (vm.consolidationNeeded)
    vm.world.events.vm(vm, {
      $type: 'ExtendedEvent',
      message: `Virtual machine ${vm.name} disks consolidation is needed on ${vm.host.name}.`,
      fields: { eventTypeId: 'com.vmware.vc.VmDiskConsolidationNeeded', managedObject: vm.ref, message: '' },
    })
}

/** What the config shows of disks that no snapshot freezes. */
function independentDisks(vm: VirtualMachine): Map<number, ShownDisk> {
  const disks = vm.storage.disks.filter(({ mode }) => mode.startsWith('independent'))
  return new Map(disks.map(({ key, capacityBytes, backing }) => [key, { capacityBytes, backing }]))
}
