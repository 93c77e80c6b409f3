import { readProperties } from '../properties/read-properties.ts'
import type { Session } from '../session/session.ts'
import type { ManagedObjectReference } from '../types/index.ts'
import { flattenSnapshots, type SnapshotNode } from './snapshot-tree.ts'

/** All snapshots of a VM, parents before children. @throws `vsphere.not-found` if the VM is gone */
export async function listSnapshots(
  session: Session,
  vm: ManagedObjectReference,
  signal?: AbortSignal,
): Promise<SnapshotNode[]> {
  const { snapshot } = await readProperties(session, { type: 'VirtualMachine', ref: vm, paths: ['snapshot'] }, signal)
  return flattenSnapshots(snapshot)
}
