import { fail } from '../errors.ts'
import { parseDatastorePath } from './datastore-path.ts'
import { DiskShelf, isFrozen } from './disk-shelf.ts'
import { noFaults } from './faults.ts'
import { LabDatastore } from './lab-datastore.ts'
import { LabDisk } from './lab-disk.ts'
import { LabVm } from './lab-vm.ts'
import type { Layer } from './layer.ts'
import { writeLayer } from './layer-writes.ts'
import type {
  DatastoreSpec,
  DiskAllocation,
  DiskAccess,
  DiskSpec,
  LabStorage,
  OpenDisk,
  VmStorage,
  VmStorageSpec,
} from './model.ts'
import { OpenChain } from './open-chain.ts'
import type { LabStorageOptions } from './options.ts'
import { PageFile } from './page-file.ts'

/** Opens an empty storage. Dispose it: its pages are gone then, and every source it was given is closed. */
export async function openLabStorage(options: LabStorageOptions): Promise<LabStorage> {
  return new Storage(options)
}

class Storage implements LabStorage {
  readonly #options: LabStorageOptions
  readonly #pages: PageFile
  readonly #shelf: DiskShelf
  readonly #datastores = new Map<string, LabDatastore>()
  readonly #vms = new Set<LabVm>()

  constructor(options: LabStorageOptions) {
    const { clock, random } = options
    this.#options = options
    this.#pages = new PageFile(options.folder)
    this.#shelf = new DiskShelf({ pages: this.#pages, clock, random, datastore: (name) => this.datastore(name) })
  }

  get datastores(): readonly LabDatastore[] {
    return [...this.#datastores.values()]
  }

  get vms(): readonly VmStorage[] {
    return [...this.#vms]
  }

  addDatastore(spec: DatastoreSpec): LabDatastore {
    if (this.#datastores.has(spec.name)) throw fail('lab.datastore-exists', { datastore: spec.name })
    const datastore = new LabDatastore(spec, { ...this.#options, pages: this.#pages })
    this.#datastores.set(spec.name, datastore)
    return datastore
  }

  datastore(name: string): LabDatastore {
    const datastore = this.#datastores.get(name)
    if (datastore === undefined) throw fail('lab.no-such-datastore', { datastore: name })
    return datastore
  }

  addVm(spec: VmStorageSpec): VmStorage {
    const { clock, random, faults = noFaults, changeTracking: settings = {} } = this.#options
    const vm = new LabVm(spec, { shelf: this.#shelf, clock, random, faults, settings })
    this.#vms.add(vm)
    return vm
  }

  removeVm(vm: VmStorage, { destroy = false } = {}): void {
    for (const known of this.#vms)
      if (known === vm) {
        known.release({ destroy })
        this.#vms.delete(known)
      }
  }

  async createDisk(path: string, spec: DiskSpec): Promise<void> {
    await this.#shelf.create(path, spec)
  }

  copyDisk(from: string, to: string, allocation?: DiskAllocation): Promise<void> {
    return this.#shelf.copy(from, to, allocation)
  }

  deleteDisk(path: string): void {
    this.#shelf.layerAt(path)
    const { datastore, path: inside } = parseDatastorePath(path)
    this.datastore(datastore).deleteFile(inside)
  }

  async growDisk(path: string, capacityBytes: number): Promise<void> {
    const layer = this.#shelf.layerAt(path)
    if (layer.runningIn !== undefined) throw fail('lab.file-locked', { path, by: layer.runningIn })
    this.#shelf.grow(layer, capacityBytes)
  }

  openPath(path: string, { access = 'read' }: { readonly access?: DiskAccess } = {}): OpenDisk {
    const layer = this.#shelf.layerAt(path)
    const by = lockedBy(layer, access)
    if (by !== undefined) throw fail('lab.file-locked', { path, by })
    return new OpenChain(layer, { access, write: writerOf(layer) })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#shelf[Symbol.asyncDispose]()
    this.#pages[Symbol.dispose]()
  }
}

function lockedBy(layer: Layer, access: DiskAccess): string | undefined {
  if (layer.runningIn !== undefined) return layer.runningIn
  if (layer.chain.some((each) => each.isMerging)) return 'a consolidation'
  for (const pin of layer.pins) if (pin.isExclusive || access === 'write') return pin.label
  if (access === 'write' && isFrozen(layer)) return 'a snapshot'
  return undefined
}

/** The guest's way in, if a VM has the disk: what is written is tracked. Nobody else writes, so a lone layer needs no queue but order. */
function writerOf(layer: Layer): (offsetBytes: number, bytes: Uint8Array) => Promise<void> {
  for (const holder of layer.holders)
    if (holder instanceof LabDisk) return (offsetBytes, bytes) => holder.writeGuest(offsetBytes, bytes)
  let last: Promise<unknown> = Promise.resolve()
  return (offsetBytes, bytes) => {
    const next = last.then(() => writeLayer(layer, offsetBytes, bytes))
    last = next.catch(() => {})
    return next
  }
}
