import { FormatError, hasCode } from '@vmkeep/kit'
import { type Core, nowMs } from '../core.ts'
import { fail } from '../errors.ts'
import {
  type CondemnedPacks,
  condemnedBytesMax,
  condemnedPacksMax,
  decodeCondemnedPacks,
  encodeCondemnedPacks,
} from '../formats/condemned-packs.ts'
import { unknownFeatures } from '../formats/features.ts'
import { toHex } from '../formats/hex.ts'
import type { LostCopy } from '../formats/lost-copies.ts'
import { condemnedFinalKey, condemnedListKey, packKey, packNameOf } from '../formats/object-names.ts'
import { packFrameBytesOf } from '../formats/pack.ts'
import type { PackTable } from '../index/pack-table.ts'
import { PackLocks } from '../lock/pack-locks.ts'
import { removeRecords } from '../lock/remove-records.ts'
import { removeOldProofs } from '../verify/proofs.ts'
import type { PageCache } from '../map/page-cache.ts'
import type { BlobReader } from '../packs/blob-reader.ts'
import { removeOrphanParity } from '../parity/pack-parity.ts'
import type { PackStore } from '../packs/pack-store.ts'
import { readPoint } from '../points/points.ts'
import { appendFate, type Fate, isBuried, readFates } from '../points/trash.ts'
import type { CollectOptions, CollectPhase, CollectReport, WaitingFor } from '../repository.ts'
import { asSession } from '../sessions/as-session.ts'
import { createOnce } from '../storage/create-once.ts'
import { newestOf } from '../workers/seal-blob.ts'
import { Liveness } from './liveness.ts'
import { planRenewal } from './plan-renewal.ts'
import { type PartlyNeeded, planRepack } from './plan-repack.ts'
import { type Holders, removeLeftovers } from './read-holders.ts'
import { repack } from './repack.ts'
import { SafeCopies } from './safe-copies.ts'
import { waitForSessions } from './wait-for-sessions.ts'

const graceMsDefault = 7 * 24 * 60 * 60_000
const silentMsDefault = 30 * 60_000
const deadShareMaxDefault = 0.2
const deletesAtOnce = 1000

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

class Collection implements Disposable {
  readonly #core: Core
  readonly #parts: CollectParts
  readonly #options: CollectOptions
  readonly #liveness: Liveness
  readonly #safe: SafeCopies
  /** Packs that are there and that nothing can be said about: key → size. Of the others the pack table knows. */
  readonly #strays = new Map<string, number>()
  /**
   * What was there when it last took stock, by ordinal. Marking may look anew, and then finds packs of sessions that began after sessions
   * were looked at: those are not looked at here.
   */
  #stock: Uint32Array = new Uint32Array()
  readonly #locks: PackLocks
  /** Forgotten points whose time of grace is over and whose lock is not. */
  #lockedPoints: ReadonlySet<string> = new Set()
  readonly #fenced: string[] = []
  #waitingFor: readonly WaitingFor[] = []
  #counts = { pointsBuried: 0, packsExamined: 0, packsDeleted: 0, bytesFreed: 0, packsRepacked: 0, bytesCopied: 0 }
  #repackStopped = false

  constructor(core: Core, parts: CollectParts, options: CollectOptions) {
    this.#core = core
    this.#parts = parts
    this.#options = options
    const isGivenUp = (fate: Fate | undefined, id: string) =>
      isBuried(fate) || (options.dryRun === true && this.#isExpired(fate) && !this.#lockedPoints.has(id))
    this.#locks = new PackLocks(core)
    this.#liveness = new Liveness(core, parts.pages, isGivenUp)
    this.#safe = new SafeCopies(core, parts.reader, this.#liveness)
  }

  get #signal(): AbortSignal | undefined {
    return this.#options.signal
  }

  [Symbol.dispose](): void {
    this.#liveness[Symbol.dispose]()
  }

