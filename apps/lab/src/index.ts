export { describeLab } from './config/describe-lab.ts'
export type { Busiest } from './busiest.ts'
export type { DatastoreDescription, LabDescription, UserDescription } from './config/lab-description.ts'
export type { DiskSource } from './config/open-disk-source.ts'
export { parseVmArgument } from './config/parse-vm-argument.ts'
export type {
  GuestDescription,
  ControllerKind,
  DiskDescription,
  DiskFormat,
  SnapshotDescription,
  VmDescription,
} from './config/vm-description.ts'
export type { LabAction, LabRule } from './faults/lab-action.ts'
export { actionNames, parseFaultRule } from './faults/parse-fault-rule.ts'
export type { DiskContent, GeneratedDisk, GuestWriter, GuestWriterKind } from './guest/index.ts'
export type { GuestProcess } from './inventory/vm/guest-system.ts'
export { lunNameOf } from './inventory/lun-name.ts'
export type { LabState, VmState } from './lab-state.ts'
export type { LabVmHandle } from './lab-vm-handle.ts'
export { type Lab, type LabOptions, type LabStats, startLab } from './start-lab.ts'
