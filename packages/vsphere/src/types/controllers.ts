// Controllers: what devices hang on.
import { dataTypes } from './notation.ts'

export const controllers = dataTypes({
  VirtualController: {
    $extends: 'VirtualDevice',
    busNumber: 'int',
    device: 'int[]?',
  },
  VirtualIDEController: { $extends: 'VirtualController' },
  VirtualNVDIMMController: { $extends: 'VirtualController' },
  VirtualNVMEController: {
    $extends: 'VirtualController',
    sharedBus: 'string?',
  },
  VirtualPCIController: { $extends: 'VirtualController' },
  VirtualPS2Controller: { $extends: 'VirtualController' },
  VirtualSATAController: { $extends: 'VirtualController' },
  VirtualAHCIController: { $extends: 'VirtualSATAController' },
  VirtualSCSIController: {
    $extends: 'VirtualController',
    hotAddRemove: 'boolean?',
    sharedBus: 'VirtualSCSISharing',
    scsiCtlrUnitNumber: 'int?',
  },
  ParaVirtualSCSIController: { $extends: 'VirtualSCSIController' },
  VirtualBusLogicController: { $extends: 'VirtualSCSIController' },
  VirtualLsiLogicController: { $extends: 'VirtualSCSIController' },
  VirtualLsiLogicSASController: { $extends: 'VirtualSCSIController' },
  VirtualSIOController: { $extends: 'VirtualController' },
  VirtualUSBController: {
    $extends: 'VirtualController',
    autoConnectDevices: 'boolean?',
    ehciEnabled: 'boolean?',
  },
  VirtualUSBXHCIController: {
    $extends: 'VirtualController',
    autoConnectDevices: 'boolean?',
  },
})
