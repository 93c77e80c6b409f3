import { fail } from '../errors.ts'
import {
  type DatastorePath,
  folderOf,
  formatDatastorePath,
  joinPath,
  nameOf,
  parseDatastorePath,
} from './datastore-path.ts'
import { type Checkpoint, checkpointBytes, memoryFileNameOf, parseCheckpoint } from './checkpoint.ts'
import type { DiskShelf } from './disk-shelf.ts'
import type { FileNode } from './file-node.ts'
import type { LabDatastore } from './lab-datastore.ts'
import type { LabSnapshot } from './lab-snapshot.ts'
import type { Layer } from './layer.ts'
import { layerOf } from './layer-files.ts'
import { copyInto } from './sparse-bytes.ts'
import { FileBytes } from './file-bytes.ts'
import type { DatastoreFile, SparseBytes } from './model.ts'
import { parseVmsd, type SnapshotList, vmsdText } from './vmsd.ts'

/** The folder a VM's vmx lies in, and the small files its snapshots leave there. */
export class VmFolder {
  readonly #shelf: DiskShelf
  #vmx: DatastorePath

  constructor(vmxPath: string, shelf: DiskShelf) {
    this.#shelf = shelf
    this.#vmx = parseDatastorePath(vmxPath)
    this.#datastore.makeFolder(this.#folder)
  }

  get vmxPath(): string {
    return formatDatastorePath(this.#vmx)
  }

  /** What the caller asked for, or the next free name as vSphere gives it: `vm.vmdk`, `vm_1.vmdk` … */
  newDiskPath(path = ''): string {
    const asked = path === '' ? { datastore: this.#vmx.datastore, path: '' } : parseDatastorePath(path)
    if (asked.path !== '') return path
    const folder = nameOf(this.#folder) === '' ? this.#base : this.#folder
    const datastore = this.#shelf.datastore(asked.datastore)
    for (let number = 0; ; number++) {
      const name = joinPath(folder, `${this.#base}${number === 0 ? '' : `_${number}`}.vmdk`)
      if (!datastore.has(name)) return formatDatastorePath({ datastore: asked.datastore, path: name })
    }
  }

  /** `vm-Snapshot3.vmsn` */
  snapshotFileName(number: number): string {
    return `${this.#base}-Snapshot${number}.vmsn`
  }

  /** `vm-1a2b3c4d.vmss` */
  suspendFileName(id: string): string {
    return `${this.#base}-${id}.vmss`
  }

  /** `[ds] vm/vm-Snapshot3.vmsn` */
  fullNameOf(name: string): string {
    return formatDatastorePath({ ...this.#vmx, path: this.#beside(name) })
  }

  /** @throws `lab.file-not-found`, `lab.file-locked` */
  open(name: string): DatastoreFile {
    return this.#datastore.open(this.#beside(name))
  }

  /** A file's bytes as they are whenever they are read. @throws `lab.file-not-found` */
  bytesOf(name: string): SparseBytes {
    return new FileBytes(() => this.open(name))
  }

  has(name: string): boolean {
    return this.#datastore.has(this.#beside(name))
  }

  /** @throws `lab.file-not-found`, `lab.bad-checkpoint` */
  async readCheckpoint(fileName: string): Promise<Checkpoint> {
    const checkpoint = parseCheckpoint(await this.#datastore.readFile(this.#beside(fileName)))
    if (checkpoint === undefined) throw fail('lab.bad-checkpoint', { path: this.fullNameOf(fileName) })
    return checkpoint
  }

  /** Writes what a VM was at an instant, and the memory it had. @throws `lab.no-space`; nothing is left then */
  async writeCheckpoint(fileName: string, checkpoint: Checkpoint, memory: SparseBytes | undefined): Promise<void> {
    const memoryFileName = memoryFileNameOf(fileName)
    try {
      this.#datastore.writeFile(this.#beside(fileName), checkpointBytes(checkpoint))
      if (memory !== undefined) await copyInto(this.#datastore.createFile(this.#beside(memoryFileName)), memory)
    } catch (error) {
      this.remove([fileName, memoryFileName])
      throw error
    }
  }

  /** Removes those of these files that are there. */
  remove(names: Iterable<string | undefined>): void {
    for (const name of names)
      if (name !== undefined && this.#datastore.has(this.#beside(name))) this.#datastore.deleteFile(this.#beside(name))
  }

  /** What the .vmsd says; of none, or an empty one, that there are no snapshots. */
  async readList(): Promise<SnapshotList> {
    const name = `${this.#base}.vmsd`
    const text = this.has(name) ? await this.#datastore.readFile(this.#beside(name)) : new Uint8Array()
    return parseVmsd(Buffer.from(text).toString(), { ...this.#vmx, path: this.#folder })
  }

  writeList(snapshots: readonly LabSnapshot[], current: LabSnapshot | undefined): void {
    const path = joinPath(this.#folder, `${this.#base}.vmsd`)
    if (this.#datastore.has(path)) this.#datastore.deleteFile(path) // first, so that a full datastore can lose a snapshot
    this.#datastore.writeFile(path, vmsdText(snapshots, current, { ...this.#vmx, path: this.#folder }))
  }

  /** Moves these layers and all other files of the folder. @throws `lab.file-exists`, `lab.no-space` */
  async relocate(folder: string, layers: ReadonlySet<Layer>): Promise<void> {
    const target = parseDatastorePath(folder)
    const datastore = this.#shelf.datastore(target.datastore)
    const pathOf = (path: string) => joinPath(target.path, nameOf(path))
    if (datastore === this.#datastore && target.path === this.#folder) return
    for (const { files } of layers)
      if (datastore.has(pathOf(files.path)) && (files.datastore !== datastore || files.path !== pathOf(files.path)))
        throw fail('lab.file-exists', { path: formatDatastorePath({ ...target, path: pathOf(files.path) }) })
    for (const layer of layers)
      if (layer.files.path !== pathOf(layer.files.path) || layer.files.datastore !== datastore)
        layer.relocate(datastore, pathOf(layer.files.path))
    for (const path of this.#otherFiles()) {
      await using file = this.#datastore.open(path)
      await copyInto(datastore.createFile(pathOf(path)), file)
      this.#datastore.deleteFile(path)
    }
    this.#vmx = { datastore: target.datastore, path: pathOf(this.#vmx.path) }
    datastore.makeFolder(this.#folder)
  }

  /** Deletes all files but disks, and the folder if nothing else lies in it. */
  discard(): void {
    for (const path of this.#otherFiles()) this.#datastore.deleteFile(path)
    if (this.#folder !== '' && this.#datastore.list(this.#folder).length === 0) this.#datastore.deleteFile(this.#folder)
  }

  get #datastore(): LabDatastore {
    return this.#shelf.datastore(this.#vmx.datastore)
  }

  get #folder(): string {
    return folderOf(this.#vmx.path)
  }

  get #base(): string {
    return nameOf(this.#vmx.path).replace(/\.vmtx?$|\.vmx$/, '')
  }

  #beside(name: string): string {
    return joinPath(this.#folder, name)
  }

  #otherFiles(): string[] {
    const paths = this.#datastore.list(this.#folder).map((entry) => entry.path)
    const isOther = (node: FileNode | undefined) => node !== undefined && !node.isPart && layerOf(node) === undefined
    return paths.filter((path) => isOther(this.#datastore.node(path)))
  }
}
