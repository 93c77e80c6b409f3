import type { AnyOf, DataObject } from '@vmkeep/vsphere/types'
import { folderOf, formatDatastorePath, parseDatastorePath } from '../../storage/datastore-path.ts'
import { type DatastoreRefs, diskDevice, type ShownDisk } from './disk-device.ts'
import { guestNameOf } from './guest-names.ts'
import type { Device, VmSettings } from './vm-settings.ts'

export interface ConfigInfoOptions {
  readonly vmId: string
  readonly vmxPath: string
  readonly changeTrackingEnabled: boolean
  readonly datastores: DatastoreRefs
  /** What stands behind each disk: the VM's bytes now, or a snapshot's. `undefined` for one that is gone. */
  readonly shownDisk: (key: number) => ShownDisk | undefined
}

/** A whole `VirtualMachineConfigInfo`. */
export function configInfo(settings: VmSettings, options: ConfigInfoOptions): DataObject<'VirtualMachineConfigInfo'> {
  return {
    changeVersion: `${settings.modified}-${settings.changeVersion}`,
    modified: settings.modified,
    name: settings.name,
    guestFullName: guestNameOf(settings.guestId),
    version: settings.version,
    uuid: settings.uuid,
    createDate: settings.createDate,
    instanceUuid: settings.instanceUuid,
    npivTemporaryDisabled: true,
    template: settings.template,
    guestId: settings.guestId,
    alternateGuestName: '',
    annotation: settings.annotation,
    files: fileInfo(options.vmxPath),
    tools: {
      toolsVersion: 12_389,
      toolsInstallType: 'guestToolsTypeOpenVMTools',
      afterPowerOn: true,
      syncTimeWithHost: false,
    },
    flags: { ...defaultFlags, diskUuidEnabled: usesDiskUuids(settings) },
    defaultPowerOps: defaultPowerOps,
    rebootPowerOff: false,
    hardware: {
      numCPU: settings.cpus,
      numCoresPerSocket: settings.coresPerSocket,
      memoryMB: settings.memoryMb,
      virtualICH7MPresent: false,
      virtualSMCPresent: false,
      device: devicesOf(settings, options),
    },
    cpuAllocation: allocation(1000 * settings.cpus),
    memoryAllocation: allocation(10 * settings.memoryMb),
    latencySensitivity: { level: 'normal' },
    memoryHotAddEnabled: false,
    cpuHotAddEnabled: false,
    cpuHotRemoveEnabled: false,
    extraConfig: extraConfigOf(settings),
    swapPlacement: 'inherit',
    bootOptions: {
      bootDelay: 0,
      enterBIOSSetup: false,
      efiSecureBootEnabled: false,
      bootRetryEnabled: false,
      bootRetryDelay: 10_000,
    },
    vAssertsEnabled: false,
    changeTrackingEnabled: options.changeTrackingEnabled,
    firmware: settings.firmware,
    maxMksConnections: 40,
    guestAutoLockEnabled: true,
    memoryReservationLockedToMax: false,
    nestedHVEnabled: false,
    vPMCEnabled: false,
    ...settings.kept,
  }
}

/** A VM's devices, its disks last, with the controllers knowing what hangs on them. */
function devicesOf(settings: VmSettings, options: ConfigInfoOptions): Device[] {
  const disks = settings.disks.flatMap((disk) => {
    const shown = options.shownDisk(disk.key)
    return shown === undefined ? [] : [diskDevice(disk, shown, options)]
  })
  const all = [...settings.devices, ...disks]
  return all.map((device) => {
    if (!('busNumber' in device)) return device
    const hanging = all.filter(({ controllerKey }) => controllerKey === device.key).map(({ key }) => key)
    return { ...device, device: hanging }
  })
}

/** Whether the guest sees its disks' uuids: set as `disk.EnableUUID`, shown as a flag too. Evidence: documented; that both are one, inferred. */
export function usesDiskUuids({ extraConfig, kept }: VmSettings): boolean {
  const [, value] = [...extraConfig].find(([key]) => key.toLowerCase() === 'disk.enableuuid') ?? []
  return value === undefined ? kept.flags?.diskUuidEnabled === true : value.toUpperCase() === 'TRUE'
}

function fileInfo(vmxPath: string): DataObject<'VirtualMachineFileInfo'> {
  const { datastore, path } = parseDatastorePath(vmxPath)
  const folder = `${formatDatastorePath({ datastore, path: folderOf(path) })}/`
  return { vmPathName: vmxPath, snapshotDirectory: folder, suspendDirectory: folder, logDirectory: folder }
}

function extraConfigOf({ extraConfig }: VmSettings): AnyOf<'OptionValue'>[] {
  return [...extraConfig].map(([key, value]) => ({ $type: 'OptionValue', key, value }))
}

const allocation = (shares: number): DataObject<'ResourceAllocationInfo'> => ({
  reservation: 0,
  expandableReservation: false,
  limit: -1,
  shares: { shares, level: 'normal' },
})

const defaultFlags: DataObject<'VirtualMachineFlagInfo'> = {
  disableAcceleration: false,
  enableLogging: true,
  useToe: false,
  runWithDebugInfo: false,
  monitorType: 'release',
  htSharing: 'any',
  snapshotDisabled: false,
  snapshotLocked: false,
  virtualMmuUsage: 'automatic',
  virtualExecUsage: 'hvAuto',
  snapshotPowerOffBehavior: 'powerOff',
  recordReplayEnabled: false,
  faultToleranceType: 'unset',
}

const defaultPowerOps: DataObject<'VirtualMachineDefaultPowerOpInfo'> = {
  powerOffType: 'soft',
  suspendType: 'hard',
  resetType: 'soft',
  defaultPowerOffType: 'soft',
  defaultSuspendType: 'hard',
  defaultResetType: 'soft',
  standbyAction: 'checkpoint',
}
