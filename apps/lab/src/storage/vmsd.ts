import { formatDatastorePath, folderOf, nameOf } from './datastore-path.ts'
import type { LabSnapshot } from './lab-snapshot.ts'
import type { LayerFiles } from './layer-files.ts'
import { vmxText } from './vmx.ts'

/** Text of the .vmsd, the list of a VM's snapshots. Source: files of ESXi VMs. Evidence: observed. */
export function vmsdText(snapshots: readonly LabSnapshot[], current: LabSnapshot | undefined, vmName: string): string {
  const numberOf = (snapshot: LabSnapshot) => String(snapshot.number)
  return vmxText([
    ['snapshot.lastUID', String(Math.max(0, ...snapshots.map((snapshot) => snapshot.number)))],
    ...(current === undefined ? [] : [['snapshot.current', numberOf(current)] as const]),
    ...snapshots.flatMap((snapshot, i) => entriesOf(snapshot, `snapshot${i}`, vmName)),
    ['snapshot.numSnapshots', String(snapshots.length)],
  ])
}

export function memoryFileName(vmName: string, snapshot: LabSnapshot): string {
  return `${vmName}-Snapshot${snapshot.number}.vmsn`
}

function entriesOf(snapshot: LabSnapshot, prefix: string, vmName: string): (readonly [string, string])[] {
  const microseconds = BigInt(snapshot.createdMs) * 1000n
  const { parent } = snapshot
  return [
    [`${prefix}.uid`, String(snapshot.number)],
    [`${prefix}.filename`, memoryFileName(vmName, snapshot)],
    ...(parent === undefined ? [] : [[`${prefix}.parent`, String(parent.number)] as const]),
    [`${prefix}.displayName`, snapshot.name],
    [`${prefix}.description`, snapshot.description],
    [`${prefix}.createTimeHigh`, String(Number(microseconds >> 32n))],
    [`${prefix}.createTimeLow`, String(Number(BigInt.asIntN(32, microseconds)))],
    [`${prefix}.numDisks`, String(snapshot.disks.length)],
    ...snapshot.disks.flatMap((disk, i): (readonly [string, string])[] => [
      [`${prefix}.disk${i}.fileName`, besideOrWhole(disk.layer.files, vmName)],
      [`${prefix}.disk${i}.node`, disk.node],
    ]),
  ]
}

const besideOrWhole = ({ datastore, path }: LayerFiles, vmName: string) =>
  nameOf(folderOf(path)) === vmName ? nameOf(path) : formatDatastorePath({ datastore: datastore.name, path })
