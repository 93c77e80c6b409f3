export { chooseTransport, type TransportChoice } from './choose-transport.ts'
export { openVmDisk, openVmDiskForWriting, thatWrite } from './open-vm-disk.ts'
export { defaultTransport, type TransportName, transportNames, type TransportSettings } from './settings.ts'
export type { DiskPlace, VmDiskReader, VmDiskRequest, VmDiskWriter } from './transport.ts'
