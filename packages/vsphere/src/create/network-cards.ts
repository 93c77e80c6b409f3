import { sameName } from '../inventory/names.ts'
import type { VmNetwork } from '../inventory/vm-network.ts'
import type { Device } from '../vm/vm-disk.ts'
import { knows } from './api-version.ts'
import type { CreateOptions, Warn } from './create-options.ts'
import { pick } from './pick.ts'

export type NetworkCard = Extract<Device, { readonly addressType?: string | undefined }>
type CardBacking = NonNullable<NetworkCard['backing']>

export const isNetworkCard = (device: Device): device is NetworkCard => cardTypes.has(device.$type)

const cardTypes: ReadonlySet<string> = new Set([
  'VirtualEthernetCard',
  'VirtualE1000',
  'VirtualE1000e',
  'VirtualPCNet32',
  'VirtualVmxnet',
  'VirtualVmxnet2',
  'VirtualVmxnet3',
  'VirtualVmxnet3Vrdma',
])

/**
 * A saved network card on a network of the destination, or `undefined` where there is none for it.
 * The slot number comes along: guests name their interfaces after it (`ens192`).
 */
export function networkCardFor(
  card: NetworkCard,
  label: string,
  options: CreateOptions,
  warn: Warn,
): Device | undefined {
  const target = targetNetworkOf(card, label, options, warn)
  if (target === undefined) return undefined
  const uptv2Enabled = '$type' in card && 'uptv2Enabled' in card && knows(options.apiVersion, '8.0.0.1')
  return {
    ...pick(card, '$type', 'slotInfo', 'wakeOnLanEnabled', 'uptCompatibilityEnabled'),
    ...(uptv2Enabled ? { uptv2Enabled: card.uptv2Enabled } : {}),
    ...('deviceProtocol' in card ? { deviceProtocol: card.deviceProtocol } : {}),
    key: -card.key,
    backing: backingOn(target),
    connectable: {
      startConnected: (options.startConnected ?? true) && (card.connectable?.startConnected ?? true),
      allowGuestControl: card.connectable?.allowGuestControl ?? true,
      connected: false, // only a running VM has connected devices
    },
    ...addressFor(card, label, options, warn),
  }
}

/** The name of the network a saved card was on, as well as the backup knows it. */
export function savedNetworkNameOf(card: NetworkCard, savedNetworks: readonly VmNetwork[]): string {
  const { backing } = card
  if (backing !== undefined && 'port' in backing)
    return (
      savedNetworks.find((n) => n.portgroupKey === backing.port.portgroupKey)?.name ?? backing.port.portgroupKey ?? ''
    )
  if (backing !== undefined && 'opaqueNetworkId' in backing)
    return savedNetworks.find((n) => n.opaqueNetworkId === backing.opaqueNetworkId)?.name ?? backing.opaqueNetworkId
  return (backing !== undefined && 'deviceName' in backing ? backing.deviceName : undefined) ?? ''
}

function targetNetworkOf(card: NetworkCard, label: string, options: CreateOptions, warn: Warn): VmNetwork | undefined {
  const saved = savedNetworkNameOf(card, options.savedNetworks)
  const wanted = options.networkMap?.[saved] ?? saved
  const named = options.targetNetworks.filter(({ name }) => sameName(name, wanted))
  const target = named.find((network) => isTheSame(network, card)) ?? named[0]
  if (target === undefined)
    warn({
      code: 'network-not-found',
      device: label,
      sentence: `${label} is left out: the destination has no network "${wanted}". Map "${saved}" to one of its networks.`,
    })
  return target
}

/** Whether the network is not only of the same name but the very one the card was on. */
function isTheSame(network: VmNetwork, { backing }: NetworkCard): boolean {
  if (backing === undefined) return false
  if ('port' in backing)
    return network.portgroupKey === backing.port.portgroupKey && network.switchUuid === backing.port.switchUuid
  if ('opaqueNetworkId' in backing) return network.opaqueNetworkId === backing.opaqueNetworkId
  return network.kind === 'standard'
}

function backingOn(network: VmNetwork): CardBacking {
  if (network.kind === 'distributed')
    return {
      $type: 'VirtualEthernetCardDistributedVirtualPortBackingInfo',
      // Without portKey and connectionCookie: the switch gives the card a port of its own.
      port: { switchUuid: network.switchUuid ?? '', portgroupKey: network.portgroupKey },
    }
  if (network.kind === 'opaque')
    return {
      $type: 'VirtualEthernetCardOpaqueNetworkBackingInfo',
      opaqueNetworkId: network.opaqueNetworkId ?? '',
      opaqueNetworkType: network.opaqueNetworkType ?? '',
    }
  return { $type: 'VirtualEthernetCardNetworkBackingInfo', deviceName: network.name, network: network.ref }
}

/**
 * The address type stays what it was: "manual" would let vSphere skip its conflict check, and ESXi refuses to power on
 * a VM whose manual address lies in VMware's own ranges.
 * Source: VMware vSphere, "MAC addresses". Evidence: documented.
 */
function addressFor(
  card: NetworkCard,
  label: string,
  options: CreateOptions,
  warn: Warn,
): Pick<NetworkCard, 'addressType' | 'macAddress'> {
  const mac = card.macAddress?.toLowerCase()
  const taken = mac !== undefined && options.macsInUse?.has(mac) === true
  if (taken && options.mac !== 'generate')
    warn({
      code: 'mac-in-use',
      device: label,
      sentence: `${label} gets a new MAC address: another VM has ${mac}.`,
    })
  if (mac === undefined || taken || options.mac === 'generate') return { addressType: 'generated' }
  return { addressType: card.addressType, macAddress: mac }
}
