import type { AnyOf } from '@vmkeep/vsphere/types'
import { VimFault } from '../../faults/vim-fault.ts'
import type { VirtualMachine } from '../virtual-machine.ts'
import { controllerTypes } from './controllers.ts'
import { macAddressOf } from './mac-address.ts'
import { networkCardKey } from './network-card.ts'
import { type DeviceChangeContext, refused } from './device-change-context.ts'
import type { Device, VmSettings } from './vm-settings.ts'

type Backing = AnyOf<'VirtualDeviceBackingInfo'> | undefined

/** A device a client adds, with what the server gives it: key, label, bus number, address. @throws VimFault `InvalidDeviceSpec` */
export function finishedDevice(
  vm: VirtualMachine,
  settings: VmSettings,
  device: Device,
  context: DeviceChangeContext,
): Device {
  const type = Object.values(controllerTypes).find(({ $type }) => $type === device.$type)
  const first = type?.firstKey ?? ('macAddress' in device || isCard(device) ? networkCardKey : 13_000)
  const key = freeKey(settings, device.key > 0 && type === undefined ? device.key : first)
  const controllerKey =
    device.controllerKey === undefined ? undefined : (context.keys.get(device.controllerKey) ?? device.controllerKey)
  const number = key - first
  const finished = { ...device, key, ...(controllerKey === undefined ? {} : { controllerKey }) }
  if (type !== undefined)
    return {
      ...finished,
      controllerKey: 100,
      busNumber: number,
      deviceInfo: described(`${type.label} ${number}`, type.$type),
    } as Device
  if (!isCard(device))
    return { ...finished, deviceInfo: device.deviceInfo ?? described(`${device.$type} ${number}`, device.$type) }
  return {
    ...finished,
    controllerKey: 100,
    unitNumber: 7 + number,
    backing: knownNetwork(vm, device.backing, context),
    deviceInfo: described(`Network adapter ${number + 1}`, networkName(vm, device.backing)),
    ...address(vm, device),
  } as Device
}

const described = (label: string, summary: string) => ({ $type: 'Description', label, summary }) as const

const isCard = (device: Device): boolean =>
  /^Virtual(?:E1000e?|PCNet32|Vmxnet\d?|Vmxnet3Vrdma|SriovEthernetCard)$/.test(device.$type)

function freeKey({ devices }: VmSettings, first: number): number {
  const taken = new Set(devices.map(({ key }) => key))
  for (let key = first; ; key++) if (!taken.has(key)) return key
}

/** `manual` keeps what the client says; anything else gets an address of the server's. */
function address(vm: VirtualMachine, device: Device): object {
  const { addressType, macAddress } = device as { addressType?: string; macAddress?: string }
  if (addressType?.toLowerCase() === 'manual' && macAddress !== undefined) return { addressType: 'manual', macAddress }
  return { addressType: 'assigned', macAddress: macAddress ?? macAddressOf(vm.world.random) }
}

/** The same backing with the reference of its network, found by name where the client gave only that. */
function knownNetwork(vm: VirtualMachine, backing: Backing, context: DeviceChangeContext): Backing {
  if (backing?.$type === 'VirtualEthernetCardNetworkBackingInfo') {
    const network = vm.world.networks.find(
      ({ ref, name }) => ref.value === backing.network?.value || name === backing.deviceName,
    )
    if (network === undefined) throw refused('device.backing.deviceName', context)
    return { ...backing, deviceName: network.name, network: network.ref }
  }
  if (backing?.$type === 'VirtualEthernetCardDistributedVirtualPortBackingInfo') {
    if (!vm.world.networks.some(({ ref }) => ref.value === backing.port.portgroupKey))
      throw new VimFault('NotFound', {})
    return backing
  }
  throw refused('device.backing', context)
}

function networkName(vm: VirtualMachine, backing: Backing): string {
  if (backing?.$type === 'VirtualEthernetCardNetworkBackingInfo') return backing.deviceName
  if (backing?.$type !== 'VirtualEthernetCardDistributedVirtualPortBackingInfo') return ''
  return vm.world.networks.find(({ ref }) => ref.value === backing.port.portgroupKey)?.name ?? ''
}
