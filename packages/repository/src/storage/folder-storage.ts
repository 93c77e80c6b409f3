import type { BigIntStats, Dirent } from 'node:fs'
import { mkdir, open, readdir, stat, statfs, unlink } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { Limiter, mapConcurrent, type Random, systemRandom } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { toHex } from '../formats/hex.ts'
import { linkOnce, makeFolder, syncFolder, writeDurably } from './durable-file.ts'
import { folderError, systemCode } from './folder-errors.ts'
import { fileSystemSettleMs } from './file-system-settle.ts'
import { FolderLock } from './folder-lock.ts'
import { FolderReserve } from './folder-reserve.ts'
import { isKeyName, namesOf, prefixNamesOf } from './keys.ts'
import type { Storage, StoredObject } from './storage.ts'

const filesOpenMax = 64
const statsAtOnce = 16

export interface FolderOptions {
  /** Make the folder, and what is missing above it, if it is not there. */
  readonly create?: boolean
  /** Where the helper listens that can lock files. It is asked when something is to be locked. */
  readonly lockSocket?: string
  readonly random?: Random
  /** See {@link Storage.settleMs}. Default: five minutes on a network file system, else nothing. */
  readonly settleMs?: number
}

/**
 * A repository's folder on a local file system or an NFS mount (server export `sync`).
 *
 * @throws `storage.missing`, `storage.not-a-folder`, `storage.no-permission`
 */
export async function openFolderStorage(
  path: string,
  { create = false, lockSocket, random = systemRandom, settleMs }: FolderOptions = {},
): Promise<Storage> {
  const root = resolve(path)
  const name = `folder ${root}`
  try {
    if (create) await mkdir(root, { recursive: true })
    const identity = await stat(root, { bigint: true })
    if (!identity.isDirectory()) throw fail('storage.not-a-folder', { storage: name })
    const settle = settleMs ?? fileSystemSettleMs((await statfs(root)).type)
    return new FolderStorage(root, { identity, random, lockSocket, settleMs: settle })
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ENOENT') throw fail('storage.missing', { storage: name }, error)
    if (code === 'ENOTDIR' || code === 'EEXIST') throw fail('storage.not-a-folder', { storage: name }, error)
    throw folderError(error, name, '')
  }
}

interface FolderParts {
  readonly identity: BigIntStats
  readonly random: Random
  readonly lockSocket: string | undefined
  readonly settleMs: number
}

class FolderStorage implements Storage {
  readonly name: string
  readonly lock?: FolderLock
  readonly settleMs: number
  readonly reserve: FolderReserve
  readonly #root: string
  readonly #identity: BigIntStats
  readonly #random: Random
  readonly #calls = new Limiter(filesOpenMax)
  readonly #made = new Set<string>() // folders known to be there, durably
  #closed = false

  constructor(root: string, { identity, random, lockSocket, settleMs }: FolderParts) {
    this.name = `folder ${root}`
    this.reserve = new FolderReserve(root, this.name)
    if (lockSocket !== undefined) {
      const putNew: Storage['putNew'] = (key, bytes, signal) => this.putNew(key, bytes, signal)
      this.lock = new FolderLock({ storage: this.name, root, socket: lockSocket, putNew })
    }
    this.#root = root
    this.#identity = identity
    this.#random = random
    this.settleMs = settleMs
  }

