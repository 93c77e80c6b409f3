// What tests of this package build VMs from: a plain, healthy VM, and how it differs.
import type { Device, VirtualDiskDevice, VmConfig } from './vm-disk.ts'
import { disksOf } from './disks-of.ts'
import type { Vm } from './vm.ts'

export const gib = 1024 ** 3

type FlatBacking = Extract<VirtualDiskDevice['backing'], { readonly $type: 'VirtualDiskFlatVer2BackingInfo' }>

export const flatBacking = (changes: Partial<FlatBacking> = {}): FlatBacking => ({
  $type: 'VirtualDiskFlatVer2BackingInfo',
  fileName: '[fast] web-1/web-1.vmdk',
  datastore: { type: 'Datastore', value: 'datastore-11' },
  diskMode: 'persistent',
  split: false,
  writeThrough: false,
  thinProvisioned: true,
  uuid: '6000C294-0f7d-94a1-0000-000000000001',
  contentId: 'fffffffe',
  changeId: '52 de c0 d9 b9 43 9d 10-61 d5 4c 1b e9 7b 65 63/81',
  sharing: 'sharingNone',
  ...changes,
})

export const diskDevice = (changes: Partial<VirtualDiskDevice> = {}): VirtualDiskDevice => ({
  $type: 'VirtualDisk',
  key: 2000,
  deviceInfo: { $type: 'Description', label: 'Hard disk 1', summary: '16 GB' },
  backing: flatBacking(),
  controllerKey: 1000,
  unitNumber: 0,
  capacityInKB: (16 * gib) / 1024,
  capacityInBytes: 16 * gib,
  diskObjectId: '1-2000',
  ...changes,
})

export const scsiController = (
  changes: Partial<Extract<Device, { $type: 'ParaVirtualSCSIController' }>> = {},
): Device => ({
  $type: 'ParaVirtualSCSIController',
  key: 1000,
  deviceInfo: { $type: 'Description', label: 'SCSI controller 0', summary: 'VMware paravirtual SCSI' },
  controllerKey: 100,
  unitNumber: 3,
  busNumber: 0,
  device: [2000],
  hotAddRemove: true,
  sharedBus: 'noSharing',
  scsiCtlrUnitNumber: 7,
  ...changes,
})

export const configOf = (devices: readonly Device[], changes: Partial<VmConfig> = {}): VmConfig => ({
  changeVersion: '2026-11-22T16:00:00.000000Z',
  modified: '2026-11-22T16:00:00.000000Z',
  name: 'web-1',
  guestFullName: 'Debian GNU/Linux 12 (64-bit)',
  version: 'vmx-19',
  uuid: '4237f1a0-0000-4000-8000-000000000001',
  instanceUuid: '5037f1a0-0000-4000-8000-000000000001',
  template: false,
  guestId: 'debian12_64Guest',
  alternateGuestName: '',
  annotation: '',
  files: { vmPathName: '[fast] web-1/web-1.vmx', snapshotDirectory: '[fast] web-1/' },
  flags: { snapshotDisabled: false, snapshotLocked: false },
  defaultPowerOps: {},
  hardware: { numCPU: 2, numCoresPerSocket: 1, memoryMB: 4096, device: devices },
  changeTrackingEnabled: true,
  firmware: 'efi',
  ...changes,
})

/** A healthy VM with one disk. Changing `devices` changes `disks` with them. */
export function aVm(changes: Partial<Vm> = {}): Vm {
  const devices = changes.devices ?? [scsiController(), diskDevice()]
  const config = configOf(devices)
  return {
    ref: { type: 'VirtualMachine', value: 'vm-42' },
    name: 'web-1',
    inventoryPath: '/DC/vm/web/web-1',
    datacenterPath: 'DC',
    instanceUuid: config.instanceUuid,
    biosUuid: config.uuid,
    template: false,
    changeTracking: { supported: true, enabled: true },
    powerState: 'poweredOn',
    connectionState: 'connected',
    consolidationNeeded: false,
    snapshotInBackground: false,
    toolsRunning: true,
    faultTolerance: false,
    encrypted: false,
    locked: false,
    instantCloneFrozen: false,
    snapshots: [],
    snapshotLocked: false,
    snapshotDisabled: false,
    snapshotsSupported: true,
    memorySnapshotsSupported: true,
    hardwareVersion: 'vmx-19',
    host: { ref: { type: 'HostSystem', value: 'host-9' }, name: 'esx1.example', inMaintenance: false },
    datastores: [
      {
        ref: { type: 'Datastore', value: 'datastore-11' },
        name: 'fast',
        type: 'VMFS',
        capacityBytes: 1024 * gib,
        freeBytes: 512 * gib,
        accessible: true,
      },
    ],
    disks: disksOf(config),
    devices,
    guestVolumes: [],
    recentTasks: [],
    vmxPath: config.files.vmPathName,
    config,
    files: [],
    ...changes,
  }
}
