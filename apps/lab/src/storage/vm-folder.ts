import { fail } from '../errors.ts'
import {
  type DatastorePath,
  folderOf,
  formatDatastorePath,
  joinPath,
  nameOf,
  parseDatastorePath,
} from './datastore-path.ts'
import type { DiskShelf } from './disk-shelf.ts'
import { SmallFile } from './file-node.ts'
import type { LabDatastore } from './lab-datastore.ts'
import type { LabSnapshot } from './lab-snapshot.ts'
import type { Layer } from './layer.ts'
import { memoryFileName, vmsdText } from './vmsd.ts'

const memoryFileSizeBytes = 32 * 1024

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

  writeMemory(snapshot: LabSnapshot): void {
    this.#datastore.writeFile(this.#memoryPath(snapshot), new Uint8Array(memoryFileSizeBytes))
  }

  removeMemory(snapshot: LabSnapshot): void {
    if (this.#datastore.has(this.#memoryPath(snapshot))) this.#datastore.deleteFile(this.#memoryPath(snapshot))
  }

  writeList(snapshots: readonly LabSnapshot[], current: LabSnapshot | undefined): void {
    const path = joinPath(this.#folder, `${this.#base}.vmsd`)
    if (this.#datastore.has(path)) this.#datastore.deleteFile(path) // first, so that a full datastore can lose a snapshot
    this.#datastore.writeFile(path, vmsdText(snapshots, current, this.#base))
  }

  /** Moves these layers and the folder's small files. @throws `lab.file-exists`, `lab.no-space` */
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
    for (const path of this.#smallFiles()) {
      datastore.writeFile(pathOf(path), await this.#datastore.readFile(path))
      this.#datastore.deleteFile(path)
    }
    this.#vmx = { datastore: target.datastore, path: pathOf(this.#vmx.path) }
    datastore.makeFolder(this.#folder)
  }

  /** Deletes the small files, and the folder if nothing else lies in it. */
  remove(): void {
    for (const path of this.#smallFiles()) this.#datastore.deleteFile(path)
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

  #memoryPath(snapshot: LabSnapshot): string {
    return joinPath(this.#folder, memoryFileName(this.#base, snapshot))
  }

  #smallFiles(): string[] {
    const paths = this.#datastore.list(this.#folder).map((entry) => entry.path)
    return paths.filter((path) => this.#datastore.node(path) instanceof SmallFile)
  }
}
