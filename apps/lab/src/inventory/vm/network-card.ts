import type { AnyOf, ManagedObjectReference } from '@vmkeep/vsphere/types'
import type { Device } from './vm-settings.ts'

/** What a card is plugged into: a standard network, or a distributed port group. */
export interface Plug {
  readonly name: string
  /** `undefined` if there is no such network any more. */
  readonly ref: ManagedObjectReference | undefined
  /** The switch of a distributed port group. */
  readonly switchUuid?: string
}

export const networkCardKey = 4000

/** The `index`th network card of a VM. */
export function networkCard(
  index: number,
  plug: Plug,
  macAddress: string,
  connected: boolean,
): AnyOf<'VirtualVmxnet3'> {
  return {
    $type: 'VirtualVmxnet3',
    key: networkCardKey + index,
    deviceInfo: { $type: 'Description', label: `Network adapter ${index + 1}`, summary: plug.name },
    backing: plugBacking(plug),
    connectable: { startConnected: true, allowGuestControl: true, connected, status: connected ? 'ok' : 'untried' },
    controllerKey: 100,
    unitNumber: 7 + index,
    addressType: 'assigned',
    macAddress,
    wakeOnLanEnabled: true,
    uptCompatibilityEnabled: true,
  }
}

function plugBacking({ name, ref, switchUuid }: Plug): AnyOf<'VirtualDeviceBackingInfo'> {
  if (switchUuid === undefined)
    return { $type: 'VirtualEthernetCardNetworkBackingInfo', deviceName: name, useAutoDetect: false, network: ref }
  return {
    $type: 'VirtualEthernetCardDistributedVirtualPortBackingInfo',
    port: { switchUuid, portgroupKey: ref?.value ?? '', portKey: '0', connectionCookie: 1 },
  }
}

/** Where a card is plugged in: the value of a network's reference, if it is one of the server's own. */
export function networkOf(device: Device): string | undefined {
  const { backing } = device
  if (backing?.$type === 'VirtualEthernetCardNetworkBackingInfo') return backing.network?.value
  if (backing?.$type === 'VirtualEthernetCardDistributedVirtualPortBackingInfo') return backing.port.portgroupKey
  return undefined
}
