import { type FreeSlot, freeSlot, unitsOf } from '../hot-add/free-slot.ts'
import { busOf, isController } from '../vm/controllers.ts'
import type { Device } from '../vm/vm-disk.ts'

export interface SlotQuestion {
  readonly devices: readonly Device[]
  /** `vmx-19` */
  readonly hardwareVersion: string | undefined
  readonly isRunning: boolean
}

/**
 * The slot of a VM for a disk that is to stay: the one that is asked for (`scsi1:2`), or a free one. A sentence where there is none. Pure.
 *
 * Only SCSI takes disks while the VM runs. Source: vSphere virtual machine administration, "hot-add"; IDE and SATA disks are added to a VM that is off. Evidence:
 * documented for IDE, inferred for the others, which newer versions may take.
 */
export function chooseSlot(question: SlotQuestion, asked: string | undefined): FreeSlot | string {
  const { devices, isRunning } = question
  const hardware = Number(/^vmx-(\d+)$/.exec(question.hardwareVersion ?? '')?.[1] ?? 0)
  if (asked === undefined)
    return freeSlot(devices, hardware) ?? 'no SCSI controller of it has a free unit; add a controller, or name a slot'
  const [, bus, busNumber, unit] = /^(scsi|sata|nvme|ide)(\d+):(\d+)$/.exec(asked) ?? []
  if (bus === undefined) return `"${asked}" is no slot; write it like scsi1:2`
  const controller = devices
    .filter(isController)
    .find((device) => busOf(device) === bus && device.busNumber === Number(busNumber))
  if (controller === undefined) return `it has no controller ${bus}${busNumber}`
  if (isRunning && bus !== 'scsi') return `it runs, and only SCSI takes a disk then; switch it off, or name a SCSI slot`
  if ('sharedBus' in controller && (controller.sharedBus ?? 'noSharing') !== 'noSharing')
    return `its controller ${bus}${busNumber} shares its bus with other VMs`
  const unitNumber = Number(unit)
  if (!unitsOf(controller, hardware).includes(unitNumber))
    return `its controller ${bus}${busNumber} has no unit ${unit}`
  if (devices.some((one) => one.controllerKey === controller.key && one.unitNumber === unitNumber))
    return `its slot ${asked} is taken`
  return { controllerKey: controller.key, unitNumber, address: asked }
}
