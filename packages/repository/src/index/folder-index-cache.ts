import { closeSync, fstatSync, openSync, readSync, unlinkSync } from 'node:fs'
import { link, mkdir, readdir, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock, Random } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { toHex } from '../formats/hex.ts'
import { writeDurably } from '../storage/durable-file.ts'
import { systemCode } from '../storage/folder-errors.ts'
import { type IndexCache, type IndexFile, inMemory } from './index-cache.ts'

/** Descriptors kept open: a file beyond them is opened again when it is asked. */
const filesOpenMax = 256
/** Another process may still look into what no root names any more. */
const staleMs = 24 * 60 * 60_000
/** What is kept in memory when the folder takes nothing, before that is an error. */
const memoryBytesMax = 64 * 2 ** 20

export interface FolderCacheOptions {
  readonly folder: string
  readonly bytesMax: number
  readonly clock: Clock
  readonly random: Random
}

/** Copies in a folder that processes of a user share. A copy appears whole or not at all. */
export class FolderIndexCache implements IndexCache {
  readonly #options: FolderCacheOptions
  /** Open descriptors, the longest unused first. */
  readonly #open = new Map<string, number>()
  readonly #inMemory = new Map<string, Uint8Array>()
  #memoryBytes = 0

  constructor(options: FolderCacheOptions) {
    this.#options = options
  }

  open(name: string): IndexFile | undefined {
    const kept = this.#inMemory.get(name)
    if (kept !== undefined) return inMemory(kept)
    try {
      const sizeBytes = fstatSync(this.#descriptor(name)).size
      return { sizeBytes, read: (offsetBytes, target) => this.#read(name, offsetBytes, target) }
    } catch (error) {
      if (systemCode(error) === undefined) throw error
      return undefined // it is not there, or of no use: it is fetched again
    }
  }

  async add(name: string, pieces: readonly Uint8Array[]): Promise<IndexFile> {
    const { folder, random } = this.#options
    const temp = join(folder, `.tmp-${toHex(random.bytes(8))}`)
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await writeDurably(temp, pieces, 0o600)
      await link(temp, join(folder, name)).catch(unlessThere)
    } catch (error) {
      if (systemCode(error) === undefined) throw error
      this.#keep(name, Buffer.concat(pieces), error)
    } finally {
      await unlink(temp).catch(() => {}) // a name nobody asks for
    }
    const file = this.open(name)
    if (file === undefined) throw fail('repository.index-cache-full', { folder, reason: `${name} vanished` })
    return file
  }

  remove(name: string): void {
    this.#close(name)
    try {
      unlinkSync(join(this.#options.folder, name))
    } catch (error) {
      if (systemCode(error) === undefined) throw error
    }
  }

  async expect(names: ReadonlySet<string>, totalBytes: number): Promise<void> {
    const { folder, bytesMax, clock } = this.#options
    if (totalBytes > bytesMax)
      throw fail('repository.index-cache-too-small', { folder, neededBytes: totalBytes, bytesMax })
    for (const name of await readdir(folder).catch(() => [])) {
      if (names.has(name)) continue
      const found = await stat(join(folder, name)).catch(() => undefined)
      if (found !== undefined && clock.nowMs() - found.mtimeMs > staleMs) this.remove(name)
    }
  }

  async sizeBytes(): Promise<number> {
    let sum = this.#memoryBytes
    for (const name of await readdir(this.#options.folder).catch(() => []))
      sum += (await stat(join(this.#options.folder, name)).catch(() => ({ size: 0 }))).size
    return sum
  }

  /** The folder is full or closed to us: a small index does not need it. */
  #keep(name: string, bytes: Uint8Array, error: unknown): void {
    this.#memoryBytes += bytes.length
    if (this.#memoryBytes > memoryBytesMax)
      throw fail(
        'repository.index-cache-full',
        { folder: this.#options.folder, reason: (error as Error).message },
        error,
      )
    this.#inMemory.set(name, bytes)
  }

  #read(name: string, offsetBytes: number, target: Uint8Array): void {
    const file = this.#descriptor(name)
    for (let done = 0; done < target.length;) {
      const bytes = readSync(file, target, done, target.length - done, offsetBytes + done)
      if (bytes === 0) return void target.fill(0, done) // its checksum says so
      done += bytes
    }
  }

  #descriptor(name: string): number {
    const known = this.#open.get(name)
    const file = known ?? openSync(join(this.#options.folder, name), 'r')
    this.#open.delete(name)
    this.#open.set(name, file)
    if (known === undefined && this.#open.size > filesOpenMax) this.#close(this.#open.keys().next().value!)
    return file
  }

  #close(name: string): void {
    const file = this.#open.get(name)
    this.#open.delete(name)
    if (file !== undefined) closeSync(file)
  }
}

function unlessThere(error: unknown): void {
  if (systemCode(error) !== 'EEXIST') throw error
}
