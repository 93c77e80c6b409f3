import { parseDatastorePath } from '../files/datastore-path.ts'
import { unknownElements } from '../types/index.ts'
import { addressOf, controllerOf, sharedBusOf } from './controllers.ts'
import type { Device, VirtualDiskDevice, VmConfig, VmDisk } from './vm-disk.ts'

/** The disks of one configuration, a VM's or a snapshot's, in the order of the hardware list. Pure. */
export function disksOf(config: VmConfig): VmDisk[] {
  const devices = devicesOf(config)
  return devices.filter(isDisk).map((device) => vmDisk(device, devices))
}

/** Everything in the hardware list. */
export function devicesOf(config: Pick<VmConfig, 'hardware'>): readonly Device[] {
  // The property collector may leave out what the schema requires: a VM that is half gone still has to be listed.
  return (config.hardware as VmConfig['hardware'] | undefined)?.device ?? []
}

export const isDisk = (device: Device): device is VirtualDiskDevice => device.$type === 'VirtualDisk'

function vmDisk(device: VirtualDiskDevice, devices: readonly Device[]): VmDisk {
  const backing = backingOf(device)
  return {
    key: device.key,
    label: device.deviceInfo?.label ?? `disk ${device.key}`,
    address: addressOf(device, devices),
    capacityBytes: capacityBytesOf(device),
    fileName: backing.fileName ?? backing.descriptorFileName ?? '',
    datastoreName: parseDatastorePath(backing.fileName ?? backing.descriptorFileName ?? '')?.datastore,
    diskMode: backing.diskMode,
    sharing: backing.sharing,
    backingType: device.backing?.$type ?? '',
    rdmMode: backing.compatibilityMode,
    controllerSharedBus: sharedBusOf(controllerOf(device, devices)),
    changeId: backing.changeId === '' ? undefined : backing.changeId,
    uuid: backing.uuid,
    diskObjectId: device.diskObjectId,
    thinProvisioned: backing.thinProvisioned,
    eagerlyScrub: backing.eagerlyScrub,
    sectorBytes: sectorBytesOf(device),
    device,
  }
}

/** What the kinds of backing may say, each only some of it. */
interface AnyDiskBacking {
  readonly fileName?: string
  readonly descriptorFileName?: string
  readonly diskMode?: string
  readonly sharing?: string
  readonly compatibilityMode?: string
  readonly changeId?: string
  readonly uuid?: string
  readonly thinProvisioned?: boolean
  readonly eagerlyScrub?: boolean
}

const backingOf = (device: VirtualDiskDevice): AnyDiskBacking => (device.backing ?? {}) as AnyDiskBacking

/** Servers before 5.5 know kilobytes only; a disk's real size may end between two of them, so bytes go first. */
function capacityBytesOf(device: VirtualDiskDevice): number {
  const kilobytes: number | bigint | undefined = device.capacityInKB
  return Number(device.capacityInBytes ?? BigInt(kilobytes ?? 0) * 1024n)
}

/**
 * The logical sector size, from a field that API 9.0 added.
 * Source: vSphere Web Services API 9.0, VirtualDisk.virtualDiskFormat (`native_512`, `native_4k`). Evidence: documented;
 * inferred that servers send it for every disk.
 */
export function sectorBytesOf(device: VirtualDiskDevice): number | undefined {
  const elements = (device as { readonly [unknownElements]?: readonly { name: string; xml: string }[] })[
    unknownElements
  ]
  const format = elements?.find(({ name }) => name === 'virtualDiskFormat')?.xml
  if (format === undefined) return undefined
  return format.includes('native_4k') ? 4096 : format.includes('native_512') ? 512 : undefined
}