  putNew(key: string, bytes: Uint8Array | readonly Uint8Array[], signal?: AbortSignal): Promise<'created' | 'exists'> {
    return this.#call(key, signal, async (path) => {
      const folder = dirname(path)
      const temp = join(folder, `.tmp-${toHex(this.#random.bytes(8))}`)
      const pieces = bytes instanceof Uint8Array ? [bytes] : bytes
      try {
        await this.#write(folder, temp, pieces)
        const outcome = await this.#link(temp, path)
        await syncFolder(folder) // for `exists` too: what we then rely on must survive a power cut
        return outcome
      } finally {
        await unlink(temp).catch(() => {}) // a name nobody asks for; the put itself has its own answer
      }
    })
  }

  get(key: string, sizeBytesMax: number, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    return this.#read(key, signal, async (file) => {
      const { size: sizeBytes } = await file.stat()
      if (sizeBytes > sizeBytesMax)
        throw fail('storage.too-large', { storage: this.name, key, sizeBytes, sizeBytesMax })
      return await this.#fill(key, file, 0, new Uint8Array(sizeBytes))
    })
  }

  async getRange(key: string, offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    const found = await this.#read(key, signal, (file) => this.#fill(key, file, offsetBytes, target))
    if (found === undefined) throw fail('storage.not-found', { storage: this.name, key })
  }

  getSuffix(key: string, lengthBytesMax: number, signal?: AbortSignal) {
    return this.#read(key, signal, async (file) => {
      const { size: sizeBytes } = await file.stat()
      const lengthBytes = Math.min(lengthBytesMax, sizeBytes)
      const bytes = await this.#fill(key, file, sizeBytes - lengthBytes, new Uint8Array(lengthBytes))
      return { bytes, sizeBytes }
    })
  }

  async *list(prefix: string, signal?: AbortSignal): AsyncIterable<StoredObject> {
    signal?.throwIfAborted()
    await this.#checkRoot() // an unmounted folder is empty, and must not pass for an empty repository
    yield* this.#walk(join(this.#root, ...prefixNamesOf(prefix)), prefix, signal)
  }

  async size(key: string, signal?: AbortSignal): Promise<number | undefined> {
    return await this.#call(key, signal, async (path) => {
      try {
        return (await stat(path)).size
      } catch (error) {
        return await this.#absent(error, key)
      }
    })
  }

  async delete(key: string, signal?: AbortSignal): Promise<void> {
    await this.#call(key, signal, async (path) => {
      try {
        await this.#unlink(path, key)
        await syncFolder(dirname(path))
      } catch (error) {
        await this.#absent(error, key)
      }
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
  }

  /** What was locked may be locked no more, and only the helper can tell. */
  async #unlink(path: string, key: string): Promise<void> {
    try {
      await unlink(path)
    } catch (error) {
      if (this.lock === undefined || systemCode(error) !== 'EPERM') throw error
      await this.lock.free()
      await unlink(path).catch((again: unknown) => {
        throw systemCode(again) === 'EPERM' ? fail('storage.locked', { storage: this.name, key }, again) : again
      })
    }
  }

  async #write(folder: string, temp: string, pieces: readonly Uint8Array[]): Promise<void> {
    await this.#makeFolder(folder)
    try {
      await writeDurably(temp, pieces, 0o666)
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error
      this.#made.clear() // someone removed it behind our back
      await this.#makeFolder(folder)
      await writeDurably(temp, pieces, 0o666)
    }
  }

  async #makeFolder(folder: string): Promise<void> {
    if (this.#made.has(folder)) return
    await this.#checkRoot() // else we would fill the disk under a mount point that lost its mount
    await makeFolder(folder, this.#root, 0o777)
    this.#made.add(folder)
  }

  async #link(temp: string, path: string): Promise<'created' | 'exists'> {
    try {
      return await linkOnce(temp, path)
    } catch (error) {
      // Source: link(2), EPERM: the file system does not support hard links. Evidence: documented.
      if (['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(systemCode(error) ?? ''))
        throw fail('storage.no-links', { storage: this.name }, error)
      throw error
    }
  }

  #read<T>(
    key: string,
    signal: AbortSignal | undefined,
    work: (file: Awaited<ReturnType<typeof open>>) => Promise<T>,
  ): Promise<T | undefined> {
    return this.#call(key, signal, async (path) => {
      const file = await open(path, 'r').catch((error: unknown) => this.#absent(error, key))
      if (file === undefined) return undefined
      try {
        return await work(file)
      } finally {
        await file.close()
      }
    })
  }

  async #fill(key: string, file: Awaited<ReturnType<typeof open>>, offsetBytes: number, target: Uint8Array) {
    for (let done = 0; done < target.length;) {
      const { bytesRead } = await file.read(target, done, target.length - done, offsetBytes + done)
      if (bytesRead === 0)
        throw fail('storage.short-read', {
          storage: this.name,
          key,
          offsetBytes: offsetBytes + done,
          missingBytes: target.length - done,
        })
      done += bytesRead
    }
    return target
  }

  async *#walk(folder: string, prefix: string, signal: AbortSignal | undefined): AsyncIterable<StoredObject> {
    signal?.throwIfAborted()
    const entries = await this.#entries(folder, prefix)
    for (let at = 0; at < entries.length;) {
      const end = entries.findIndex((entry, i) => i >= at && entry.isFolder)
      const files = entries.slice(at, end === -1 ? entries.length : end)
      yield* this.#sized(folder, prefix, files, signal)
      at += files.length
      const next = entries[at]
      if (next === undefined) return
      yield* this.#walk(join(folder, next.name), `${prefix}${next.name}/`, signal)
      at++
    }
  }

  async *#sized(
    folder: string,
    prefix: string,
    files: readonly { name: string }[],
    signal: AbortSignal | undefined,
  ): AsyncIterable<StoredObject> {
    const found = mapConcurrent(statsAtOnce, async ({ name }: { name: string }): Promise<StoredObject | undefined> => {
      signal?.throwIfAborted()
      return await stat(join(folder, name)).then(
        ({ size: sizeBytes, mtimeMs }) => ({ key: prefix + name, sizeBytes, modifiedAtMs: Math.floor(mtimeMs) }),
        (error: unknown) => this.#absent(error, prefix + name), // deleted since the folder was read
      )
    })
    for await (const object of found(toAsync(files))) if (object !== undefined) yield object
  }

  /** The names in a folder in the order of their keys: a folder's keys sort as `name/`. */
  async #entries(folder: string, prefix: string): Promise<{ name: string; isFolder: boolean }[]> {
    let entries: Dirent[]
    try {
      entries = await readdir(folder, { withFileTypes: true })
    } catch (error) {
      await this.#absent(error, prefix)
      return []
    }
    const named = await Promise.all(
      entries
        .filter(({ name }) => isKeyName(name))
        .map(async (entry) => ({ name: entry.name, isFolder: await this.#isFolder(folder, entry) })),
    )
    const sortKey = (entry: { name: string; isFolder: boolean }) => (entry.isFolder ? `${entry.name}/` : entry.name)
    return named.toSorted((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1))
  }

  async #isFolder(folder: string, entry: Dirent): Promise<boolean> {
    return entry.isSymbolicLink() ? (await stat(join(folder, entry.name))).isDirectory() : entry.isDirectory()
  }

  /** Turns "no such file" into `undefined`, if it is the file that is missing and not the whole storage. */
  async #absent(error: unknown, key = ''): Promise<undefined> {
    if (systemCode(error) !== 'ENOENT') throw folderError(error, this.name, key)
    await this.#checkRoot()
    return undefined
  }

  async #checkRoot(): Promise<void> {
    const found = await stat(this.#root, { bigint: true }).catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined
      throw folderError(error, this.name, '')
    })
    if (found?.dev !== this.#identity.dev || found.ino !== this.#identity.ino)
      throw fail('storage.gone', { storage: this.name })
  }

  async #call<T>(key: string, signal: AbortSignal | undefined, work: (path: string) => Promise<T>): Promise<T> {
    const path = join(this.#root, ...namesOf(key))
    if (this.#closed) throw fail('storage.closed', { storage: this.name })
    using _file = await this.#calls.acquire(signal)
    try {
      return await work(path)
    } catch (error) {
      throw folderError(error, this.name, key)
    }
  }
}

async function* toAsync<T>(items: Iterable<T>): AsyncIterable<T> {
  yield* items
}
