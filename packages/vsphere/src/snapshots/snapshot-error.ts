import { AppError } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { faultOf } from '../soap/fault-error.ts'
import type { ManagedObjectReference } from '../types/index.ts'

const codes = {
  SnapshotLocked: 'vsphere.snapshot-disabled',
  SnapshotDisabled: 'vsphere.snapshot-disabled',
  TooManySnapshotLevels: 'vsphere.snapshot-too-deep',
  MultipleSnapshotsNotSupported: 'vsphere.snapshot-too-deep',
  SnapshotIncompatibleDeviceInVm: 'vsphere.snapshot-device-incompatible',
} as const

/** The error of a refused snapshot, with a code of its own where the admin has a way of his own out. */
export function snapshotError(error: unknown, vm: ManagedObjectReference): unknown {
  const fault = faultOf(error)
  const code = fault && (codes as Readonly<Record<string, (typeof codes)[keyof typeof codes]>>)[fault.$type]
  return code === undefined ? error : fail(code, { vm: vm.value, reason: saidBy(error, fault!.$type) }, error)
}

/** vSphere's own words, or the name of the fault if it had none. */
function saidBy(error: unknown, faultType: string): string {
  const text = error instanceof AppError ? error.details['text'] : undefined
  return typeof text === 'string' && text !== '' ? text : faultType
}
