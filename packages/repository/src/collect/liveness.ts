import { AppError, hasCode } from '@vmkeep/kit'
import type { Core } from '../core.ts'
import { fail } from '../errors.ts'
import { idBytes } from '../formats/blob.ts'
import { fromHex } from '../formats/hex.ts'
import { chunkBitsOf } from '../formats/map-geometry.ts'
import { slotsPerPage } from '../formats/map-page.ts'
import type { BlobMarks } from '../index/chunk-index.ts'
import type { PageCache } from '../map/page-cache.ts'
import { readPoint } from '../points/points.ts'
import { type Fate, fateOf, isBuried } from '../points/trash.ts'
import type { RestorePoint, StoredImage } from '../restore-point.ts'
import { rootOf } from '../sessions/image-plan.ts'
import { isDamage } from '../verify/damage-list.ts'
import { type Holders, readHolders } from './read-holders.ts'

/**
 * Which blobs are needed: by a point that is not buried, or that somebody holds. It only ever grows: what was needed once counts
 * as needed until the end of the collection.
 */
export class Liveness implements Disposable {
  readonly #core: Core
  readonly #pages: PageCache
  readonly #isGivenUp: (fate: Fate | undefined, pointId: string) => boolean
  readonly #marked = new Set<string>()
  readonly #points = new Set<string>()
  readonly marks: BlobMarks

  constructor(
    core: Core,
    pages: PageCache,
    isGivenUp: (fate: Fate | undefined, pointId: string) => boolean = isBuried,
  ) {
    this.#core = core
    this.#pages = pages
    this.#isGivenUp = isGivenUp
    this.marks = core.indexStore.index.marks()
  }

  /** Points met so far that are none but points, and not given up. */
  get points(): readonly string[] {
    return [...this.#points].toSorted()
  }

  isNeeded(id: Uint8Array): boolean {
    return this.marks.has(id)
  }

  /**
   * Looks who holds what, and marks what is new.
   *
   * @throws `repository.collect-unsafe` if what a point needs cannot be told
   */
  async update(signal?: AbortSignal): Promise<Holders> {
    const holders = await readHolders(this.#core, signal)
    await this.#core.indexStore.refresh(signal) // what a point names was named by a delta before
    for (const id of [...holders.points, ...holders.pinned]) {
      const held = !this.#isGivenUp(holders.fates.get(id), id)
      if (!held) this.#points.delete(id)
      if (this.#marked.has(id) || !(held || holders.pinned.has(id))) continue
      if (await this.#markPoint(id, held, signal)) this.#marked.add(id)
    }
    return holders
  }

  [Symbol.dispose](): void {
    this.marks[Symbol.dispose]()
  }

  /** False if the point was let go meanwhile. */
  async #markPoint(id: string, held: boolean, signal: AbortSignal | undefined): Promise<boolean> {
    const point = await readPoint(this.#core, id, signal)
    if (point === undefined) return true // a fence
    if (point.damaged !== undefined) throw unsafe(id, point.damaged)
    if (held) this.#points.add(id)
    try {
      for (const { image } of point.images) await this.#markImage(image, signal)
      this.#markFiles(point)
      return true
    } catch (error) {
      signal?.throwIfAborted()
      if (await this.#isLetGo(id, error, signal)) return false
      throw isDamage(error) && !isPassing(error) ? unsafe(id, error) : error
    }
  }

  /**
   * Whether something is missing because another collection has buried the point since we looked, and removed what it held. Whoever
   * pins such a point finds it buried: the pin holds nothing.
   */
  async #isLetGo(id: string, error: unknown, signal: AbortSignal | undefined): Promise<boolean> {
    if (!hasCode(error, 'repository.pack-missing', 'repository.chunk-missing')) return false
    if (!isBuried(await fateOf(this.#core, id, signal))) return false
    this.#points.delete(id)
    return true
  }

  async #markImage(image: StoredImage, signal: AbortSignal | undefined): Promise<void> {
    const { root, height } = rootOf(image)
    if (root !== null) await this.#markPage(root, height - 1, chunkBitsOf(image.chunkSizeBytes), signal)
  }

  async #markPage(id: Uint8Array, level: number, chunkBits: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.marks.has(id)) return
    const page = await this.#pages.read(id, level, chunkBits, signal)
    for (let slot = 0; slot < slotsPerPage; slot++) {
      const below = page.get(slot)
      if (below === null) continue
      if (level === 0) this.marks.add(below)
      else await this.#markPage(below, level - 1, chunkBits, signal)
    }
    this.marks.add(id) // only when all below is marked
  }

  #markFiles({ blobs }: RestorePoint): void {
    for (const id of Object.values(blobs)) this.marks.add(fromHex(id, idBytes)!)
  }
}

const isPassing = (error: unknown) => error instanceof AppError && error.remedy === 'retry'

const unsafe = (point: string, error: unknown) =>
  fail('repository.collect-unsafe', { point, reason: (error as Error).message }, error)
