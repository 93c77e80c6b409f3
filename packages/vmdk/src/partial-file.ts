import { access, type FileHandle, link, open, rename, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { messageOf } from '@vmkeep/kit'
import { fail } from './errors.ts'

/**
 * A file that gets its name only when it is whole.
 *
 * It is written as `<path>.partial`, synced, and then linked to `path`: a reader finds all of it or nothing, and what
 * is there already is never replaced. Disposing without {@link publish} removes it.
 */
export class PartialFile implements AsyncDisposable {
  readonly path: string
  readonly #file: FileHandle
  #closed = false
  #published = false

  /** @throws `vmdk.file-exists` if `path` or its partial file is there; `vmdk.write-failed` */
  static async create(path: string): Promise<PartialFile> {
    if (await exists(path)) throw fail('vmdk.file-exists', { path })
    const file = await open(partialOf(path), 'wx+').catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'EEXIST' ? fail('vmdk.file-exists', { path: partialOf(path) }, error) : failed(path, error)
    })
    return new PartialFile(path, file)
  }

  private constructor(path: string, file: FileHandle) {
    this.path = path
    this.#file = file
  }

  async write(offsetBytes: number, bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await this.#or(this.#file.write(bytes, done, bytes.length - done, offsetBytes + done))
      done += bytesWritten
    }
  }

  /** Fills the whole of `target`. What was never written below the size reads as zeroes. */
  async read(offsetBytes: number, target: Uint8Array): Promise<void> {
    for (let done = 0; done < target.length;) {
      const { bytesRead } = await this.#or(this.#file.read(target, done, target.length - done, offsetBytes + done))
      if (bytesRead === 0) throw failed(this.path, new Error('it is shorter than what was written'))
      done += bytesRead
    }
  }

  /** Makes the file this long, with zeroes that take no space. */
  async resize(sizeBytes: number): Promise<void> {
    await this.#or(this.#file.truncate(sizeBytes))
  }

  /** Makes it durable and gives it its name. @throws `vmdk.file-exists` if somebody else took the name meanwhile */
  async publish(): Promise<void> {
    await this.#or(this.#file.sync())
    await this.#close()
    await nameOnce(partialOf(this.path), this.path)
    this.#published = true
    await this.#or(syncFolder(dirname(this.path)))
  }

  /** Takes a published file back: the disk it belongs to could not be finished. */
  async retract(): Promise<void> {
    await unlink(this.path).catch(() => {})
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#closed) await this.#close()
    if (!this.#published) await unlink(partialOf(this.path)).catch(() => {}) // gone already is as good
    this.#published = true // the next of that name is not ours
  }

  async #close(): Promise<void> {
    this.#closed = true
    await this.#or(this.#file.close())
  }

  #or<T>(work: Promise<T>): Promise<T> {
    return work.catch((error: unknown) => {
      throw failed(this.path, error)
    })
  }
}

const partialOf = (path: string) => `${path}.partial`

const failed = (path: string, error: unknown): Error =>
  fail('vmdk.write-failed', { path, fact: messageOf(error) }, error)

export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

/** A link fails where the name is taken; a rename would replace. File systems without links (FAT, some shares) get the rename. */
async function nameOnce(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (code === 'EEXIST' || (await exists(to))) throw fail('vmdk.file-exists', { path: to }, error)
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(code)) throw failed(to, error)
    return await rename(from, to).catch((cause: unknown) => {
      throw failed(to, cause)
    })
  }
  await unlink(from).catch((error: unknown) => {
    throw failed(from, error)
  })
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
