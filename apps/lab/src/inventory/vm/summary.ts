import type { DataObject } from '@vmkeep/vsphere/types'
import type { VirtualMachine } from '../virtual-machine.ts'
import { guestNameOf } from './guest-names.ts'
import { networkCardKey } from './network-card.ts'
import { runtimeInfo, toolsInfo } from './runtime-info.ts'
import { storageInfo } from './storage-info.ts'

export function summaryOf(vm: VirtualMachine): DataObject<'VirtualMachineSummary'> {
  const { settings } = vm
  const isRunning = vm.toolsState === 'running'
  return {
    vm: vm.ref,
    runtime: runtimeInfo(vm),
    guest: {
      guestId: isRunning ? settings.guestId : undefined,
      guestFullName: isRunning ? guestNameOf(settings.guestId) : undefined,
      ...toolsInfo(vm),
      hostName: isRunning ? vm.hostName : undefined,
      ipAddress: isRunning ? vm.ipAddress : undefined,
    },
    config: configSummary(vm),
    storage: storageSummary(vm),
    quickStats: {
      overallCpuUsage: vm.power === 'on' ? 120 : 0,
      overallCpuDemand: vm.power === 'on' ? 100 : 0,
      guestMemoryUsage: vm.power === 'on' ? Math.floor(settings.memoryMb / 4) : 0,
      hostMemoryUsage: vm.power === 'on' ? settings.memoryMb : 0,
      guestHeartbeatStatus: vm.guestHeartbeatStatus,
      uptimeSeconds: vm.power === 'on' ? 3600 : 0,
    },
    overallStatus: vm.overallStatus,
    customValue: vm.customValue,
  }
}

function configSummary({ settings, storage, name }: VirtualMachine): DataObject<'VirtualMachineConfigSummary'> {
  return {
    name,
    template: settings.template,
    vmPathName: storage.vmxPath,
    memorySizeMB: settings.memoryMb,
    cpuReservation: 0,
    memoryReservation: 0,
    numCpu: settings.cpus,
    numEthernetCards: settings.devices.filter(({ key }) => key >= networkCardKey && key < networkCardKey + 100).length,
    numVirtualDisks: settings.disks.length,
    uuid: settings.uuid,
    instanceUuid: settings.instanceUuid,
    guestId: settings.guestId,
    guestFullName: guestNameOf(settings.guestId),
    annotation: settings.annotation,
    installBootRequired: false,
    managedBy: settings.kept.managedBy,
    tpmPresent: settings.devices.some(({ $type }) => $type === 'VirtualTPM'),
    numVmiopBackings: 0,
    hwVersion: settings.version,
  }
}

function storageSummary(vm: VirtualMachine): DataObject<'VirtualMachineStorageSummary'> {
  const { perDatastoreUsage = [], timestamp } = storageInfo(vm)
  const sum = (of: 'committed' | 'uncommitted' | 'unshared') =>
    perDatastoreUsage.reduce((total, usage) => total + Number(usage[of]), 0)
  return { committed: sum('committed'), uncommitted: sum('uncommitted'), unshared: sum('unshared'), timestamp }
}
