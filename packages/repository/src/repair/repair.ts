import { FormatError, hasCode } from '@vmkeep/kit'
import type { Core } from '../core.ts'
import { deltasPrefix, packKey } from '../formats/object-names.ts'
import type { PackEntry } from '../formats/pack.ts'
import { refreshLost } from '../lost/lost-extents.ts'
import type { PageCache } from '../map/page-cache.ts'
import type { BlobReader } from '../packs/blob-reader.ts'
import type { PackStore } from '../packs/pack-store.ts'
import { readTrailer } from '../packs/read-trailer.ts'
import { scanPack } from '../packs/scan-pack.ts'
import type { RepairOptions, RepairReport } from '../repository.ts'
import { asSession } from '../sessions/as-session.ts'
import { VerifyJournal } from '../verify/journal.ts'
import { findLost, type LostBlob, lostHits } from './find-lost.ts'
import { inRepairSession, type RepairSession } from './repair-session.ts'
import type { RepairSource } from './sources.ts'
import { settleLists } from './settle-lists.ts'

export interface RepairParts {
  readonly packs: PackStore
  readonly reader: BlobReader
  readonly pages: PageCache
}

/** By name, in the order they are tried. */
export type RepairSources = Readonly<Record<keyof RepairReport['repaired'], RepairSource | undefined>>

/**
 * Gets back what points need and what is lost, from wherever it can be had, and makes up for damaged index objects. Good copies are
 * stored through a session of its own; damaged packs are left to the next collection, which takes them once nothing needs them.
 */
export async function repairRepository(
  core: Core,
  parts: RepairParts,
  sources: RepairSources,
  options: Pick<RepairOptions, 'dryRun' | 'onProgress' | 'signal'>,
): Promise<RepairReport> {
  const { dryRun = false, signal } = options
  const repair = new Repair(core, parts, sources, options)
  const settled = await settleLists(core, { dryRun }, signal)
  if (dryRun) await repair.look()
  else await inRepairSession(core, parts, signal, (session) => repair.run(session))
  return await repair.report(settled)
}

class Repair {
  readonly #core: Core
  readonly #parts: RepairParts
  readonly #sources: RepairSources
  readonly #options: Pick<RepairOptions, 'dryRun' | 'onProgress' | 'signal'>
  readonly #repaired = { here: 0, parity: 0, other: 0 }
  readonly #removed: string[] = []
  #lost = 0
  #bytesStored = 0

  constructor(
    core: Core,
    parts: RepairParts,
    sources: RepairSources,
    options: Pick<RepairOptions, 'dryRun' | 'onProgress' | 'signal'>,
  ) {
    this.#core = core
    this.#parts = parts
    this.#sources = sources
    this.#options = options
  }

