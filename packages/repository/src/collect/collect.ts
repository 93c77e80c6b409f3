import { hasCode } from '@vmkeep/kit'
import { type Core, nowMs } from '../core.ts'
import { fail } from '../errors.ts'
import { condemnedPacksMax } from '../formats/condemned-packs.ts'
import { unknownFeatures } from '../formats/features.ts'
import type { LostCopy } from '../formats/lost-copies.ts'
import { packKey, packNameOf } from '../formats/object-names.ts'
import { PackLocks } from '../lock/pack-locks.ts'
import { removeRecords } from '../lock/remove-records.ts'
import type { PageCache } from '../map/page-cache.ts'
import type { BlobReader } from '../packs/blob-reader.ts'
import type { PackStore } from '../packs/pack-store.ts'
import { removeOrphanParity } from '../parity/pack-parity.ts'
import { isBuried } from '../points/trash.ts'
import type { CollectOptions, CollectPhase, CollectReport, WaitingFor } from '../repository.ts'
import { asSession } from '../sessions/as-session.ts'
import { removeOldProofs } from '../verify/proofs.ts'
import { checkedHolders, type Sight } from './checked-holders.ts'
import { deleteDoomed } from './delete-doomed.ts'
import { ExpiredPoints } from './expired-points.ts'
import { Liveness } from './liveness.ts'
import { planMoves } from './plan-moves.ts'
import type { PartlyNeeded } from './plan-repack.ts'
import { publishPacks } from './publish-packs.ts'
import { removeLeftovers } from './read-holders.ts'
import { repack } from './repack.ts'
import { SafeCopies } from './safe-copies.ts'
import { Stock } from './stock.ts'
import { survey } from './survey.ts'
import { waitForSessions } from './wait-for-sessions.ts'

const silentMsDefault = 30 * 60_000

export interface CollectParts {
  readonly packs: PackStore
  readonly reader: BlobReader
  readonly pages: PageCache
}

/** One collection: docs/formats/repository.md §9.2 is the protocol it follows. */
export async function collectGarbage(core: Core, parts: CollectParts, options: CollectOptions): Promise<CollectReport> {
  const features = unknownFeatures(core.gcFeatures)
  const storage = core.objects.storage.name
  if (features.length > 0) throw fail('repository.feature-unknown', { storage, features, needs: 'a later version' })
  if ((options.renewKeysBytesMax ?? 0) > 0) core.ring.requireDataKeys()
  using collection = new Collection(core, parts, options)
  return options.dryRun === true ? await collection.look() : await collection.run()
}

/** The order of its steps counts: what each must see, and what others must see before the next, is in §9.2. */
class Collection implements Disposable {
  readonly #core: Core
  readonly #parts: CollectParts
  readonly #options: CollectOptions
  readonly #sight: Sight
  readonly #safe: SafeCopies
  readonly #locks: PackLocks
  readonly #expired: ExpiredPoints
  readonly #fenced: string[] = []
  #waitingFor: readonly WaitingFor[] = []
  #counts = { pointsBuried: 0, packsExamined: 0, packsDeleted: 0, bytesFreed: 0, packsRepacked: 0, bytesCopied: 0 }
  #repackStopped = false

  constructor(core: Core, parts: CollectParts, options: CollectOptions) {
    this.#core = core
    this.#parts = parts
    this.#options = options
    this.#expired = new ExpiredPoints(core, options.graceMs)
    const liveness = new Liveness(
      core,
      parts.pages,
      (fate, id) => isBuried(fate) || (options.dryRun === true && this.#expired.has(id, fate)),
    )
    this.#sight = { stock: new Stock(core), liveness }
    this.#safe = new SafeCopies(core, parts.reader, liveness)
    this.#locks = new PackLocks(core)
  }

  get #signal(): AbortSignal | undefined {
    return this.#options.signal
  }

  [Symbol.dispose](): void {
    this.#sight.liveness[Symbol.dispose]()
  }

  /** Says what would go, and leaves everything as it is. */
  async look(): Promise<CollectReport> {
    const { stock } = this.#sight
    await this.#core.condemned.refresh(this.#signal)
    await this.#expired.findLocked(this.#signal)
    const { dead, moving } = await this.#plan()
    const sizes = [...dead, ...stock.doomed()].map((name) => stock.sizeOf(name))
    this.#counts.packsDeleted = sizes.length + moving.length
    this.#counts.packsRepacked = moving.length
    this.#counts.bytesCopied = moving.reduce((sum, { neededBytes }) => sum + neededBytes, 0)
    const movedFree = moving.reduce((sum, { sizeBytes, neededBytes }) => sum + sizeBytes - neededBytes, 0)
    this.#counts.bytesFreed = sizes.reduce((sum, size) => sum + size, movedFree)
    return this.#report('dry-run')
  }

