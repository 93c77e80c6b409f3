// Virtual devices: what all of them share, and how a change to one is asked for.
import { dataTypes } from './notation.ts'

export const device = dataTypes({
  VirtualHardware: {
    numCPU: 'int',
    numCoresPerSocket: 'int?',
    autoCoresPerSocket: 'boolean?',
    memoryMB: 'int',
    virtualICH7MPresent: 'boolean?',
    virtualSMCPresent: 'boolean?',
    device: 'any VirtualDevice[]?',
    motherboardLayout: 'string?',
    simultaneousThreads: 'int?',
  },
  VirtualDevice: {
    key: 'int',
    deviceInfo: 'any Description?',
    backing: 'any VirtualDeviceBackingInfo?',
    connectable: 'VirtualDeviceConnectInfo?',
    slotInfo: 'any VirtualDeviceBusSlotInfo?',
    controllerKey: 'int?',
    unitNumber: 'int?',
    numaNode: 'int?',
    deviceGroupInfo: 'VirtualDeviceDeviceGroupInfo?',
  },
  VirtualDeviceDeviceGroupInfo: {
    groupInstanceKey: 'int',
    sequenceId: 'int',
  },
  VirtualDeviceBackingInfo: {},
  VirtualDeviceConnectInfo: {
    migrateConnect: 'string?',
    startConnected: 'boolean',
    allowGuestControl: 'boolean',
    connected: 'boolean',
    status: 'string?',
  },
  VirtualDeviceBusSlotInfo: {},
  VirtualDevicePciBusSlotInfo: {
    $extends: 'VirtualDeviceBusSlotInfo',
    pciSlotNumber: 'int',
  },
  VirtualUSBControllerPciBusSlotInfo: {
    $extends: 'VirtualDevicePciBusSlotInfo',
    ehciPciSlotNumber: 'int?',
  },
  VirtualDeviceDeviceBackingInfo: {
    $extends: 'VirtualDeviceBackingInfo',
    deviceName: 'string',
    useAutoDetect: 'boolean?',
  },
  VirtualDeviceRemoteDeviceBackingInfo: {
    $extends: 'VirtualDeviceBackingInfo',
    deviceName: 'string',
    useAutoDetect: 'boolean?',
  },
  VirtualDeviceFileBackingInfo: {
    $extends: 'VirtualDeviceBackingInfo',
    fileName: 'string',
    datastore: 'ref?',
    backingObjectId: 'string?',
  },
  VirtualDevicePipeBackingInfo: {
    $extends: 'VirtualDeviceBackingInfo',
    pipeName: 'string',
  },
  VirtualDeviceURIBackingInfo: {
    $extends: 'VirtualDeviceBackingInfo',
    serviceURI: 'string',
    direction: 'string',
    proxyURI: 'string?',
  },
  VirtualDeviceConfigSpec: {
    operation: 'VirtualDeviceConfigSpecOperation?',
    fileOperation: 'VirtualDeviceConfigSpecFileOperation?',
    device: 'any VirtualDevice',
    profile: 'any VirtualMachineProfileSpec[]?',
    backing: 'VirtualDeviceConfigSpecBackingSpec?',
    filterSpec: 'any VirtualMachineBaseIndependentFilterSpec[]?',
    changeMode: 'string?',
  },
  VirtualDeviceConfigSpecBackingSpec: {
    parent: 'VirtualDeviceConfigSpecBackingSpec?',
    crypto: 'any CryptoSpec?',
  },
  VirtualMachineProfileSpec: {},
  VirtualMachineDefaultProfileSpec: { $extends: 'VirtualMachineProfileSpec' },
  VirtualMachineDefinedProfileSpec: {
    $extends: 'VirtualMachineProfileSpec',
    profileId: 'string',
    replicationSpec: 'ReplicationSpec?',
    profileData: 'VirtualMachineProfileRawData?',
    profileParams: 'KeyValue[]?',
  },
  ReplicationSpec: {
    replicationGroupId: 'ReplicationGroupId',
  },
  ReplicationGroupId: {
    faultDomainId: 'FaultDomainId',
    deviceGroupId: 'DeviceGroupId',
  },
  FaultDomainId: {
    id: 'string',
  },
  DeviceGroupId: {
    id: 'string',
  },
  VirtualMachineProfileRawData: {
    extensionKey: 'string',
    objectData: 'string?',
  },
  VirtualMachineEmptyProfileSpec: { $extends: 'VirtualMachineProfileSpec' },
  CryptoSpec: {},
  CryptoSpecDecrypt: { $extends: 'CryptoSpec' },
  CryptoSpecDeepRecrypt: {
    $extends: 'CryptoSpec',
    newKeyId: 'CryptoKeyId',
  },
  CryptoSpecEncrypt: {
    $extends: 'CryptoSpec',
    cryptoKeyId: 'CryptoKeyId',
  },
  CryptoSpecNoOp: { $extends: 'CryptoSpec' },
  CryptoSpecRegister: {
    $extends: 'CryptoSpecNoOp',
    cryptoKeyId: 'CryptoKeyId',
  },
  CryptoSpecShallowRecrypt: {
    $extends: 'CryptoSpec',
    newKeyId: 'CryptoKeyId',
  },
  VirtualMachineBaseIndependentFilterSpec: {},
  VirtualMachineEmptyIndependentFilterSpec: { $extends: 'VirtualMachineBaseIndependentFilterSpec' },
  VirtualMachineIndependentFilterSpec: {
    $extends: 'VirtualMachineBaseIndependentFilterSpec',
    filterName: 'string',
    filterClass: 'string?',
    filterCapabilities: 'KeyValue[]?',
  },
})
