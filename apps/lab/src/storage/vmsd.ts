import { type DatastorePath, folderOf, formatDatastorePath, nameOf } from './datastore-path.ts'
import type { LabSnapshot } from './lab-snapshot.ts'
import type { LayerFiles } from './layer-files.ts'
import { vmxText } from './vmx.ts'

/**
 * Text of the .vmsd, the list of a VM's snapshots; `home` is the VM's folder.
 * Source: files of ESXi VMs. Evidence: observed; that `type` is there for snapshots with memory only, inferred.
 */
export function vmsdText(
  snapshots: readonly LabSnapshot[],
  current: LabSnapshot | undefined,
  home: DatastorePath,
): string {
  const numberOf = (snapshot: LabSnapshot) => String(snapshot.number)
  return vmxText([
    ['snapshot.lastUID', String(Math.max(0, ...snapshots.map((snapshot) => snapshot.number)))],
    ...(current === undefined ? [] : [['snapshot.current', numberOf(current)] as const]),
    ...snapshots.flatMap((snapshot, i) => entriesOf(snapshot, `snapshot${i}`, home)),
    ['snapshot.numSnapshots', String(snapshots.length)],
  ])
}

function entriesOf(snapshot: LabSnapshot, prefix: string, home: DatastorePath): (readonly [string, string])[] {
  const microseconds = BigInt(snapshot.createdMs) * 1000n
  const { parent } = snapshot
  return [
    [`${prefix}.uid`, String(snapshot.number)],
    [`${prefix}.filename`, snapshot.fileName],
    ...(parent === undefined ? [] : [[`${prefix}.parent`, String(parent.number)] as const]),
    [`${prefix}.displayName`, snapshot.name],
    [`${prefix}.description`, snapshot.description],
    ...(snapshot.memoryFileName === undefined ? [] : [[`${prefix}.type`, '1'] as const]),
    [`${prefix}.createTimeHigh`, String(Number(microseconds >> 32n))],
    [`${prefix}.createTimeLow`, String(Number(BigInt.asIntN(32, microseconds)))],
    [`${prefix}.numDisks`, String(snapshot.disks.length)],
    ...snapshot.disks.flatMap((disk, i): (readonly [string, string])[] => [
      [`${prefix}.disk${i}.fileName`, besideOrWhole(disk.layer.files, home)],
      [`${prefix}.disk${i}.node`, disk.node],
    ]),
  ]
}

const besideOrWhole = ({ datastore, path }: LayerFiles, home: DatastorePath) =>
  datastore.name === home.datastore && folderOf(path) === home.path
    ? nameOf(path)
    : formatDatastorePath({ datastore: datastore.name, path })
