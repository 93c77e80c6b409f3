// Network cards, and what they are plugged into.
import { dataTypes } from './notation.ts'

export const networkCards = dataTypes({
  VirtualEthernetCard: {
    $extends: 'VirtualDevice',
    addressType: 'string?',
    macAddress: 'string?',
    wakeOnLanEnabled: 'boolean?',
    resourceAllocation: 'VirtualEthernetCardResourceAllocation?',
    externalId: 'string?',
    uptCompatibilityEnabled: 'boolean?',
  },
  VirtualEthernetCardResourceAllocation: {
    reservation: 'long?',
    share: 'SharesInfo',
    limit: 'long?',
  },
  VirtualE1000: { $extends: 'VirtualEthernetCard' },
  VirtualE1000e: { $extends: 'VirtualEthernetCard' },
  VirtualPCNet32: { $extends: 'VirtualEthernetCard' },
  VirtualSriovEthernetCard: {
    $extends: 'VirtualEthernetCard',
    allowGuestOSMtuChange: 'boolean?',
    sriovBacking: 'VirtualSriovEthernetCardSriovBackingInfo?',
    dvxBackingInfo: 'VirtualPCIPassthroughDvxBackingInfo?',
  },
  VirtualVmxnet: { $extends: 'VirtualEthernetCard' },
  VirtualVmxnet2: { $extends: 'VirtualVmxnet' },
  VirtualVmxnet3: {
    $extends: 'VirtualVmxnet',
    uptv2Enabled: 'boolean?',
  },
  VirtualVmxnet3Vrdma: {
    $extends: 'VirtualVmxnet3',
    deviceProtocol: 'string?',
  },
  VirtualEthernetCardLegacyNetworkBackingInfo: { $extends: 'VirtualDeviceDeviceBackingInfo' },
  VirtualEthernetCardNetworkBackingInfo: {
    $extends: 'VirtualDeviceDeviceBackingInfo',
    network: 'ref?',
    inPassthroughMode: 'boolean?',
  },
  VirtualEthernetCardDistributedVirtualPortBackingInfo: {
    $extends: 'VirtualDeviceBackingInfo',
    port: 'DistributedVirtualSwitchPortConnection',
  },
  DistributedVirtualSwitchPortConnection: {
    switchUuid: 'string',
    portgroupKey: 'string?',
    portKey: 'string?',
    connectionCookie: 'int?',
  },
  VirtualEthernetCardOpaqueNetworkBackingInfo: {
    $extends: 'VirtualDeviceBackingInfo',
    opaqueNetworkId: 'string',
    opaqueNetworkType: 'string',
  },
  VirtualSriovEthernetCardSriovBackingInfo: {
    $extends: 'VirtualDeviceBackingInfo',
    physicalFunctionBacking: 'VirtualPCIPassthroughDeviceBackingInfo?',
    virtualFunctionBacking: 'VirtualPCIPassthroughDeviceBackingInfo?',
    virtualFunctionIndex: 'int?',
  },
})
