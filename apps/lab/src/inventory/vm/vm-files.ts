import { fail } from '../../errors.ts'
import { folderOf, formatDatastorePath, parseDatastorePath } from '../../storage/datastore-path.ts'
import type { DatastoreEntry, DiskBacking, LabStorage, VmStorage } from '../../storage/model.ts'

/** A file of a VM, with the datastore it lies on. */
export interface VmFile extends DatastoreEntry {
  readonly datastore: string
  /** `[datastore1] vm/vm.vmx` */
  readonly fullName: string
}

/** All files of a VM: its folder, and what its disks have elsewhere. */
export function vmFiles(storage: LabStorage, vm: VmStorage): VmFile[] {
  const folders = new Set([folderPath(vm.vmxPath)])
  for (const { backing } of [...vm.disks, ...vm.snapshots.flatMap(({ disks }) => disks)])
    for (const link of chainOf(backing)) folders.add(folderPath(link.fileName))
  return [...folders].flatMap((folder) => filesIn(storage, folder))
}

/** A disk's chain, the root first. */
export function chainOf(backing: DiskBacking): DiskBacking[] {
  const chain: DiskBacking[] = []
  for (let link: DiskBacking | undefined = backing; link !== undefined; link = link.parent) chain.unshift(link)
  return chain
}

/** The descriptor of a link, its extent and its change tracking file. */
export function filesOfLink(fileName: string, files: readonly VmFile[]): VmFile[] {
  const base = fileName.replace(/\.vmdk$/, '')
  const names = [fileName, ...['flat', 'delta', 'sesparse', 'rdm', 'rdmp'].map((kind) => `${base}-${kind}.vmdk`)]
  return names.flatMap((name) => files.filter(({ fullName }) => fullName === name))
}

function filesIn(storage: LabStorage, folder: string): VmFile[] {
  const { datastore, path } = parseDatastorePath(folder)
  const entries = existing(storage, datastore, path).filter(({ kind }) => kind === 'file')
  return entries.map((entry) => ({
    ...entry,
    datastore,
    fullName: formatDatastorePath({ datastore, path: entry.path }),
  }))
}

function existing(storage: LabStorage, datastore: string, path: string): DatastoreEntry[] {
  try {
    return storage.datastore(datastore).list(path)
  } catch (error) {
    if ((error as { code?: unknown }).code === fail('lab.file-not-found', { path }).code) return []
    throw error
  }
}

function folderPath(fileName: string): string {
  const { datastore, path } = parseDatastorePath(fileName)
  return formatDatastorePath({ datastore, path: folderOf(path) })
}
