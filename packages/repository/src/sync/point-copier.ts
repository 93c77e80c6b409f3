import { hasCode } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { defaultDomain } from '../formats/key-ring.ts'
import type { BlobMarks } from '../index/chunk-index.ts'
import { pinForLong } from '../points/pin.ts'
import type { PointManifest, RestorePoint } from '../restore-point.ts'
import { verifyRepository } from '../verify/verify.ts'
import { checkCopy } from './check-copy.ts'
import { changedBytes, copyAnew, type CopiedPoint } from './copy-anew.ts'
import { copyVerbatim, verbatimBytes } from './copy-verbatim.ts'
import { hasCopy, identityOf, mapsOf, originOf, type PointMaps } from './known-points.ts'
import { SharedGenerations } from './shared-generations.ts'
import type { CopyWork } from './sync-ends.ts'

const attemptsMax = 3
/** What a collection does to a session that was silent for long, or to what it was compared with. */
const givenUp = [
  'repository.session-fenced',
  'repository.name-vanished',
  'repository.dependency-lost',
  'repository.point-buried',
] as const

type CopierWork = Omit<CopyWork, 'onStored' | 'generations'>

export interface CopierOptions {
  /** One of the two is open with keys of maintenance only. */
  readonly keyless: boolean
  readonly verbatim: boolean
  /** A point may have a copy already that was forgotten. */
  readonly again: boolean
  readonly verifiedOnly: boolean
  /** Points of the target that may be compared with. */
  readonly standing: readonly PointMaps[]
  /** Points of the source whose copies are among them. */
  readonly copied: readonly CopiedPoint[]
}

/** Copies points one after the other. What was copied is what the next ones are compared with. */
export class PointCopier implements Disposable {
  readonly #work: CopierWork
  readonly #options: CopierOptions
  readonly #counted: BlobMarks
  #standing: readonly PointMaps[]
  #copied: readonly CopiedPoint[]

  constructor(work: CopierWork, options: CopierOptions) {
    this.#work = work
    this.#options = options
    this.#counted = work.from.core.indexStore.index.marks()
    this.#standing = options.standing
    this.#copied = options.copied
  }

  /** About how many sealed bytes a copy would bring, beyond what earlier ones brought. */
  async plan(point: RestorePoint): Promise<number> {
    const { domain } = point
    if (this.#options.keyless && domain !== undefined)
      throw fail('repository.domain-unseen', { point: point.id, domain })
    const isCounted = (id: Uint8Array) => this.#counted.add(id) === 'known'
    return this.#options.verbatim
      ? await verbatimBytes(this.#work, point, { candidates: this.#standing, isCounted })
      : await changedBytes(this.#work, point, { candidates: this.#copied, isCounted })
  }

  /** As `plan`, for progress only: the copy itself tells what is wrong, with all it needs held. */
  async estimate(point: RestorePoint): Promise<number> {
    try {
      return await this.plan(point)
    } catch (error) {
      if (!hasCode(error, 'repository.copy-damaged')) throw error
      return 0
    }
  }

  /** For a look ahead: as if it had been copied. */
  pretend(point: RestorePoint): void {
    this.#learn(point, point)
  }

  /**
   * Returns the copy, or `undefined` if somebody else has copied the point meanwhile. `onStored` hears of sealed bytes as they come.
   *
   * @throws `repository.copy-damaged`, and whatever is wrong with the target
   */
  async copy(point: RestorePoint, onStored: CopyWork['onStored']): Promise<RestorePoint | undefined> {
    await using _held = await this.#hold(point)
    if (this.#options.verifiedOnly) await this.#verify(point)
    for (let attempt = 1; ; attempt++)
      try {
        return await this.#attempt(point, { ...this.#work, onStored, generations: this.#generations() })
      } catch (error) {
        this.#work.signal?.throwIfAborted()
        if (attempt === attemptsMax || !hasCode(error, ...givenUp)) throw error
        this.#standing = this.#copied = [] // what it was compared with may have gone
      }
  }

  [Symbol.dispose](): void {
    this.#counted[Symbol.dispose]()
  }

  async #attempt(point: RestorePoint, work: CopyWork): Promise<RestorePoint | undefined> {
    const { from, to, signal } = work
    await using session = await to.begin(Date.parse(point.createdAt), point.domain ?? defaultDomain, signal)
    const changed = this.#options.verbatim
      ? await copyVerbatim(work, session, point, this.#standing)
      : await copyAnew(work, session, point, this.#copied)
    if (!this.#options.again && (await hasCopy(to.core, identityOf(from.core, point), point.id, signal)))
      return undefined
    if (work.generations !== undefined) await work.generations.confirm(signal)
    else if (this.#options.verbatim) await to.learnKeys(signal) // a blob may have been sealed with a new one since
    const manifest = { ...manifestOf(point), ...changed, origin: originOf(from.core, point) }
    const copy = await session.commit(manifest, signal)
    await checkCopy(to, copy, this.#standing, signal)
    this.#learn(point, copy)
    return copy
  }

  /** Anew for each session: while it is open, a target that does not see its data keys retires none. */
  #generations(): SharedGenerations | undefined {
    return this.#options.keyless ? new SharedGenerations(this.#work.from.core, this.#work.to.core) : undefined
  }

  #learn(point: RestorePoint, copy: RestorePoint): void {
    const maps = mapsOf(copy)
    this.#standing = [...this.#standing, maps]
    this.#copied = [...this.#copied, { ...mapsOf(point), copy: maps }]
  }

  async #hold(point: RestorePoint): Promise<AsyncDisposable> {
    const { from, signal } = this.#work
    try {
      return await pinForLong(from.core, point.id, signal)
    } catch (error) {
      if (!hasCode(error, 'repository.point-buried')) throw error
      throw fail('repository.copy-damaged', { point: point.id, reason: 'its data was released meanwhile' }, error)
    }
  }

  async #verify(point: RestorePoint): Promise<void> {
    const { from, signal } = this.#work
    const options = { points: [point.id], ...(signal === undefined ? {} : { signal }) }
    const [damage] = (await verifyRepository(from.core, from.parts, options)).damaged
    if (damage !== undefined) throw fail('repository.copy-damaged', { point: point.id, reason: damage.message })
  }
}

/** What a copy takes over. What keeps a point from being forgotten is left to the target, and decided there. */
const manifestOf = ({ subject, images, blobs, attributes, stats, tags }: RestorePoint): PointManifest => ({
  subject,
  images,
  blobs,
  attributes,
  stats,
  tags,
})
