import { parseDatastorePath, vmxText } from '../../storage/index.ts'
import type { VirtualMachine } from '../virtual-machine.ts'
import { controllerTypes, nodeOf } from './controllers.ts'
import { networkCardKey, networkOf } from './network-card.ts'
import type { Device } from './vm-settings.ts'

/** Writes a VM's .vmx anew, from what it is now. */
export function writeVmx(vm: VirtualMachine): void {
  const { datastore, path } = parseDatastorePath(vm.storage.vmxPath)
  vm.world.storage.datastore(datastore).writeFile(path, vmxTextOf(vm))
}

/** What it would say now. */
export const vmxTextOf = (vm: VirtualMachine): string => vmxText(entriesOf(vm))

/** What a .vmx says. Source: .vmx files of ESXi VMs. Evidence: observed (public issues quote them). */
function* entriesOf(vm: VirtualMachine): Iterable<readonly [string, string]> {
  const { settings } = vm
  yield ['config.version', '8']
  yield ['virtualHW.version', `${vm.hardwareVersion}`]
  yield ['displayName', settings.name]
  yield [
    'guestOS',
    settings.guestId
      .replace(/Guest$/, '')
      .replace('_', '-')
      .toLowerCase(),
  ]
  yield ['firmware', settings.firmware]
  yield ['numvcpus', `${settings.cpus}`]
  yield ['cpuid.coresPerSocket', `${settings.coresPerSocket}`]
  yield ['memSize', `${settings.memoryMb}`]
  yield ['uuid.bios', vmxUuid(settings.uuid)]
  yield ['vc.uuid', vmxUuid(settings.instanceUuid)]
  yield ['annotation', settings.annotation]
  yield ['nvram', `${baseName(vm)}.nvram`]
  if (vm.storage.changeTracking.configured) yield ['ctkEnabled', 'TRUE']
  for (const device of settings.devices) yield* deviceEntries(vm, device)
  for (const disk of settings.disks) yield* diskEntries(vm, disk.key)
  if (vm.storage.suspendFileName !== undefined) yield ['checkpoint.vmState', vm.storage.suspendFileName]
  yield* settings.extraConfig
}

function* diskEntries(vm: VirtualMachine, key: number): Iterable<readonly [string, string]> {
  const disk = vm.storage.disks.find((one) => one.key === key)
  if (disk === undefined) return
  const inHome = disk.backing.fileName.startsWith(homeOf(vm))
  yield [`${disk.node}.present`, 'TRUE']
  yield [`${disk.node}.fileName`, inHome ? disk.backing.fileName.slice(homeOf(vm).length) : disk.backing.fileName]
  yield [`${disk.node}.deviceType`, 'scsi-hardDisk']
  if (disk.mode !== 'persistent') yield [`${disk.node}.mode`, disk.mode.replace('_', '-')]
  if (disk.backing.changeId !== undefined) yield [`${disk.node}.ctkEnabled`, 'TRUE']
}

function* deviceEntries(vm: VirtualMachine, device: Device): Iterable<readonly [string, string]> {
  const type = Object.values(controllerTypes).find(({ $type }) => $type === device.$type)
  if (type !== undefined && type.bus !== 'ide') {
    const bus = nodeOf(device, 0).replace(/:.*/, '')
    yield [`${bus}.present`, 'TRUE']
    if (type.bus === 'scsi') yield [`${bus}.virtualDev`, virtualDevices[device.$type] ?? 'lsilogic']
    return
  }
  if (!('macAddress' in device)) return
  const card = `ethernet${device.key - networkCardKey}`
  const network = networkOf(device)
  yield [`${card}.present`, 'TRUE']
  yield [`${card}.virtualDev`, virtualCards.find(([$type]) => $type === device.$type)?.[1] ?? 'vmxnet3']
  yield [`${card}.networkName`, vm.world.networks.find(({ ref }) => ref.value === network)?.name ?? '']
  yield [`${card}.addressType`, device.addressType === 'manual' ? 'static' : 'vpx']
  yield [`${card}.${device.addressType === 'manual' ? 'address' : 'generatedAddress'}`, device.macAddress ?? '']
}

export const virtualCards = [
  ['VirtualVmxnet3', 'vmxnet3'],
  ['VirtualE1000', 'e1000'],
  ['VirtualE1000e', 'e1000e'],
] as const

export const virtualDevices: Readonly<Record<string, string>> = {
  ParaVirtualSCSIController: 'pvscsi',
  VirtualLsiLogicController: 'lsilogic',
  VirtualLsiLogicSASController: 'lsisas1068',
}

/** `56 4d 10 2a 1b 2c 3d 4e-5f 60 71 82 93 a4 b5 c6` */
function vmxUuid(uuid: string): string {
  const bytes = uuid.replaceAll('-', '').match(/../g) ?? []
  return `${bytes.slice(0, 8).join(' ')}-${bytes.slice(8).join(' ')}`
}

const homeOf = (vm: VirtualMachine): string => vm.storage.vmxPath.slice(0, vm.storage.vmxPath.lastIndexOf('/') + 1)

const baseName = (vm: VirtualMachine): string =>
  vm.storage.vmxPath.slice(vm.storage.vmxPath.lastIndexOf('/') + 1).replace(/\.vmx$/, '')
