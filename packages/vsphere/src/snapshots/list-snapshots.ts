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

/**
 * How consistent a snapshot really is. Asking to quiesce is only a wish: without running VMware Tools vSphere ignores it
 * in silence. `undefined` if the snapshot is gone.
 * Source: vSphere Web Services API 8.0, VirtualMachine.CreateSnapshotEx_Task, VirtualMachineSnapshotTree. Evidence: documented.
 */
export async function snapshotQuiesced(
  session: Session,
  { vm, snapshot }: { readonly vm: ManagedObjectReference; readonly snapshot: ManagedObjectReference },
  signal?: AbortSignal,
): Promise<Pick<SnapshotNode, 'quiesced' | 'backupManifest'> | undefined> {
  const nodes = await listSnapshots(session, vm, signal)
  const found = nodes.find(({ ref }) => ref.value === snapshot.value)
  return found && { quiesced: found.quiesced, backupManifest: found.backupManifest }
}
