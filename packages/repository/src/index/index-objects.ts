import { FormatError } from '@vmkeep/kit'
import { blockBytes, checkBlocked, indexKind, isWhole, openBlocked } from '../formats/index-blocks.ts'
import { decodeRoot, type IndexRoot, rootBytesMax } from '../formats/index-root.ts'
import { rootKey, rootNumberOf, rootsPrefix, segmentFileName, segmentKey } from '../formats/object-names.ts'
import { checkPackRowsFooter, type DatedPackRow, decodePackRows, packTableBytesMax } from '../formats/pack-rows.ts'
import { checkSegmentFooter, segmentBytesMax } from '../formats/segment.ts'
import type { ObjectStore } from '../storage/object-store.ts'
import { BlockCache } from './block-cache.ts'
import type { IndexCache, IndexFile } from './index-cache.ts'
import type { OpenSegment } from './run.ts'

export interface IndexObjectsOptions {
  readonly objects: ObjectStore
  readonly repositoryId: Uint8Array
  readonly indexKey: Uint8Array
  readonly controlKey: Uint8Array
  readonly cache: IndexCache
  /** What the blocks that were read last may take. */
  readonly blockBytesMax: number
}

/** The rows of a pack table, to be gone through once. */
export interface PackRows {
  readonly count: number
  readonly rows: Iterable<DatedPackRow>
}

/** Fetches what the index is made of, checks it, and keeps copies of it on this machine. */
export class IndexObjects {
  readonly cache: IndexCache
  readonly #options: IndexObjectsOptions
  readonly #segments = new Map<string, OpenSegment>()
  #blocks: BlockCache | undefined
  #numbers = 0

  constructor(options: IndexObjectsOptions) {
    this.#options = options
    this.cache = options.cache
  }

  get blocks(): BlockCache {
    const { cache, blockBytesMax } = this.#options
    return (this.#blocks ??= new BlockCache(blockBytesMax, (name) => cache.remove(name)))
  }

  /** The number of the newest root, 0 if there is none. */
  async newestRoot(signal?: AbortSignal): Promise<number> {
    return Math.max(0, ...(await this.rootNumbers(signal)))
  }

  async rootNumbers(signal?: AbortSignal): Promise<number[]> {
    const numbers: number[] = []
    for await (const { key } of this.#options.objects.list(rootsPrefix, signal)) {
      const number = rootNumberOf(key)
      if (number !== undefined) numbers.push(number)
    }
    return numbers
  }

  /** `undefined` if it is not there. @throws FormatError */
  async readRoot(number: number, signal?: AbortSignal): Promise<IndexRoot | undefined> {
    const { objects, repositoryId, controlKey } = this.#options
    return await twice(async () => {
      const source = await objects.get(rootKey(number), rootBytesMax, signal)
      return source && decodeRoot(source, { repositoryId, number }, controlKey)
    })
  }

  /** `undefined` if it is not there. @throws FormatError */
  async openSegment(name: Uint8Array, signal?: AbortSignal): Promise<OpenSegment | undefined> {
    const fileName = segmentFileName(name)
    const known = this.#segments.get(fileName)
    if (known !== undefined) return known
    const file = this.#keptSegment(name, fileName) ?? (await this.#fetch(name, indexKind.segment, signal))
    if (file === undefined) return undefined
    const footer = this.#footerOf(indexKind.segment, name, file)
    checkSegmentFooter(footer)
    const segment = { number: this.#numbers++, name: fileName, file, entries: footer.items }
    this.#segments.set(fileName, segment)
    return segment
  }

  /** `undefined` if it is not there. @throws FormatError */
  async readPackTable(name: Uint8Array, signal?: AbortSignal): Promise<PackRows | undefined> {
    const kept = this.#keptPackTable(name)
    if (kept !== undefined) return kept
    const file = await this.#fetch(name, indexKind.packTable, signal)
    return file && this.#rowsOf(name, file)
  }

  /** Keeps a copy of an object that this process has just stored. */
  async keep(name: Uint8Array, pieces: readonly Uint8Array[]): Promise<void> {
    await this.cache.add(segmentFileName(name), pieces)
  }

  /** Says what the index is made of now. */
  async expect(names: readonly Uint8Array[], totalBytes: number): Promise<void> {
    const expected = new Set(names.map(segmentFileName))
    for (const name of this.#segments.keys()) if (!expected.has(name)) this.#segments.delete(name)
    await this.cache.expect(expected, totalBytes)
  }

  #keptSegment(name: Uint8Array, fileName: string): IndexFile | undefined {
    return this.#kept(fileName, (file) => {
      checkSegmentFooter(this.#footerOf(indexKind.segment, name, file))
      return file
    })
  }

  #keptPackTable(name: Uint8Array): PackRows | undefined {
    return this.#kept(segmentFileName(name), (file) => this.#rowsOf(name, file))
  }

  /** A copy that can be used; one that cannot goes. */
  #kept<T>(fileName: string, use: (file: IndexFile) => T): T | undefined {
    const file = this.cache.open(fileName)
    try {
      return file && use(file)
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      this.cache.remove(fileName)
      return undefined
    }
  }

  /** A row that is impossible is found when it is met: then it was written so, since every block is whole. */
  #rowsOf(name: Uint8Array, file: IndexFile): PackRows {
    const footer = this.#footerOf(indexKind.packTable, name, file)
    checkPackRowsFooter(footer)
    const source = new Uint8Array(file.sizeBytes)
    file.read(0, source)
    for (let at = 0; at < source.length; at += blockBytes)
      if (!isWhole(source.subarray(at, at + blockBytes)))
        throw new FormatError(`the checksum of block ${at / blockBytes} is wrong`)
    return { count: footer.items, rows: decodePackRows(source, footer.items) }
  }

  #footerOf(kind: Parameters<typeof openBlocked>[0], name: Uint8Array, file: IndexFile) {
    const { repositoryId } = this.#options
    return openBlocked(kind, file.sizeBytes, { repositoryId, name }, (block) => {
      const bytes = new Uint8Array(blockBytes)
      file.read(block * blockBytes, bytes)
      return bytes
    })
  }

  /** Fetches an object whole. */
  async #fetch(
    name: Uint8Array,
    kind: Parameters<typeof openBlocked>[0],
    signal: AbortSignal | undefined,
  ): Promise<IndexFile | undefined> {
    const { objects, repositoryId, indexKey } = this.#options
    const bytesMax = kind === indexKind.segment ? segmentBytesMax : packTableBytesMax
    return await twice(async () => {
      const source = await objects.get(segmentKey(name), bytesMax, signal)
      if (source === undefined) return undefined
      checkBlocked(kind, source, { repositoryId, name }, indexKey)
      return await this.cache.add(segmentFileName(name), [source])
    })
  }
}

/** What is wrong once is read again: a bit may have flipped on the way. */
async function twice<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    return await read()
  }
}
