import { controllerTypes } from './controllers.ts'

/** Where a disk hangs, as a .vmx writes it: `scsi0:1`. */
export interface DiskNode {
  readonly bus: string
  readonly busNumber: number
  readonly unitNumber: number
}

/** Of something that is no place, one that no disk can have. */
export function partsOfNode(node: string): DiskNode {
  const [, bus = '', busNumber = '', unitNumber = ''] = /^(scsi|sata|nvme|ide)(\d+):(\d+)$/.exec(node) ?? []
  return { bus, busNumber: Number(busNumber), unitNumber: Number(unitNumber) }
}

export function controllerKeyOf({ bus, busNumber }: Pick<DiskNode, 'bus' | 'busNumber'>): number {
  const type = Object.values(controllerTypes).find((one) => one.bus === bus)
  return type === undefined ? -1 : type.firstKey + busNumber
}