  get #signal(): AbortSignal | undefined {
    return this.#options.signal
  }

  async look(): Promise<void> {
    const { condemned, indexStore } = this.#core
    await condemned.refresh(this.#signal).catch((error: unknown) => {
      if (!hasCode(error, 'repository.object-corrupt')) throw error // it would be settled
    })
    await refreshLost(this.#core, this.#signal)
    const { unlisted } = await indexStore.checkPresence(this.#signal)
    await indexStore.salvage(unlisted, this.#signal)
    await this.#fetchLost(async () => {})
    this.#removed.push(...indexStore.damaged.keys())
  }

  async run(session: RepairSession): Promise<void> {
    await this.#copyUnlisted(session)
    // A page that came back may show more that is lost.
    for (let before = -1; before !== this.#count;) {
      before = this.#count
      await this.#fetchLost((blob, { type }) => session.put(blob, type))
      await session.settle()
    }
    await this.#removeDamaged()
  }

  async report(listsSettled: readonly string[]): Promise<RepairReport> {
    const { dryRun = false } = this.#options
    return {
      dryRun,
      lost: this.#lost,
      repaired: { ...this.#repaired },
      bytesStored: this.#bytesStored,
      left: await lostHits(this.#core, this.#parts.pages, this.#signal),
      objectsMended: [...listsSettled, ...this.#removed],
    }
  }

  get #count(): number {
    return this.#repaired.here + this.#repaired.parity + this.#repaired.other
  }

  async #fetchLost(store: (blob: Uint8Array, lost: LostBlob) => Promise<void>): Promise<void> {
    const lost = await findLost(this.#core, this.#parts.pages, this.#signal)
    this.#lost = this.#count + lost.length
    for (const [i, each] of lost.entries()) {
      this.#signal?.throwIfAborted()
      const found = await this.#fetch(each)
      if (found !== undefined) {
        await store(found.blob, each)
        this.#repaired[found.from]++
        this.#bytesStored += found.blob.length
      }
      this.#options.onProgress?.({ done: i + 1, total: lost.length })
    }
  }

  async #fetch(lost: LostBlob): Promise<{ blob: Uint8Array; from: keyof RepairSources } | undefined> {
    for (const from of ['here', 'parity', 'other'] as const) {
      const blob = await this.#sources[from]?.(lost, this.#signal)
      if (blob !== undefined) return { blob, from }
    }
    return undefined
  }

  /** Packs that no delta names and whose trailer is damaged: what in them opens is stored anew. */
  async #copyUnlisted(session: RepairSession): Promise<void> {
    const { indexStore, condemned } = this.#core
    const { unlisted } = await indexStore.checkPresence(this.#signal)
    for (const name of unlisted) {
      if (condemned.isCondemned(name) || (await this.#hasTrailer(name))) continue
      const sizeBytes = (await this.#core.objects.size(packKey(name), this.#signal)) ?? 0
      for (const entry of await scanPack(this.#core.objects, packKey(name), sizeBytes, this.#signal))
        await this.#copy(session, name, entry)
    }
    await session.settle()
  }

  async #copy(session: RepairSession, name: Uint8Array, entry: PackEntry): Promise<void> {
    const { index } = this.#core.indexStore
    if (index.find(entry.id)?.pack.state === 'live') return
    const pack = index.packOf(packKey(name)) ?? index.addPack(name, 'doubtful')
    try {
      const { sealed } = await this.#parts.reader.openAt({ ...entry, pack }, entry, this.#signal)
      await session.put(sealed, entry.type)
      this.#bytesStored += sealed.length
    } catch (error) {
      if (!hasCode(error, 'repository.chunk-corrupt')) throw error
    }
  }

  async #hasTrailer(name: Uint8Array): Promise<boolean> {
    const { objects, repositoryId, roles } = this.#core
    try {
      await readTrailer(objects, { repositoryId, name }, roles.index, this.#signal)
      return true
    } catch (error) {
      if (!(error instanceof FormatError) && !hasCode(error, 'storage.not-found')) throw error
      return false
    }
  }

  /** Index objects that cannot be read, once all they named is named elsewhere; and records that say nothing. */
  async #removeDamaged(): Promise<void> {
    const { indexStore, objects, lost } = this.#core
    await indexStore.readDamagedAgain(this.#signal) // only what cannot be read twice
    await this.#replaceRuns()
    const journal = await VerifyJournal.read(this.#core, this.#signal)
    for (const key of [...indexStore.damaged.keys(), ...lost.damaged.keys(), ...journal.damaged.keys()]) {
      const locked = await objects.deleteMany([key], this.#signal)
      if (locked.has(key)) continue // it stays, and says nothing, until its lock has ended
      indexStore.damaged.delete(key)
      indexStore.forgetDelta(key)
      this.#removed.push(key)
    }
    lost.damaged.clear()
  }

  /** A root or a segment is never removed before there is a root without it. */
  async #replaceRuns(): Promise<void> {
    const { indexStore, compactor } = this.#core
    const damaged = [...indexStore.damaged.keys()].filter((key) => !key.startsWith(deltasPrefix))
    if (damaged.length === 0) return
    const replace = (session: string) => compactor.compact(session, { whole: 'rebuild', signal: this.#signal })
    await asSession(this.#core, 'repairing', replace, this.#signal)
    this.#removed.push(...damaged)
  }
}
