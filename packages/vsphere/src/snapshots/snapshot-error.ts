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
  SnapshotNoChange: 'vsphere.snapshot-no-change',
  MemorySnapshotOnIndependentDisk: 'vsphere.snapshot-memory-refused',
} as const

/**
 * The error of a refused snapshot, with a code of its own where the admin has a way of his own out, and the VM's name where there is one:
 * nobody knows a VM as `vm-101`.
 */
export function snapshotError(error: unknown, vm: ManagedObjectReference, name?: string): unknown {
  const fault = faultOf(error)
  const code = fault && (codes as Readonly<Record<string, (typeof codes)[keyof typeof codes]>>)[fault.$type]
  if (code !== undefined) return fail(code, { vm: name ?? vm.value, reason: saidBy(error, fault!.$type) }, error)
  return name === undefined ? error : named(error, vm, name)
}

/** The same error, about the VM of this name. */
function named(error: unknown, vm: ManagedObjectReference, name: string): unknown {
  if (!(error instanceof AppError) || error.details['object'] !== `${vm.type}:${vm.value}`) return error
  const details = { ...error.details, object: `"${name}" (${vm.value})` }
  return (fail as (code: string, details: object, cause?: unknown) => AppError)(error.code, details, error.cause)
}

/** vSphere's own words, or the name of the fault if it had none. */
function saidBy(error: unknown, faultType: string): string {
  const text = error instanceof AppError ? error.details['text'] : undefined
  return typeof text === 'string' && text !== '' ? text : faultType
}
