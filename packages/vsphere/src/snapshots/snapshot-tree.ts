import { decodeName } from '../inventory/names.ts'
import type { DataObject, ManagedObjectReference } from '../types/index.ts'

/** One snapshot of a VM, taken out of the tree. */
export interface SnapshotNode {
  readonly ref: ManagedObjectReference
  /** As it was given, without vSphere's escapes. */
  readonly name: string
  readonly description: string
  /** As the server wrote it, in UTC. */
  readonly createdAt: string
  /** Whether the guest was quiesced for it: the truth, where the request was only a wish. */
  readonly quiesced: boolean
  /** Where VSS's manifest of what was saved lies, below the snapshot directory. Source: VirtualMachineSnapshotTree.backupManifest. Evidence: documented. */
  readonly backupManifest?: string | undefined
  /** 0 for a root. */
  readonly depth: number
  readonly isCurrent: boolean
  readonly childCount: number
}

type Tree = DataObject<'VirtualMachineSnapshotTree'>

/** The snapshot tree as a list, parents before children. No snapshots at all is `undefined` on the wire. */
export function flattenSnapshots(info: DataObject<'VirtualMachineSnapshotInfo'> | undefined): SnapshotNode[] {
  const nodes: SnapshotNode[] = []
  // A list of what is left to visit, not recursion: chains are 32 deep by rule, but a broken VM's may be 255.
  const left = (info?.rootSnapshotList ?? []).map((tree) => ({ tree, depth: 0 }))
  for (let next = left.shift(); next !== undefined; next = left.shift()) {
    const { tree, depth } = next
    const children = tree.childSnapshotList ?? []
    nodes.push(nodeOf(tree, depth, info?.currentSnapshot?.value === tree.snapshot.value))
    left.unshift(...children.map((child) => ({ tree: child, depth: depth + 1 })))
  }
  return nodes
}

const nodeOf = (tree: Tree, depth: number, isCurrent: boolean): SnapshotNode => ({
  ref: tree.snapshot,
  name: decodeName(tree.name),
  description: tree.description,
  createdAt: tree.createTime,
  quiesced: tree.quiesced,
  backupManifest: tree.backupManifest,
  depth,
  isCurrent,
  childCount: tree.childSnapshotList?.length ?? 0,
})
