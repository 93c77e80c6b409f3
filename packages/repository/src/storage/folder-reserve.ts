import { randomBytes } from 'node:crypto'
import { open, stat, statfs, truncate, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { syncFolder } from './durable-file.ts'
import { folderError, systemCode } from './folder-errors.ts'
import type { Reserve } from './storage.ts'

const MiB = 1024 * 1024
const sizeBytesMax = 16 * MiB
const sizeBytesMin = MiB / 2
/** Given back at once: enough for several small objects and their folders. */
const sliceBytes = 64 * 1024
/** Room is kept only where so many times as much is free. */
const plenty = 4

/** A file of the folder that holds nothing: `.reserve`, which is no object's name. */
export class FolderReserve implements Reserve {
  readonly #path: string
  readonly #storage: string

  constructor(root: string, storage: string) {
    this.#path = join(root, '.reserve')
    this.#storage = storage
  }

  async isKept(): Promise<boolean> {
    return (await this.#sizeBytes()) > 0
  }

  async release(): Promise<boolean> {
    const sizeBytes = await this.#sizeBytes()
    try {
      if (sizeBytes > sliceBytes) await truncate(this.#path, sizeBytes - sliceBytes)
      else await unlink(this.#path)
      await syncFolder(dirname(this.#path))
      return true
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return false
      throw folderError(error, this.#storage, '')
    }
  }

  async restore(): Promise<void> {
    const { bavail, bsize, blocks } = await statfs(dirname(this.#path))
    const sizeBytes = Math.min(sizeBytesMax, Math.max(sizeBytesMin, Math.floor((blocks * bsize) / 100)))
    if (bavail * bsize < plenty * sizeBytes || (await this.#sizeBytes()) >= sizeBytes) return
    await unlink(this.#path).catch(() => {}) // some of it was given back
    try {
      await this.#fill(sizeBytes)
    } catch (error) {
      await unlink(this.#path).catch(() => {}) // half a reserve is none
      throw folderError(error, this.#storage, '')
    }
  }

  async #sizeBytes(): Promise<number> {
    return await stat(this.#path).then(
      ({ size }) => size,
      () => 0,
    )
  }

  /** With bytes that no file system can make smaller. */
  async #fill(sizeBytes: number): Promise<void> {
    const file = await open(this.#path, 'wx')
    try {
      for (let done = 0; done < sizeBytes; done += MiB) await file.write(randomBytes(Math.min(MiB, sizeBytes - done)))
      await file.sync()
    } finally {
      await file.close()
    }
  }
}
