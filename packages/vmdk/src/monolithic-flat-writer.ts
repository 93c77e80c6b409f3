import { basename } from 'node:path'
import { type DiskWriter, isZero, type NewFile } from '@vmkeep/disk'
import type { DiskMetadata } from './disk-metadata.ts'
import { newDescriptor } from './new-descriptor.ts'
import { createVmdkFile } from './new-vmdk-file.ts'
import { WriterState } from './writer-state.ts'

/** Where the bytes of the disk described at `path` are. */
export const flatPathOf = (path: string): string => path.replace(/\.vmdk$/i, '') + '-flat.vmdk'

/** Writes the disk's bytes as they are into a sparse file, and a descriptor beside it. */
export class MonolithicFlatWriter implements DiskWriter {
  readonly capacityBytes: number
  readonly ascending = false
  readonly #flat: NewFile
  readonly #descriptor: NewFile
  readonly #descriptorBytes: Uint8Array
  readonly #state: WriterState
  #writtenToBytes = 0

  static async create(path: string, capacityBytes: number, metadata: DiskMetadata): Promise<MonolithicFlatWriter> {
    const extent = { access: 'RW', type: 'FLAT', fileName: basename(flatPathOf(path)), offsetSectors: 0 } as const
    const descriptorBytes = newDescriptor('monolithicFlat', extent, capacityBytes, metadata)
    await using files = new AsyncDisposableStack()
    const descriptor = files.use(await createVmdkFile(path))
    const flat = files.use(await createVmdkFile(flatPathOf(path)))
    await flat.resize(capacityBytes)
    files.move() // the writer's from here on
    return new MonolithicFlatWriter(capacityBytes, flat, descriptor, descriptorBytes)
  }

  private constructor(capacityBytes: number, flat: NewFile, descriptor: NewFile, descriptorBytes: Uint8Array) {
    this.capacityBytes = capacityBytes
    this.#flat = flat
    this.#descriptor = descriptor
    this.#descriptorBytes = descriptorBytes
    this.#state = new WriterState(descriptor.path, capacityBytes)
  }

  async write(offsetBytes: number, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    this.#state.check(offsetBytes, bytes.length, signal)
    if (offsetBytes >= this.#writtenToBytes && isZero(bytes)) return // zero already, and takes no space
    this.#writtenToBytes = Math.max(this.#writtenToBytes, offsetBytes + bytes.length)
    await this.#state.attempt(() => this.#flat.write(offsetBytes, bytes))
  }

  /** The descriptor comes last: without it the disk does not exist. */
  async finish(signal?: AbortSignal): Promise<void> {
    this.#state.check(0, 0, signal)
    await this.#state.attempt(async () => {
      await this.#descriptor.write(0, this.#descriptorBytes)
      await this.#flat.publish()
      await this.#publishDescriptor()
    })
    this.#state.close()
  }

  async #publishDescriptor(): Promise<void> {
    try {
      await this.#descriptor.publish()
    } catch (error) {
      await this.#flat.retract()
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#state.close()
    await Promise.all([this.#flat[Symbol.asyncDispose](), this.#descriptor[Symbol.asyncDispose]()])
  }
}
