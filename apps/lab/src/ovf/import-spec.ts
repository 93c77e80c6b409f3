import type { AnyOf, DataObject, ManagedObjectReference } from '@vmkeep/vsphere/types'
import type { OvfDescriptor, OvfItem } from './read-descriptor.ts'
import { ovfControllers, resourceType } from './ovf-words.ts'

export interface ImportOptions {
  readonly name: string
  readonly datastore: string
  readonly provisioning: string | undefined
  readonly networks: ReadonlyMap<string, { readonly name: string; readonly ref: ManagedObjectReference }>
}

export interface ImportPlan {
  readonly spec: DataObject<'VirtualMachineConfigSpec'>
  readonly files: readonly DataObject<'OvfFileItem'>[]
}

type Change = AnyOf<'VirtualDeviceConfigSpec'>
type Device = Change['device']

/** CIM's number for a disk. Source: OvfFileItem.cimType of import specs. Evidence: observed (in public samples). */
const cimDisk = 17

/** The VM a descriptor asks for, and the files its disks are filled from. */
export function importSpec(ovf: OvfDescriptor, options: ImportOptions): ImportPlan {
  const controllers = ovf.items.flatMap((item) => controllerOf(item) ?? [])
  const disks = ovf.items.filter(({ resource }) => resource === resourceType.disk).map(diskOf)
  const cards = ovf.items.filter(({ resource }) => resource === resourceType.ethernet)
  return {
    spec: {
      name: options.name,
      version: ovf.version,
      guestId: ovf.guestId,
      firmware: ovf.firmware,
      files: { vmPathName: `[${options.datastore}]` },
      numCPUs: quantityOf(ovf, resourceType.cpu) ?? 1,
      memoryMB: Math.round((quantityOf(ovf, resourceType.memory) ?? 2 ** 30) / 2 ** 20),
      deviceChange: [
        ...controllers.map(({ device }) => added(device)),
        ...disks.map(({ device }) => ({ ...added(device), fileOperation: 'create' as const })),
        ...cards.map((card, at) => added(cardOf(card, at, options))),
      ],
    },
    files: disks.flatMap(({ file, item }) => {
      const parent = controllers.find(({ id }) => id === item.parent)
      if (file === undefined || parent === undefined) return []
      const slot = `${parent.device.$type}${parent.busNumber}:${item.addressOnParent}`
      return [
        {
          deviceId: `/${options.name}/${slot}`,
          path: file.path,
          size: file.sizeBytes,
          cimType: cimDisk,
          create: false,
        },
      ]
    }),
  }

  function diskOf(item: OvfItem, at: number) {
    const disk = ovf.disks.find(({ id }) => item.hostResource.endsWith(`/disk/${id}`))
    const controller = controllers.find(({ id }) => id === item.parent)
    const capacityBytes = disk?.capacityBytes ?? 0
    const device: Device = {
      $type: 'VirtualDisk',
      key: -100 - at,
      backing: {
        $type: 'VirtualDiskFlatVer2BackingInfo',
        fileName: '',
        diskMode: 'persistent',
        thinProvisioned: options.provisioning === 'thin' || options.provisioning === undefined,
      },
      controllerKey: controller?.device.key ?? 0,
      unitNumber: item.addressOnParent,
      capacityInKB: Math.ceil(capacityBytes / 1024),
      capacityInBytes: capacityBytes,
    }
    return { device, item, file: ovf.files.find(({ id }) => id === disk?.fileId) }
  }
}

const added = (device: Device): Change => ({ $type: 'VirtualDeviceConfigSpec', operation: 'add', device })

/** A quantity in its smallest unit. */
const quantityOf = ({ items }: OvfDescriptor, resource: number): number | undefined =>
  items.find((item) => item.resource === resource)?.quantity

/** IDE controllers are in every VM already, under fixed keys. */
function controllerOf({ id, resource, subType, address }: OvfItem) {
  const known = Object.entries(ovfControllers).find(
    ([, one]) =>
      one.resource === resource && (one.subType === '' || one.subType.toLowerCase() === subType.toLowerCase()),
  )
  if (known === undefined) return undefined
  const $type = known[0]
  if ($type === 'VirtualIDEController') return undefined
  const common = { key: -Number(id) - 1000, busNumber: address } as const
  const device = ($type.includes('SCSI') || $type.includes('LsiLogic')
    ? { $type, ...common, sharedBus: 'noSharing' }
    : { $type, ...common }) as unknown as Device
  return { id, busNumber: address, device }
}

function cardOf({ subType, connection }: OvfItem, at: number, { networks }: ImportOptions): Device {
  const network = networks.get(connection)
  const $type = (['Vmxnet3', 'E1000', 'E1000e', 'PCNet32'].find((one) => one.toLowerCase() === subType.toLowerCase()) ??
    'Vmxnet3') as 'Vmxnet3'
  return {
    $type: `Virtual${$type}`,
    key: -200 - at,
    backing: {
      $type: 'VirtualEthernetCardNetworkBackingInfo',
      deviceName: network?.name ?? connection,
      ...(network === undefined ? {} : { network: network.ref }),
    },
    addressType: 'generated',
  }
}
