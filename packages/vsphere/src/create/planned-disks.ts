import { busOf, controllerOf } from '../vm/controllers.ts'
import { devicesOf, disksOf } from '../vm/disks-of.ts'
import type { VmConfig, VmDisk } from '../vm/vm-disk.ts'
import type { PlannedBootDevice, PlannedDisk, Provisioning } from './create-options.ts'
import { isNetworkCard } from './network-cards.ts'
import { pick } from './pick.ts'

/** The disks of a saved VM as they are to be made again. */
export function plannedDisksOf(config: VmConfig): PlannedDisk[] {
  return disksOf(config).map((disk) => plannedDisk(disk, config))
}

function plannedDisk(disk: VmDisk, config: VmConfig): PlannedDisk {
  const controller = controllerOf(disk.device, devicesOf(config))
  return {
    savedKey: disk.key,
    label: disk.label,
    capacityBytes: disk.capacityBytes,
    provisioning: provisioningOf(disk),
    diskMode: disk.diskMode ?? 'persistent', // a physical RDM has no mode; it comes back as a plain disk
    slot: {
      bus: (controller && busOf(controller)) ?? 'scsi',
      busNumber: controller?.busNumber ?? 0,
      unitNumber: disk.device.unitNumber ?? 0,
    },
    savedFileName: disk.fileName,
    savedUuid: disk.uuid,
    ...sharesOf(disk),
  }
}

function sharesOf({ device }: VmDisk): Pick<PlannedDisk, 'shares'> {
  const shares = device.storageIOAllocation?.shares ?? device.shares
  return shares === undefined || shares.level === 'normal' ? {} : { shares: pick(shares, 'shares', 'level') }
}

export function provisioningOf(disk: Pick<VmDisk, 'thinProvisioned' | 'eagerlyScrub'>): Provisioning {
  if (disk.thinProvisioned === true) return 'thin'
  return disk.eagerlyScrub === true ? 'eager' : 'lazy'
}

/** The boot order of a saved VM in words that outlive its device keys. */
export function plannedBootOrderOf(config: VmConfig): PlannedBootDevice[] | undefined {
  const cards = devicesOf(config).filter(isNetworkCard)
  const order = config.bootOptions?.bootOrder?.flatMap((entry): PlannedBootDevice[] => {
    switch (entry.$type) {
      case 'VirtualMachineBootOptionsBootableCdromDevice':
        return [{ kind: 'cdrom' }]
      case 'VirtualMachineBootOptionsBootableFloppyDevice':
        return [{ kind: 'floppy' }]
      case 'VirtualMachineBootOptionsBootableDiskDevice':
        return [{ kind: 'disk', savedKey: entry.deviceKey }]
      case 'VirtualMachineBootOptionsBootableEthernetDevice':
        return [{ kind: 'ethernet', ordinal: cards.findIndex(({ key }) => key === entry.deviceKey) }]
      case 'VirtualMachineBootOptionsBootableDevice':
        return []
      default:
        return entry satisfies never
    }
  })
  return order === undefined || order.length === 0 ? undefined : order
}
