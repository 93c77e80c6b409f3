import type { DataObject } from '@vmkeep/vsphere/types'
import type { VirtualMachine } from '../virtual-machine.ts'
import { guestFamilyOf, guestNameOf } from './guest-names.ts'
import { networkCardKey, networkOf } from './network-card.ts'
import { toolsInfo } from './runtime-info.ts'

export function guestInfo(vm: VirtualMachine): DataObject<'GuestInfo'> {
  const { guestId } = vm.settings
  const isRunning = vm.toolsState === 'running'
  return {
    ...toolsInfo(vm),
    toolsVersion: vm.toolsState === 'missing' ? '0' : '12389',
    ...(isRunning ? identity(vm) : {}),
    guestState: isRunning ? 'running' : 'notRunning',
    appHeartbeatStatus: 'appStatusGray',
    guestKernelCrashed: false,
    appState: 'none',
    guestOperationsReady: isRunning,
    interactiveGuestOperationsReady: false,
    guestStateChangeSupported: isRunning,
    generationInfo: [],
    ...(isRunning ? { guestId, guestFamily: guestFamilyOf(guestId), guestFullName: guestNameOf(guestId) } : {}),
  }
}

/** What only the guest itself can tell. */
function identity(vm: VirtualMachine): Partial<DataObject<'GuestInfo'>> {
  return {
    hostName: vm.hostName,
    ipAddress: vm.ipAddress,
    net: networkInfo(vm),
    disk: volumes(vm),
  }
}

function volumes(vm: VirtualMachine): DataObject<'GuestDiskInfo'>[] {
  const { volumes: elsewhere = [], namesDisks = true } = vm.guestSystem.described
  const own = vm.storage.disks.map(({ key, capacityBytes }, index) => ({
    diskPath: index === 0 ? '/' : `/data${index}`,
    capacity: capacityBytes,
    freeSpace: Math.floor(capacityBytes / 2),
    filesystemType: 'ext4',
    ...(namesDisks ? { mappings: [{ key }] } : {}),
  }))
  const others = elsewhere.map(({ path, fileSystem, capacityBytes, usedBytes }) => ({
    diskPath: path,
    capacity: capacityBytes,
    freeSpace: capacityBytes - usedBytes,
    filesystemType: fileSystem,
  }))
  return [...own, ...others]
}

function networkInfo(vm: VirtualMachine): DataObject<'GuestNicInfo'>[] {
  const cards = vm.settings.devices.filter(({ key }) => key >= networkCardKey && key < networkCardKey + 100)
  return cards.map((card, index) => {
    const network = networkOf(card)
    return {
      network: vm.world.networks.find(({ ref }) => ref.value === network)?.name ?? '',
      ipAddress: index === 0 ? [vm.ipAddress] : [],
      macAddress: 'macAddress' in card ? card.macAddress : undefined,
      connected: true,
      deviceConfigId: card.key,
    }
  })
}
