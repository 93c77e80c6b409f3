import { type Clock, type Random } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { checkedPath, folderOf, formatDatastorePath, joinPath, nameOf } from './datastore-path.ts'
import { type FileNode, fileTypeOf, SmallFile } from './file-node.ts'
import type {
  Datastore,
  DatastoreEntry,
  DatastoreFile,
  DatastoreSpec,
  DatastoreType,
  DatastoreWriter,
} from './model.ts'
import type { PageFile } from './page-file.ts'
import { PagedFile } from './paged-file.ts'

export interface LabDatastoreContext {
  readonly clock: Clock
  readonly random: Random
  readonly pages: PageFile
}

/** Files by folder and name. Disks put themselves in through {@link put}. */
export class LabDatastore implements Datastore {
  readonly name: string
  readonly type: DatastoreType
  readonly capacityBytes: number
  readonly url: string
  readonly #clock: Clock
  readonly #pages: PageFile
  readonly #folders = new Map<string, Map<string, FileNode>>([['', new Map()]])
  readonly #locks = new Map<string, number>()
  #usedBytes = 0
  #ballastBytes = 0

  constructor({ name, type, capacityBytes, volume }: DatastoreSpec, { clock, random, pages }: LabDatastoreContext) {
    this.name = name
    this.type = type
    this.capacityBytes = capacityBytes
    this.#clock = clock
    this.#pages = pages
    const hex = Buffer.from(random.bytes(14)).toString('hex')
    const own = `${hex.slice(0, 8)}-${hex.slice(8, 16)}-${hex.slice(16, 20)}-${hex.slice(16, 28)}`
    this.url = `ds:///vmfs/volumes/${volume ?? own}/`
  }

