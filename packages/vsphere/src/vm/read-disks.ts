import { readProperties } from '../properties/read-properties.ts'
import type { Session } from '../session/session.ts'
import type { ManagedObjectReference } from '../types/index.ts'
import { disksOf } from './disks-of.ts'
import type { VmConfig, VmDisk } from './vm-disk.ts'

/** The disks of a VM, or of one of its snapshots. @throws `vsphere.not-found` … */
export async function readDisks(
  session: Session,
  ref: ManagedObjectReference,
  signal?: AbortSignal,
): Promise<VmDisk[]> {
  const paths = ['config.hardware.device'] as const
  const found =
    ref.type === 'VirtualMachineSnapshot'
      ? await readProperties(session, { type: 'VirtualMachineSnapshot', ref, paths }, signal)
      : await readProperties(session, { type: 'VirtualMachine', ref, paths }, signal)
  return disksOf({ hardware: { device: found['config.hardware.device'] ?? [] } } as unknown as VmConfig)
}
