import { type Extent } from '@vmkeep/disk'
import type { DatastoreFile } from './model.ts'

/** A file as its datastore sees it: a small file, or one of the files a disk shows itself by. */
export interface FileNode {
  readonly type: string
  readonly sizeBytes: number
  readonly allocatedBytes: number
  readonly modifiedMs: number
  /** Who keeps others from reading it, if anybody does. */
  readonly lockedForReading?: string | undefined
  /** Who keeps others from deleting, renaming or replacing it. */
  readonly lockedForChange?: string | undefined
  /** A file that comes and goes with another: a disk's extent with its descriptor. */
  readonly isPart: boolean
  open(): DatastoreFile
  /** The file is now called so. */
  renamed(path: string): void
  /** The file is to go, with its parts. */
  removed(): void
}

const smallFileSizeBytesMax = 64 * 1024 * 1024

/** A file whose bytes are held in memory. */
export class SmallFile implements FileNode {
  readonly #content: Uint8Array
  readonly type: string
  readonly modifiedMs: number
  readonly isPart = false
  readonly #forget: (sizeBytes: number) => void

  constructor(type: string, content: Uint8Array, modifiedMs: number, forget: (sizeBytes: number) => void) {
    this.type = type
    this.#content = content
    this.modifiedMs = modifiedMs
    this.#forget = forget
  }

  static readonly sizeBytesMax = smallFileSizeBytesMax

  get sizeBytes(): number {
    return this.#content.length
  }

  get allocatedBytes(): number {
    return this.#content.length
  }

  open(): DatastoreFile {
    return openBytes(this.#content, this.modifiedMs)
  }

  renamed(): void {}

  removed(): void {
    this.#forget(this.#content.length)
  }
}

export function openBytes(content: Uint8Array, modifiedMs: number): DatastoreFile {
  return {
    sizeBytes: content.length,
    modifiedMs,
    async read(offsetBytes, target, signal) {
      signal?.throwIfAborted()
      target.set(content.subarray(offsetBytes, offsetBytes + target.length))
    },
    async *allocated(within: Extent) {
      yield within
    },
    async [Symbol.asyncDispose]() {},
  }
}

/** What kind of file this is, in the words of `VirtualMachineFileLayoutExFileInfo.type`, by its name. */
export function fileTypeOf(name: string): string {
  if (/-Snapshot\d+\.vmem$/i.test(name)) return 'snapshotMemory'
  const extension = name.slice(name.lastIndexOf('.') + 1).toLowerCase()
  return typesByExtension[extension] ?? 'unknown'
}

const typesByExtension: Readonly<Record<string, string>> = {
  vmx: 'config',
  vmxf: 'extendedConfig',
  vmtx: 'config',
  nvram: 'nvram',
  vmsd: 'snapshotList',
  vmsn: 'snapshotData',
  vmem: 'suspendMemory',
  vswp: 'swap',
  vmss: 'suspend',
  log: 'log',
  vmdk: 'diskDescriptor',
}