  get freeBytes(): number {
    return Math.max(0, this.capacityBytes - this.#usedBytes - this.#ballastBytes)
  }

  fill(freeBytes?: number): void {
    this.#ballastBytes = freeBytes === undefined ? 0 : this.capacityBytes - this.#usedBytes - freeBytes
  }

  /** Takes space; gives it back if negative. @throws `lab.no-space` */
  charge(bytes: number): void {
    if (bytes > 0 && bytes > this.freeBytes)
      throw fail('lab.no-space', { datastore: this.name, neededBytes: bytes, freeBytes: this.freeBytes })
    this.#usedBytes += bytes
  }

  list(folder: string): DatastoreEntry[] {
    const path = checkedPath(folder)
    const files = this.#folders.get(path)
    if (files === undefined) throw fail('lab.file-not-found', { path: this.#show(path) })
    const inside = [...this.#folders.keys()].filter((other) => other !== '' && folderOf(other) === path)
    const entries = [
      ...inside.map((child) => this.#folderEntry(child)),
      ...[...files].map(([name, node]) => entryOf(joinPath(path, name), node)),
    ]
    return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  }

  stat(path: string): DatastoreEntry | undefined {
    const checked = checkedPath(path)
    const node = this.node(checked)
    if (node !== undefined) return entryOf(checked, node)
    return this.#folders.has(checked) ? this.#folderEntry(checked) : undefined
  }

  open(path: string): DatastoreFile {
    const checked = checkedPath(path)
    const node = this.#existing(checked)
    const by = node.lockedForReading ?? this.#lockedBy(checked)
    if (by !== undefined) throw fail('lab.file-locked', { path: this.#show(checked), by })
    return node.open()
  }

  async readFile(path: string): Promise<Uint8Array> {
    await using file = this.open(path)
    if (file.sizeBytes > SmallFile.sizeBytesMax)
      throw fail('lab.file-too-large', { path: this.#show(checkedPath(path)), sizeBytes: file.sizeBytes })
    const content = new Uint8Array(file.sizeBytes)
    await file.read(0, content)
    return content
  }

  writeFile(path: string, content: Uint8Array | string): void {
    const checked = checkedPath(path)
    const before = this.#replaceable(checked)
    const bytes = typeof content === 'string' ? Buffer.from(content) : Uint8Array.from(content)
    this.charge(bytes.length - (before instanceof SmallFile ? before.sizeBytes : 0))
    if (before !== undefined && !(before instanceof SmallFile)) this.deleteFile(checked)
    const forget = (sizeBytes: number) => this.charge(-sizeBytes)
    this.put(checked, new SmallFile(fileTypeOf(nameOf(checked)), bytes, this.#clock.nowMs(), forget))
  }

  createFile(path: string): DatastoreWriter {
    const checked = checkedPath(path)
    if (this.#replaceable(checked) !== undefined) this.deleteFile(checked)
    const file = new PagedFile({
      name: this.#show(checked),
      type: fileTypeOf(nameOf(checked)),
      pages: this.#pages,
      nowMs: () => this.#clock.nowMs(),
      charge: (bytes) => this.charge(bytes),
    })
    this.put(checked, file)
    return file
  }

  makeFolder(path: string): void {
    const checked = checkedPath(path)
    if (this.node(checked) !== undefined) throw fail('lab.file-exists', { path: this.#show(checked) })
    for (let folder = checked; !this.#folders.has(folder); folder = folderOf(folder))
      this.#folders.set(folder, new Map())
  }

  deleteFile(path: string): void {
    const checked = checkedPath(path)
    if (this.#folders.has(checked)) return this.#deleteFolder(checked)
    const node = this.#existing(checked)
    this.#checkChange(checked, node)
    this.take(checked)
    node.removed()
  }

  moveFile(from: string, to: string): void {
    const [source, target] = [checkedPath(from), checkedPath(to)]
    if (this.stat(target) !== undefined) throw fail('lab.file-exists', { path: this.#show(target) })
    if (this.#folders.has(source)) return this.#moveFolder(source, target)
    const node = this.#existing(source)
    this.#checkChange(source, node)
    this.#move(source, target)
  }

  lock(path: string): Disposable {
    const checked = checkedPath(path)
    this.#locks.set(checked, (this.#locks.get(checked) ?? 0) + 1)
    let held = true
    return {
      [Symbol.dispose]: () => {
        if (!held) return
        held = false
        const left = this.#locks.get(checked)! - 1
        if (left === 0) this.#locks.delete(checked)
        else this.#locks.set(checked, left)
      },
    }
  }

  node(path: string): FileNode | undefined {
    return this.#folders.get(folderOf(path))?.get(nameOf(path))
  }

  /** Whether anything is there: a file or a folder. */
  has(path: string): boolean {
    return this.node(path) !== undefined || this.#folders.has(path)
  }

  /** Shows a file, and makes the folders above it. */
  put(path: string, node: FileNode): void {
    this.makeFolder(folderOf(path))
    this.#folders.get(folderOf(path))!.set(nameOf(path), node)
  }

  /** Shows a file no longer. Its bytes are their owner's. */
  take(path: string): void {
    this.#folders.get(folderOf(path))?.delete(nameOf(path))
  }

  #move(from: string, to: string): void {
    const node = this.node(from)!
    this.take(from)
    this.put(to, node)
    node.renamed(to)
  }

  #existing(path: string): FileNode {
    const node = this.node(path)
    if (node !== undefined) return node
    if (this.#folders.has(path)) throw fail('lab.is-folder', { path: this.#show(path) })
    throw fail('lab.file-not-found', { path: this.#show(path) })
  }

  /** What a new file of this name would take the place of. */
  #replaceable(path: string): FileNode | undefined {
    const node = this.node(path)
    if (this.#folders.has(path)) throw fail('lab.is-folder', { path: this.#show(path) })
    if (node !== undefined) this.#checkChange(path, node)
    return node
  }

  #checkChange(path: string, node: FileNode): void {
    const by = (node.isPart ? 'its descriptor' : undefined) ?? node.lockedForChange ?? this.#lockedBy(path)
    if (by !== undefined) throw fail('lab.file-locked', { path: this.#show(path), by })
  }

  #deleteFolder(folder: string): void {
    const inside = this.#below(folder)
    for (const path of this.#checkedFiles(inside)) this.deleteFile(path)
    for (const path of inside) if (path !== '') this.#folders.delete(path)
  }

  #moveFolder(from: string, to: string): void {
    const inside = this.#below(from)
    for (const path of this.#checkedFiles(inside)) this.#move(path, to + path.slice(from.length))
    for (const path of inside) this.makeFolder(to + path.slice(from.length))
    for (const path of inside) this.#folders.delete(path)
  }

  #below(folder: string): string[] {
    return [...this.#folders.keys()].filter((path) => folder === '' || path === folder || path.startsWith(`${folder}/`))
  }

  /** All files of these folders but the parts of others, after a look at every lock: all or nothing. */
  #checkedFiles(folders: readonly string[]): string[] {
    const files = folders.flatMap((folder) =>
      [...this.#folders.get(folder)!].flatMap(([name, node]) => (node.isPart ? [] : [joinPath(folder, name)])),
    )
    for (const path of files) this.#checkChange(path, this.node(path)!)
    return files
  }

  #folderEntry(path: string): DatastoreEntry {
    return { name: nameOf(path), path, kind: 'folder', type: 'folder', sizeBytes: 0, allocatedBytes: 0, modifiedMs: 0 }
  }

  #lockedBy(path: string): string | undefined {
    return this.#locks.has(path) ? 'another host' : undefined
  }

  #show(path: string): string {
    return formatDatastorePath({ datastore: this.name, path })
  }
}

function entryOf(path: string, node: FileNode): DatastoreEntry {
  const { type, sizeBytes, allocatedBytes, modifiedMs } = node
  return { name: nameOf(path), path, kind: 'file', type, sizeBytes, allocatedBytes, modifiedMs }
}
