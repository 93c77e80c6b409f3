export { chooseTransport, type TransportChoice } from './choose-transport.ts'
export { fail as transportFail } from './errors.ts'
export {
  importsWholeVm,
  openVmDisk,
  openVmDiskForWriting,
  openVmDiskInPlace,
  requireThatWrite,
  thatReadBack,
  thatWrite,
} from './open-vm-disk.ts'
export {
  defaultTransport,
  type TransportName,
  transportNames,
  type TransportSettings,
  type VddkSettings,
} from './settings.ts'
export { type Hold, holdEnder } from './vddk/end-hold.ts'
export { type HoldLog, holdVm, type VmHold } from './vddk/hold-vm.ts'
export { type GuestOnDisks, readGuest } from './vddk/read-guest.ts'
export { tryVddk, type VddkTrial } from './vddk/try-vddk.ts'
export { prepareTransports } from './prepare-transports.ts'
export type { DiskPlace, VmDiskInPlace, VmDiskReader, VmDiskRequest, VmDiskWriter } from './transport.ts'
