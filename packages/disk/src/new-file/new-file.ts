import { type BigIntStats } from 'node:fs'
import { type FileHandle, lstat, open, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { crashPoint, pidSpace, type Random, systemRandom, thisProcess } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { DirectWriter } from './direct-writer.ts'
import { giveName, requireAbsent } from './give-name.ts'
import { removeDeadPartialFiles } from './partial-files.ts'
import { partialName } from './partial-name.ts'

/**
 * So much is written into the page cache before it is brought to the disk, while more is written: a kernel with much memory would begin with it only when it is synced at the end,
 * and the disk would stand idle until then. Source: Linux vm.dirty_background_ratio, a tenth of the memory. Evidence: observed (of 1 GiB nothing was written).
 */
const behindBytesDefault = 64 * 1024 * 1024

export interface NewFileOptions {
  readonly random?: Random
  /** How much may be written before it is brought to the disk. */
  readonly behindBytes?: number
  /** Turns a failed system call, at `path`, into the caller's own error. EEXIST: `path` is taken. */
  readonly errorOf?: (error: NodeJS.ErrnoException, path: string) => Error
}

interface NewFileParts {
  readonly file: FileHandle
  readonly direct: DirectWriter | undefined
  readonly behindBytes: number
  readonly errorOf: NonNullable<NewFileOptions['errorOf']>
}

/**
 * A file that appears whole or not at all, also after kill -9 and with two writers at once.
 *
 * - Written under a name of its own beside `path` (see `partial-name.ts`), synced, and only then given its name.
 * - What is there already is never replaced. After a failed write it never gets its name.
 * - Disposed without {@link publish} it is removed. What a killed process left is removed when the same file is written again,
 *   if that process is dead for certain; else it stays: it is in nobody's way.
 */
export class NewFile implements AsyncDisposable {
  readonly path: string
  readonly #partialPath: string
  readonly #file: FileHandle
  readonly #errorOf: NonNullable<NewFileOptions['errorOf']>
  readonly #direct: DirectWriter | undefined
  readonly #behindBytes: number
  #unsyncedBytes = 0
  #syncing: Promise<void> | undefined
  #failure: Error | undefined
  #isClosed = false
  #published: BigIntStats | undefined

  /** @throws EEXIST if `path` is there, or what `errorOf` makes of it */
  static async create(
    path: string,
    { random = systemRandom, behindBytes = behindBytesDefault, errorOf = (error) => error }: NewFileOptions = {},
  ): Promise<NewFile> {
    try {
      await removeDeadPartialFiles(dirname(path), basename(path))
      await requireAbsent(path)
      const mine = { wholeName: basename(path), owner: await thisProcess(), space: await pidSpace() }
      const partialPath = join(dirname(path), partialName(mine, random))
      const file = await open(partialPath, 'wx+')
      try {
        return new NewFile(path, partialPath, {
          file,
          direct: await DirectWriter.open(partialPath),
          behindBytes,
          errorOf,
        })
      } catch (error) {
        await file.close()
        await unlink(partialPath)
        throw error
      }
    } catch (error) {
      throw errorOf(error as NodeJS.ErrnoException, path)
    }
  }

  private constructor(path: string, partialPath: string, { file, direct, behindBytes, errorOf }: NewFileParts) {
    this.path = path
    this.#partialPath = partialPath
    this.#file = file
    this.#direct = direct
    this.#behindBytes = behindBytes
    this.#errorOf = errorOf
  }

  async write(offsetBytes: number, bytes: Uint8Array): Promise<void> {
    await this.#attempt(async () => {
      for (let done = 0; done < bytes.length;) done += await this.#writeSome(offsetBytes + done, bytes.subarray(done))
    })
    if (this.#unsyncedBytes >= this.#behindBytes) this.#syncBehind()
  }

  /** Fills the whole of `target`. What was never written below the size reads as zeroes. @throws `disk.short-read` beyond it */
  async read(offsetBytes: number, target: Uint8Array): Promise<void> {
    for (let done = 0; done < target.length;) {
      const at = offsetBytes + done
      const { bytesRead } = await this.#attempt(() => this.#file.read(target, done, target.length - done, at))
      const missingBytes = target.length - done
      if (bytesRead === 0) throw fail('disk.short-read', { disk: this.path, offsetBytes: at, missingBytes })
      done += bytesRead
    }
  }

  /** Makes the file this long, with zeroes that take no space. */
  async resize(sizeBytes: number): Promise<void> {
    await this.#attempt(() => this.#file.truncate(sizeBytes))
  }

  /** Makes it durable, gives it its name, and closes. @throws EEXIST if somebody else took the name meanwhile; the first failed write */
  async publish(): Promise<void> {
    await this.#syncing
    if (this.#failure !== undefined) throw this.#failure
    await this.#attempt(async () => {
      await this.#file.sync()
      const written = await this.#file.stat({ bigint: true })
      await this.#close()
      crashPoint('new-file.before-link')
      await giveName(this.#partialPath, this.path)
      this.#published = written
      await syncFolder(dirname(this.path))
      crashPoint('new-file.published')
    })
  }

  /** Takes a published file back: what it belongs to could not be finished. Whatever else has its name now stays. */
  async retract(): Promise<void> {
    const found = await lstat(this.path, { bigint: true }).catch(() => undefined)
    if (found !== undefined && isSame(found, this.#published)) await unlink(this.path).catch(() => {})
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed && this.#published !== undefined) return
    await this.#close()
    await unlink(this.#partialPath).catch(() => {}) // gone already is as good
  }

  async #close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#syncing
    await this.#direct?.[Symbol.asyncDispose]()
    await this.#file.close()
  }

  async #writeSome(offsetBytes: number, bytes: Uint8Array): Promise<number> {
    const directBytes = (await this.#direct?.write(offsetBytes, bytes)) ?? 0
    if (directBytes > 0) return directBytes
    const { bytesWritten } = await this.#file.write(bytes, 0, bytes.length, offsetBytes)
    this.#unsyncedBytes += bytesWritten
    return bytesWritten
  }

  /** A failure stays: the kernel tells it once, and a later sync would succeed. Source: fsync(2), EIO. Evidence: documented. */
  #syncBehind(): void {
    if (this.#isClosed || this.#syncing !== undefined) return
    this.#unsyncedBytes = 0
    this.#syncing = this.#attempt(() => this.#file.datasync())
      .catch(() => {}) // told by `publish`
      .finally(() => (this.#syncing = undefined))
  }

  async #attempt<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      this.#failure ??= this.#errorOf(error as NodeJS.ErrnoException, this.path)
      throw this.#failure
    }
  }
}

/** A file's number alone is given to the next file once it is removed. */
const isSame = (found: BigIntStats, mine: BigIntStats | undefined): boolean =>
  found.ino === mine?.ino && found.dev === mine.dev && found.mtimeNs === mine.mtimeNs

/** Some file systems know no sync of a folder, and then there is nothing to wait for. Source: fsync(2), EINVAL. Evidence: documented. */
async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r')
  await folder.sync().catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EINVAL' && error.code !== 'ENOTSUP') throw error
  })
}
