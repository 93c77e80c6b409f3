import { type DatastorePath, folderOf, formatDatastorePath, joinPath, nameOf } from './datastore-path.ts'
import type { LabSnapshot } from './lab-snapshot.ts'
import type { LayerFiles } from './layer-files.ts'
import { parseVmx, vmxText } from './vmx.ts'

/** A snapshot as a .vmsd lists it. */
export interface ListedSnapshot {
  readonly number: number
  readonly fileName: string
  readonly parentNumber: number | undefined
  readonly name: string
  readonly description: string
  readonly hasMemory: boolean
  readonly createdMs: number
  /** What it froze, as `[ds] vm/vm.vmdk`. */
  readonly disks: readonly { readonly node: string; readonly path: string }[]
}

export interface SnapshotList {
  readonly lastNumber: number
  readonly currentNumber: number | undefined
  readonly snapshots: readonly ListedSnapshot[]
}

/** Those whose parents are not listed are roots. */
export function parentsFirst(snapshots: readonly ListedSnapshot[]): ListedSnapshot[] {
  const known = new Set(snapshots.map(({ number }) => number))
  const isRoot = ({ parentNumber }: ListedSnapshot) => parentNumber === undefined || !known.has(parentNumber)
  const below = (parent: ListedSnapshot): ListedSnapshot[] => [
    parent,
    ...snapshots.filter(({ parentNumber }) => parentNumber === parent.number).flatMap(below),
  ]
  return snapshots.filter(isRoot).flatMap(below)
}

/** Reads what {@link vmsdText} writes. An entry without a number, a file or a name is left out. */
export function parseVmsd(text: string, home: DatastorePath): SnapshotList {
  const entries = parseVmx(text)
  const count = Number(entries.get('snapshot.numSnapshots') ?? 0)
  const snapshots = Array.from({ length: Math.min(count, entries.size) }, (_, i) => {
    const prefix = `snapshot${i}.`
    const own = [...entries].filter(([key]) => key.startsWith(prefix))
    return listedSnapshot(new Map(own.map(([key, value]) => [key.slice(prefix.length), value])), home)
  }).filter((found) => found !== undefined)
  const numbers = snapshots.map(({ number }) => number)
  return {
    lastNumber: Math.max(0, numberOf(entries, 'snapshot.lastUID') ?? 0, ...numbers),
    currentNumber: numberOf(entries, 'snapshot.current'),
    snapshots,
  }
}

function listedSnapshot(own: ReadonlyMap<string, string>, home: DatastorePath): ListedSnapshot | undefined {
  const [number, fileName] = [numberOf(own, 'uid'), own.get('filename')]
  const name = own.get('displayName')
  if (number === undefined || fileName === undefined || name === undefined) return undefined
  const [high, low] = [numberOf(own, 'createTimeHigh') ?? 0, numberOf(own, 'createTimeLow') ?? 0]
  const disks = Array.from({ length: Math.min(numberOf(own, 'numDisks') ?? 0, own.size) }, (_, i) => ({
    node: own.get(`disk${i}.node`) ?? '',
    path: pathOf(own.get(`disk${i}.fileName`) ?? '', home),
  }))
  return {
    number,
    fileName,
    parentNumber: numberOf(own, 'parent'),
    name,
    description: own.get('description') ?? '',
    hasMemory: own.get('type') === '1',
    createdMs: Math.floor((high * 2 ** 32 + (low >>> 0)) / 1000),
    disks,
  }
}

function numberOf(entries: ReadonlyMap<string, string>, key: string): number | undefined {
  const value = entries.get(key)
  return value !== undefined && /^-?\d{1,12}$/.test(value) ? Number(value) : undefined
}

const pathOf = (fileName: string, home: DatastorePath): string =>
  fileName.startsWith('[') ? fileName : formatDatastorePath({ ...home, path: joinPath(home.path, fileName) })

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