  async run(): Promise<CollectReport> {
    await this.#keepReserve()
    await this.#core.condemned.refresh(this.#signal)
    this.#counts.pointsBuried = await this.#expired.bury(this.#signal)
    await removeLeftovers(this.#core, this.#signal)
    await this.#core.ring.refresh(this.#signal)
    await this.#core.ring.removeOld(this.#signal)
    await this.#sight.stock.take(this.#signal)
    if (!(await this.#condemnAll())) return this.#report('waiting')
    await this.#delete()
    await this.#keepReserve()
    await this.#tidy()
    await this.#compactIndex()
    return this.#report('done')
  }

  /** Brings lists to their finals, those that others left first. False if they must be waited for longer. */
  async #condemnAll(): Promise<boolean> {
    for (const list of this.#core.condemned.unfinished) if (!(await this.#finish(list))) return false
    for (;;) {
      const list = await this.#condemn()
      if (list === undefined) continue // another collector was faster: everything is to be looked at anew
      if (list.packs.length > 0) return await this.#finish(list)
      if (!(await this.#giveUpDead())) return true // else what they left can go now
    }
  }

  /** Where nothing is condemned nobody waits for sessions: what one left that died would be spared for its sake, and stay. */
  async #giveUpDead(): Promise<boolean> {
    const atOnce = { silentMs: Infinity, waitMsMax: 0, onWait: () => {}, signal: this.#signal }
    const { fenced } = await waitForSessions(this.#core, Infinity, atOnce)
    this.#fenced.push(...fenced)
    return fenced.length > 0
  }

  /** Finds what is dead, copies what is needed out of packs that mostly are, and publishes the list. `undefined`: somebody else did. */
  async #condemn(): Promise<{ number: number; packs: readonly Uint8Array[] } | undefined> {
    const { condemned } = this.#core
    await condemned.refresh(this.#signal)
    const number = condemned.known + 1
    const { dead, moving } = await this.#plan()
    const moved = await this.#repack(moving)
    const packs = await this.#thatMayGo([...dead, ...moved].slice(0, condemnedPacksMax))
    if (packs.length === 0) return { number, packs }
    const published = await this.#publish('list', number, packs, [])
    return published === 'ours' ? { number, packs } : undefined
  }

  /** What may go at once, and what is to be copied out of. */
  async #plan(): Promise<{ dead: Uint8Array[]; moving: PartlyNeeded<number>[] }> {
    const { stock } = this.#sight
    await stock.take(this.#signal)
    this.#tell('mark', 0, this.#core.indexStore.index.table.count)
    const { dead: unneeded, partly, packsExamined } = await survey(this.#core, this.#sight, this.#signal)
    this.#counts.packsExamined += packsExamined
    const dead = await this.#locks.unlockedOf(unneeded, (name) => stock.sizeOf(name), this.#signal)
    const moving = await planMoves(this.#core, { partly, dead }, this.#locks, this.#options)
    return { dead, moving }
  }

  async #repack(moving: readonly PartlyNeeded<number>[]): Promise<Uint8Array[]> {
    if (moving.length === 0) return []
    if ((await this.#core.objects.storage.reserve?.isKept()) === false) {
      this.#repackStopped = true // what room there is, is for what frees more
      return []
    }
    try {
      const moved = await this.#copyOutOf(moving)
      this.#repackStopped ||= moved.length < moving.length
      this.#counts.packsRepacked += moved.length
      return moved.map(({ name }) => name)
    } catch (error) {
      if (!hasCode(error, 'storage.full')) throw error
      this.#repackStopped = true // there is nothing left but to delete
      return []
    }
  }

  #copyOutOf(moving: readonly PartlyNeeded<number>[]) {
    let done = 0
    const packs = moving.map(({ pack }) => this.#core.indexStore.index.table.at(pack))
    return repack(this.#core, packs, {
      ...this.#parts,
      renewKeys: (this.#options.renewKeysBytesMax ?? 0) > 0,
      safe: this.#safe,
      liveness: this.#sight.liveness,
      onCopied: (blobs) => {
        for (const { entry } of blobs) this.#counts.bytesCopied += entry.storedBytes
        for (const blob of blobs) this.#safe.remember(blob.pack, blob.entry)
        this.#tell('repack', ++done, moving.length)
      },
      signal: this.#signal,
    })
  }

  /**
   * Brings a published list to its final: waits for whoever may not know it, looks again, and takes back what is needed.
   * False if it must be waited for longer.
   */
  async #finish({ number, packs }: { number: number; packs: readonly Uint8Array[] }): Promise<boolean> {
    const { silentMs = silentMsDefault, waitMsMax = Infinity } = this.#options
    const onWait = (done: number, total: number) => this.#tell('wait', done, total)
    await this.#settle() // who does not see the list by now is seen by us
    const waited = await waitForSessions(this.#core, number, { silentMs, waitMsMax, onWait, signal: this.#signal })
    this.#fenced.push(...waited.fenced)
    this.#waitingFor = waited.waitingFor
    if (waited.waitingFor.length > 0) return false
    await this.#settle() // what those committed who have ended
    await checkedHolders(this.#core, this.#sight, this.#signal)
    await this.#sight.stock.take(this.#signal)
    await this.#core.condemned.refresh(this.#signal) // last: what is condemned by now is no safe copy
    const locked = await this.#locks.lockedOf(packs, this.#signal, { again: true })
    const final = await this.#thatMayGo(packs.filter((name) => !locked.has(packKey(name))))
    await this.#publish('final', number, final, this.#sight.liveness.points)
    return true
  }

  #publish(part: 'list' | 'final', number: number, packs: Uint8Array[], points: readonly string[]) {
    return publishPacks(this.#core, { part, number, atMs: nowMs(this.#core), packs, points })
  }

  #thatMayGo(packs: readonly Uint8Array[]): Promise<Uint8Array[]> {
    return this.#safe.thatMayGo(packs, (done) => this.#tell('check', done, packs.length), this.#signal)
  }

  /** Waits until every machine sees what any has put or removed so far. */
  async #settle(): Promise<void> {
    const { settleMs = 0 } = this.#core.objects.storage
    if (settleMs === 0) return
    this.#tell('settle', 0, settleMs)
    await this.#core.clock.sleep(settleMs, this.#signal)
  }

  async #keepReserve(): Promise<void> {
    await this.#core.objects.storage.reserve?.restore().catch((error: unknown) => {
      if (!hasCode(error, 'storage.full', 'storage.no-permission')) throw error // then the next collection keeps some
    })
  }

  async #delete(): Promise<void> {
    const { stock } = this.#sight
    const onDeleted = (name: Uint8Array) => {
      this.#counts.packsDeleted++
      this.#counts.bytesFreed += stock.sizeOf(name)
    }
    const onProgress = (done: number, total: number) => this.#tell('delete', done, total)
    await deleteDoomed(this.#core, stock, { onDeleted, onProgress, signal: this.#signal })
  }

  /** What is said of packs and points that have gone is nobody's concern. */
  async #tidy(): Promise<void> {
    const { stock, liveness } = this.#sight
    const { condemned, lost } = this.#core
    const isOpen = ({ packName }: LostCopy) => !condemned.isDoomed(packName) && stock.isKnown(packName)
    await lost.close(this.#core, isOpen, this.#signal)
    await removeOrphanParity(this.#core, (key) => stock.stays(packNameOf(key)!), this.#signal)
    const standing = new Set(liveness.points)
    await removeRecords(this.#core, standing, this.#signal)
    await removeOldProofs(this.#core, standing, this.#signal)
  }

  /** Last of all, when nothing is marked any more. */
  async #compactIndex(): Promise<void> {
    const { compactor, indexStore } = this.#core
    this.#sight.liveness[Symbol.dispose]()
    this.#tell('index', 0, indexStore.deltas.size)
    if (compactor.isDue)
      await asSession(this.#core, 'compacting', (session) => compactor.foldMany(session, this.#signal), this.#signal)
    await compactor.sweep(this.#signal)
  }

  #tell(phase: CollectPhase, done: number, total: number): void {
    this.#options.onProgress?.({ phase, done, total })
  }

  #report(outcome: CollectReport['outcome']): CollectReport {
    return {
      outcome,
      pointsLive: this.#sight.liveness.points.length,
      ...this.#counts,
      repackStopped: this.#repackStopped,
      sessionsFenced: this.#fenced,
      waitingFor: this.#waitingFor,
      ...this.#locks.report(),
    }
  }
}