  /** Says what would go, and leaves everything as it is. */
  async look(): Promise<CollectReport> {
    await this.#core.condemned.refresh(this.#signal)
    await this.#findLockedPoints()
    const { dead: unneeded, partly } = await this.#survey()
    const dead = await this.#locks.unlockedOf(unneeded, (name) => this.#sizeOf(name), this.#signal)
    const moving = await this.#planUnlocked(partly, dead)
    const sizes = [...dead.map((name) => this.#sizeOf(name)), ...this.#doomed().map((name) => this.#sizeOf(name))]
    this.#counts.packsDeleted = sizes.length + moving.length
    this.#counts.packsRepacked = moving.length
    this.#counts.bytesCopied = moving.reduce((sum, { neededBytes }) => sum + neededBytes, 0)
    const movedFree = moving.reduce((sum, { sizeBytes, neededBytes }) => sum + sizeBytes - neededBytes, 0)
    this.#counts.bytesFreed = sizes.reduce((sum, size) => sum + size, movedFree)
    return this.#report('dry-run')
  }

  async run(): Promise<CollectReport> {
    const { condemned } = this.#core
    await this.#keepReserve()
    await condemned.refresh(this.#signal)
    await this.#buryExpired()
    await removeLeftovers(this.#core, this.#signal)
    await this.#core.ring.refresh(this.#signal)
    await this.#core.ring.removeOld(this.#signal)
    await this.#takeStock()
    for (const list of condemned.unfinished) if (!(await this.#finish(list))) return this.#report('waiting')
    for (;;) {
      const list = await this.#condemn()
      if (list === undefined) continue // another collector was faster: everything is to be looked at anew
      if (list.packs.length === 0 && (await this.#giveUpDead())) continue // what they left can go now
      if (list.packs.length > 0 && !(await this.#finish(list))) return this.#report('waiting')
      break
    }
    await this.#delete()
    await this.#keepReserve()
    await this.#closeLost()
    const stays = (key: string) => this.#sizeOf(packNameOf(key)!) > 0 && !this.#isDoomed(packNameOf(key)!)
    await removeOrphanParity(this.#core, stays, this.#signal)
    const standing = new Set(this.#liveness.points)
    await removeRecords(this.#core, standing, this.#signal)
    await removeOldProofs(this.#core, standing, this.#signal)
    await this.#compactIndex()
    return this.#report('done')
  }

  /** Where nothing is condemned nobody waits for sessions: what one left that died would be spared for its sake, and stay. */
  async #giveUpDead(): Promise<boolean> {
    const atOnce = { silentMs: Infinity, waitMsMax: 0, onWait: () => {}, signal: this.#signal }
    const { fenced } = await waitForSessions(this.#core, Infinity, atOnce)
    this.#fenced.push(...fenced)
    return fenced.length > 0
  }

  /** Last of all, when nothing is marked any more. */
  async #compactIndex(): Promise<void> {
    const { compactor, indexStore } = this.#core
    this.#liveness[Symbol.dispose]()
    this.#tell('index', 0, indexStore.deltas.size)
    if (compactor.isDue)
      await asSession(this.#core, 'compacting', (session) => compactor.foldMany(session, this.#signal), this.#signal)
    await compactor.sweep(this.#signal)
  }

  async #buryExpired(): Promise<void> {
    await this.#findLockedPoints()
    for (const [id, fate] of await readFates(this.#core, this.#signal)) {
      if (!this.#isExpired(fate) || this.#lockedPoints.has(id)) continue
      let buried = false
      const bury = (now: Fate | undefined) => {
        buried = this.#isExpired(now)
        return buried ? { kind: 'buried' as const } : undefined
      }
      await appendFate(this.#core, id, bury, this.#signal)
      if (buried) this.#counts.pointsBuried++
    }
  }

  /** A point that was promised to stay until some day can be taken back until that day. */
  async #findLockedPoints(): Promise<void> {
    if (this.#core.objects.lockRule === undefined) return
    const locked = new Set<string>()
    for (const [id, fate] of await readFates(this.#core, this.#signal)) {
      if (!this.#isExpired(fate)) continue
      const point = await readPoint(this.#core, id, this.#signal)
      const until = point?.damaged === undefined ? point?.lockedUntil : undefined
      if (until !== undefined && Date.parse(until) > nowMs(this.#core)) locked.add(id)
    }
    this.#lockedPoints = locked
  }

  #isExpired(fate: Fate | undefined): boolean {
    const { graceMs = graceMsDefault } = this.#options
    return fate?.kind === 'forgotten' && nowMs(this.#core) - fate.atMs >= graceMs
  }

  /** Finds what is dead, copies what is needed out of packs that mostly are, and publishes the list. `undefined`: somebody else did. */
  async #condemn(): Promise<{ number: number; packs: readonly Uint8Array[] } | undefined> {
    const { condemned } = this.#core
    await condemned.refresh(this.#signal)
    const number = condemned.known + 1
    const { dead: unneeded, partly } = await this.#survey()
    const dead = await this.#locks.unlockedOf(unneeded, (name) => this.#sizeOf(name), this.#signal)
    const moved = await this.#repack(await this.#planUnlocked(partly, dead))
    const packs = await this.#thatMayGo([...dead, ...moved].slice(0, condemnedPacksMax))
    if (packs.length === 0) return { number, packs }
    const published = await this.#publish({ part: 'list', number, atMs: nowMs(this.#core), packs, points: [] })
    return published === 'ours' ? { number, packs } : undefined
  }

  /** What is there, and what of it is needed. Packs before sessions before points: docs/formats/repository.md §9.2. */
  async #survey() {
    const { lost, condemned, indexStore } = this.#core
    await this.#takeStock()
    this.#tell('mark', 0, indexStore.index.table.count)
    const seen = await this.#pointsSeen()
    const holders = await this.#liveness.update(this.#signal)
    this.#checkComplete(holders, seen)
    const open = new Set([...holders.sessions].map((id) => id.slice(16)))
    const { table } = indexStore.index
    const bytesOf = new Float64Array(table.count)
    const stuck = new Set<number>() // needed, and cannot be copied
    this.#liveness.marks.forEach((ordinal, storedBytes, offsetBytes) => {
      bytesOf[ordinal]! += storedBytes
      const isCut = offsetBytes + storedBytes > table.listedBytesOf(ordinal)
      if (isCut || (!lost.isEmpty && lost.isLost(packKey(table.nameOf(ordinal)), offsetBytes))) stuck.add(ordinal)
    })
    const now = nowMs(this.#core)
    const dead: Uint8Array[] = []
    const partly: PartlyNeeded<number>[] = []
    for (const { name, ordinal, sizeBytes } of this.#present()) {
      if (condemned.isCondemned(name) || open.has(toHex(name.subarray(16)))) continue
      this.#counts.packsExamined++
      const needed = ordinal === undefined ? 0 : bytesOf[ordinal]!
      if (needed === 0) dead.push(name)
      else if (canBeCopied(table, ordinal!) && !stuck.has(ordinal!)) {
        const neededBytes = Math.min(sizeBytes, needed + packFrameBytesOf(table.blobsOf(ordinal!)))
        const ageMs = Math.max(0, now - table.sinceMsOf(ordinal!, now))
        const damaged = table.stateOf(ordinal!) === 'doubtful' || lost.touches(packKey(name))
        partly.push({ pack: ordinal!, sizeBytes, neededBytes, ageMs, damaged })
      }
    }
    // A pack that is not there, and of which nothing is needed: once it is condemned, what names it goes.
    for (let i = 0; i < bytesOf.length; i++)
      if (table.stateOf(i) === 'gone' && table.hasRow(i) && bytesOf[i] === 0 && !table.isCondemned(i))
        dead.push(table.nameOf(i))
    return { dead, partly }
  }

  async #takeStock(): Promise<void> {
    const { indexStore, condemned, lost } = this.#core
    await lost.refresh(this.#signal)
    await indexStore.refresh(this.#signal)
    const unknown = new Map<string, number>()
    const { unlisted } = await indexStore.checkPresence(this.#signal, (key, sizeBytes) => {
      if (indexStore.index.packOf(key) === undefined) unknown.set(key, sizeBytes)
    })
    await indexStore.salvage(
      unlisted.filter((name) => !condemned.isDoomed(name)),
      this.#signal,
    )
    this.#strays.clear()
    for (const [key, sizeBytes] of unknown)
      if (indexStore.index.packOf(key) === undefined) this.#strays.set(key, sizeBytes)
    this.#stock = indexStore.index.table.listed()
  }

  /**
   * Looks whether the lists can be whole.
   *
   * @throws `repository.listing-incomplete` if a point that the last collection saw is not listed; `repository.session-not-listed` if
   *   a pack was stored by nobody: a session registers before it stores, and stays listed until its end is
   */
  /** The points that the last collection saw. To be asked before points are listed: a final that is made meanwhile names newer ones. */
  async #pointsSeen(): Promise<readonly string[]> {
    const { condemned } = this.#core
    for (let number = condemned.known; number > 0; number--) {
      const last = await condemned.read('final', number, this.#signal).catch((error: unknown) => {
        if (!(error instanceof FormatError)) throw error
        return undefined
      })
      if (last !== undefined) return last.points ?? []
    }
    return []
  }

  #checkComplete({ sessions, points, fates }: Holders, seen: readonly string[]): void {
    const { objects } = this.#core
    const storage = objects.storage.name
    const listed = new Set(points)
    const missing = seen.filter((id) => !listed.has(id) && !isBuried(fates.get(id)))
    if (missing.length > 0)
      throw fail('repository.listing-incomplete', { storage, point: missing[0]!, missing: missing.length })
    if ((objects.storage.settleMs ?? 0) > 0) return // not everybody sees the same, for a while
    const halves = new Set([...sessions, ...points].map((id) => id.slice(16)))
    for (const { name } of this.#present())
      if (!halves.has(toHex(name.subarray(16))))
        throw fail('repository.session-not-listed', { storage, pack: packKey(name) })
  }

  /** Which packs to copy out of: to be rid of what is dead in them, or of a data key that was replaced. */
  #planMoves(partly: readonly PartlyNeeded<number>[], dead: readonly Uint8Array[]) {
    const { deadShareMax = deadShareMaxDefault, renewKeysBytesMax = 0 } = this.#options
    const totalBytes = partly.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    const packsMax = Math.max(0, condemnedPacksMax - dead.length)
    const emptying = planRepack(partly, { deadShareMax, totalBytes, packsMax })
    const { keys } = this.#core.ring
    const { table } = this.#core.indexStore.index
    const isReplaced = (generation: number) => newestOf(keys, generation) !== generation
    const others = partly.filter((pack) => !emptying.includes(pack))
    const bounds = { bytesMax: renewKeysBytesMax, packsMax: packsMax - emptying.length }
    return [
      ...emptying,
      ...planRenewal(others, { generationOf: (pack) => table.keyGenerationOf(pack), isReplaced }, bounds),
    ]
  }

  /** A plan without packs that would have to stay for their locks: it would cost room instead of freeing it. */
  async #planUnlocked(partly: readonly PartlyNeeded<number>[], dead: readonly Uint8Array[]) {
    const { table } = this.#core.indexStore.index
    for (let rest = partly; ;) {
      const plan = this.#planMoves(rest, dead)
      const locked = await this.#locks.lockedOf(
        plan.map(({ pack }) => table.nameOf(pack)),
        this.#signal,
      )
      if (locked.size === 0) return plan
      rest = rest.filter(({ pack }) => !locked.has(packKey(table.nameOf(pack))))
    }
  }

  async #repack(moving: readonly PartlyNeeded<number>[]): Promise<Uint8Array[]> {
    if (moving.length === 0) return []
    if ((await this.#core.objects.storage.reserve?.isKept()) === false) {
      this.#repackStopped = true // what room there is, is for what frees more
      return []
    }
    let done = 0
    try {
      const moved = await repack(
        this.#core,
        moving.map(({ pack }) => this.#core.indexStore.index.table.at(pack)),
        {
          ...this.#parts,
          renewKeys: (this.#options.renewKeysBytesMax ?? 0) > 0,
          safe: this.#safe,
          liveness: this.#liveness,
          onCopied: (blobs) => {
            for (const { entry } of blobs) this.#counts.bytesCopied += entry.storedBytes
            for (const blob of blobs) this.#safe.remember(blob.pack, blob.entry)
            this.#tell('repack', ++done, moving.length)
          },
          signal: this.#signal,
        },
      )
      this.#repackStopped ||= moved.length < moving.length
      this.#counts.packsRepacked += moved.length
      return moved.map(({ name }) => name)
    } catch (error) {
      if (!hasCode(error, 'storage.full')) throw error
      this.#repackStopped = true // there is nothing left but to delete
      return []
    }
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
    const seen = await this.#pointsSeen()
    const holders = await this.#liveness.update(this.#signal)
    this.#checkComplete(holders, seen)
    await this.#takeStock()
    await this.#core.condemned.refresh(this.#signal) // last: what is condemned by now is no safe copy
    const locked = await this.#locks.lockedOf(packs, this.#signal, { again: true })
    const final = await this.#thatMayGo(packs.filter((name) => !locked.has(packKey(name))))
    const { points } = this.#liveness
    await this.#publish({ part: 'final', number, atMs: nowMs(this.#core), packs: final, points })
    return true
  }

  async #keepReserve(): Promise<void> {
    await this.#core.objects.storage.reserve?.restore().catch((error: unknown) => {
      if (!hasCode(error, 'storage.full', 'storage.no-permission')) throw error // then the next collection keeps some
    })
  }

  /** Waits until every machine sees what any has put or removed so far. */
  async #settle(): Promise<void> {
    const { settleMs = 0 } = this.#core.objects.storage
    if (settleMs === 0) return
    this.#tell('settle', 0, settleMs)
    await this.#core.clock.sleep(settleMs, this.#signal)
  }

  /** Publishes, or finds what somebody else published. */
  async #publish(packs: CondemnedPacks): Promise<'ours' | 'other'> {
    const { repositoryId, roles, random, condemned } = this.#core
    const { part, number } = packs
    const bytes = encodeCondemnedPacks(repositoryId, packs, { controlKey: roles.control, random })
    const key = part === 'list' ? condemnedListKey(number) : condemnedFinalKey(number)
    const outcome = await createOnce(this.#core, key, bytes, condemnedBytesMax, { fromReserve: true })
    if (outcome.kind === 'failed') throw outcome.error as Error
    if (outcome.kind === 'ours') condemned.learn(packs)
    else condemned.learn(decodeCondemnedPacks(outcome.bytes, { repositoryId, part, number }, roles.control))
    return outcome.kind
  }

  /** Removes what finals condemn, whoever published them, and then the deltas that name nothing else. */
  #thatMayGo(packs: readonly Uint8Array[]): Promise<Uint8Array[]> {
    return this.#safe.thatMayGo(packs, (done) => this.#tell('check', done, packs.length), this.#signal)
  }

  async #delete(): Promise<void> {
    const { objects, indexStore } = this.#core
    const { table } = indexStore.index
    const doomed = this.#doomed()
    for (let at = 0; at < doomed.length; at += deletesAtOnce) {
      const batch = doomed.slice(at, at + deletesAtOnce)
      const locked = await objects.deleteMany(batch.map(packKey), this.#signal)
      for (const name of batch) if (!locked.has(packKey(name))) this.#countDeleted(name)
      this.#tell('delete', at + batch.length, doomed.length)
    }
    const empty = [...indexStore.deltas].flatMap(([key, packs]) =>
      packs.length > 0 && packs.every((pack) => table.stateOf(pack) === 'gone' && table.isDoomed(pack)) ? [key] : [],
    )
    const locked = await objects.deleteMany(empty, this.#signal)
    for (const key of empty) if (!locked.has(key)) indexStore.forgetDelta(key)
  }

  #countDeleted(name: Uint8Array): void {
    const { index } = this.#core.indexStore
    const pack = index.packOf(packKey(name))
    if (pack !== undefined) this.#core.indexStore.lose(pack)
    this.#counts.packsDeleted++
    this.#counts.bytesFreed += this.#sizeOf(name)
  }

  /** Damaged copies in packs that have gone are nobody's concern. */
  async #closeLost(): Promise<void> {
    const isThere = (key: string) => this.#strays.has(key) || this.#core.indexStore.index.packOf(key) !== undefined
    const isOpen = ({ packName }: LostCopy) => !this.#isDoomed(packName) && isThere(packKey(packName))
    await this.#core.lost.close(this.#core, isOpen, this.#signal)
  }

  /** What lies in the storage. `ordinal` is missing where nothing is known about the pack. */
  *#present(): Iterable<{ name: Uint8Array; ordinal: number | undefined; sizeBytes: number }> {
    const { table } = this.#core.indexStore.index
    for (const [ordinal, sizeBytes] of this.#stock.entries())
      if (sizeBytes > 0) yield { name: table.nameOf(ordinal), ordinal, sizeBytes }
    for (const [key, sizeBytes] of this.#strays) {
      const name = packNameOf(key)!
      yield { name, ordinal: table.ordinalOf(name), sizeBytes } // it may have been understood since
    }
  }

  #doomed(): Uint8Array[] {
    return [...this.#present()].flatMap(({ name }) => (this.#isDoomed(name) ? [name] : []))
  }

  #isDoomed(name: Uint8Array): boolean {
    return this.#core.condemned.isDoomed(name)
  }

  #sizeOf(name: Uint8Array): number {
    const { table } = this.#core.indexStore.index
    const ordinal = table.ordinalOf(name)
    return ordinal === undefined ? (this.#strays.get(packKey(name)) ?? 0) : table.listedBytesOf(ordinal)
  }

  #tell(phase: CollectPhase, done: number, total: number): void {
    this.#options.onProgress?.({ phase, done, total })
  }

  #report(outcome: CollectReport['outcome']): CollectReport {
    return {
      outcome,
      pointsLive: this.#liveness.points.length,
      ...this.#counts,
      repackStopped: this.#repackStopped,
      sessionsFenced: this.#fenced,
      waitingFor: this.#waitingFor,
      ...this.#locks.report(),
    }
  }
}

/** Whether it is there and a delta names it: what is needed in it can be found. */
function canBeCopied(table: PackTable, ordinal: number): boolean {
  const state = table.stateOf(ordinal)
  return table.hasRow(ordinal) && (state === 'live' || state === 'doubtful')
}
