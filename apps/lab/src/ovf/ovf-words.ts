// The words of the Open Virtualization Format 1.x, as far as the lab speaks them.
// Source: DMTF DSP0243 2.1.1, and CIM_ResourceAllocationSettingData.ResourceType. Evidence: documented.
import type { VirtualMachine } from '../inventory/virtual-machine.ts'

export const ovfNamespace = 'http://schemas.dmtf.org/ovf/envelope/1'

export const resourceType = { cpu: 3, memory: 4, ide: 5, scsi: 6, ethernet: 10, disk: 17, otherStorage: 20 } as const

type ControllerType = VirtualMachine['settings']['devices'][number]['$type']

interface OvfController {
  readonly resource: number
  readonly subType: string
}

/** How a controller is written. Source: `ResourceSubType`s of descriptors that vSphere exports. Evidence: observed. */
export const ovfControllers: Partial<Readonly<Record<ControllerType, OvfController>>> = {
  ParaVirtualSCSIController: { resource: resourceType.scsi, subType: 'VirtualSCSI' },
  VirtualLsiLogicController: { resource: resourceType.scsi, subType: 'lsilogic' },
  VirtualLsiLogicSASController: { resource: resourceType.scsi, subType: 'lsilogicsas' },
  VirtualAHCIController: { resource: resourceType.otherStorage, subType: 'vmware.sata.ahci' },
  VirtualNVMEController: { resource: resourceType.otherStorage, subType: 'vmware.nvme.controller' },
  VirtualIDEController: { resource: resourceType.ide, subType: '' },
}
