import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { seededRandom } from '@vmkeep/kit'
import { fakeClock } from '@vmkeep/kit/testing'
import { memoryStorage } from '@vmkeep/repository'
import type { Core } from '../../../packages/repository/src/core.ts'
import { encodeRoot, type RunNames, rootBytesMax } from '../../../packages/repository/src/formats/index-root.ts'
import { rootKey, segmentFileName } from '../../../packages/repository/src/formats/object-names.ts'
import { FolderIndexCache } from '../../../packages/repository/src/index/folder-index-cache.ts'
import { IndexStore } from '../../../packages/repository/src/index/index-store.ts'
import type { EntryCursor } from '../../../packages/repository/src/index/run.ts'
import { writeRun } from '../../../packages/repository/src/index/write-run.ts'
import { ObjectStore } from '../../../packages/repository/src/storage/object-store.ts'

/** As in packs of 64 MiB with chunks of 256 KiB that do not compress. */
const blobsPerPack = 256
const session = '019b76daa8000102030405060708090a'

/** The id of the i-th of `chunks` chunks: they ascend, and are spread as real ones are. */
export function idOf(i: number, chunks: number, target = new Uint8Array(32)): Uint8Array {
  const view = new DataView(target.buffer)
  view.setUint32(0, Math.floor((i / chunks) * 2 ** 32))
  for (let word = 1; word < 4; word++) view.setUint32(4 * word, mixed(i, word))
  if (chunks > 2 ** 31) throw new RangeError('more would not ascend')
  view.setUint32(4, i) // where the first words are equal
  return target
}

const mixed = (i: number, salt: number) => {
  let x = Math.imul(i ^ (salt * 0x9e37_79b9), 0x85eb_ca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2_ae35)
  return (x ^ (x >>> 16)) >>> 0
}

class SyntheticCursor implements EntryCursor {
  readonly #bytes = new Uint8Array(32)
  readonly #chunks: number
  readonly #step: number
  readonly view = new DataView(this.#bytes.buffer)
  readonly at = 0
  pack = 0
  #i: number

  constructor(chunks: number, step = 1) {
    this.#chunks = chunks
    this.#step = step
    this.#i = -step
  }

  next(): boolean {
    this.#i += this.#step
    if (this.#i >= this.#chunks) return false
    idOf(this.#i, this.#chunks, this.#bytes)
    this.pack = mixed(this.#i, 9) % Math.ceil(this.#chunks / blobsPerPack)
    this.view.setUint32(20, 64 + (this.#i % blobsPerPack) * 262_144, true)
    this.view.setUint32(24, 262_000 + 2 ** 24, true)
    return true
  }
}

/** An index of many chunks whose segments lie in a folder alone: no storage is asked for them. */
export class SyntheticIndex {
  readonly chunks: number
  readonly store: IndexStore
  readonly #folder: string
  readonly #core: Core

  private constructor(folder: string, chunks: number, root?: Uint8Array) {
    this.chunks = chunks
    this.#folder = folder
    this.#core = this.#open(root)
    this.store = this.#core.indexStore
  }

  /** Writes all segments with the code that a compaction uses. */
  static async write(folder: string, chunks: number): Promise<void> {
    const index = new SyntheticIndex(folder, chunks)
    await mkdir(folder, { recursive: true })
    index.#learnPacks()
    await writeFile(rootFileOf(folder), index.#encodeRoot((await index.#writeRun([new SyntheticCursor(chunks)]))!))
  }

  /** Opens what was written, as another process would. */
  static async open(folder: string, chunks: number): Promise<SyntheticIndex> {
    const index = new SyntheticIndex(folder, chunks, await readFile(rootFileOf(folder)))
    await index.store.refresh()
    return index
  }

  /** Merges everything with an eighth more, as compacting the largest tier does. Returns how many entries it wrote. */
  async compact(): Promise<number> {
    const cursors = [...this.store.index.runs.map((run) => run.cursor()), new SyntheticCursor(this.chunks, 8)]
    const names: Uint8Array[] = []
    try {
      return (await this.#writeRun(cursors, (name) => names.push(name)))!.entries
    } finally {
      for (const name of names) await rm(join(this.#folder, segmentFileName(name)), { force: true })
    }
  }

  #learnPacks(): void {
    const { table } = this.store.index
    const random = seededRandom('packs')
    const sha256 = new Uint8Array(32)
    for (let i = 0; i < Math.ceil(this.chunks / blobsPerPack); i++) {
      const about = {
        sizeBytes: 64 * 2 ** 20,
        blobs: blobsPerPack,
        plainBytes: 64 * 2 ** 20,
        kind: 1,
        keyGeneration: 1,
      }
      table.addRow({ name: random.bytes(24), sha256, ...about }, 1_790_000_000)
    }
  }

  #writeRun(
    cursors: readonly EntryCursor[],
    onName: (name: Uint8Array) => void = () => {},
  ): Promise<RunNames | undefined> {
    return writeRun(this.#core, { sessionId: session, cursors, onName, signal: undefined })
  }

  #encodeRoot(run: RunNames): Uint8Array {
    const { repositoryId, roles, random } = this.#core
    const root = { number: 1, atMs: 0, runs: [run], folded: [] }
    const encoded = encodeRoot(repositoryId, root, { controlKey: roles.control, random })
    if (encoded.length > rootBytesMax) throw new RangeError('the root is too large')
    return encoded
  }

  #open(root: Uint8Array | undefined): Core {
    const random = seededRandom(root === undefined ? 'writing' : 'reading')
    const clock = fakeClock()
    const storage = memoryStorage()
    if (root !== undefined) storage.objects.set(rootKey(1), root)
    const putNew = storage.putNew.bind(storage)
    storage.putNew = async (key, ...rest) => (key.startsWith('index/seg/') ? 'created' : await putNew(key, ...rest))
    const objects = new ObjectStore(storage, { clock, random })
    const [repositoryId, index, control] = [new Uint8Array(16), new Uint8Array(32), new Uint8Array(32).fill(1)]
    const cache = new FolderIndexCache({ folder: this.#folder, bytesMax: Infinity, clock, random })
    const indexStore = new IndexStore(objects, { repositoryId, indexKey: index, controlKey: control, cache })
    return { objects, repositoryId, roles: { index, control }, random, clock, indexStore } as unknown as Core
  }
}

const rootFileOf = (folder: string) => `${folder}.root`
