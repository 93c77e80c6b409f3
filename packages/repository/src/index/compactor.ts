import { AppError, forEachConcurrent } from '@vmkeep/kit'
import { type Core, nowMs } from '../core.ts'
import { fail } from '../errors.ts'
import { encodeRoot, foldedDeltasMax, type IndexRoot, rootBytesMax, type RunNames } from '../formats/index-root.ts'
import { toHex } from '../formats/hex.ts'
import {
  rootKey,
  segmentKey,
  segmentNameOf,
  segmentsPrefix,
  sessionIdOf,
  sessionsPrefix,
} from '../formats/object-names.ts'
import { createOnce } from '../storage/create-once.ts'
import { untilListed } from '../storage/until-listed.ts'
import type { EntryCursor, Run } from './run.ts'
import { doomedShareMax, planMerge } from './plan-merge.ts'
import { writeRun } from './write-run.ts'

/** Older roots go: nobody can be reading a list that shows none of these. */
const rootsKept = 8
const deletesAtOnce = 8

export interface CompactOptions {
  /** `all`: everything into one run. `rebuild`: as well, and without what is damaged. */
  readonly whole?: 'all' | 'rebuild'
  readonly onEntries?: (entries: number) => void
  readonly signal?: AbortSignal | undefined
}

/** What a compaction wrote. */
export interface Compaction {
  readonly root: number
  readonly entries: number
  readonly deltasFolded: number
}

/**
 * Folds deltas into segments, and segments into fewer: docs/formats/repository.md §6.2. Whoever does so has a session registered,
 * by whose id others know what it has written and not yet published.
 */
export class Compactor {
  readonly #core: Core
  #running: Promise<unknown> = Promise.resolve()
  #relieving = false

  constructor(core: Core) {
    this.#core = core
  }

  /** Folds if there are too many deltas to read at each beginning. What cannot be done now can be done later. */
  async foldMany(sessionId: string, signal?: AbortSignal): Promise<void> {
    if (this.isDue) await this.#try(sessionId, signal)
  }

  /** Whether there are many deltas, or much in the runs is condemned for good. */
  get isDue(): boolean {
    const { deltas, index, deltasMax } = this.#core.indexStore
    const entries = index.runs.reduce((sum, run) => sum + run.entries, 0)
    return deltas.size >= deltasMax || index.table.doomedInRuns().entries > doomedShareMax * entries
  }

  /** Folds if entries take more memory than they should. */
  async relieve(sessionId: string, signal?: AbortSignal): Promise<void> {
    const { index, entriesBytesMax, deltas } = this.#core.indexStore
    if (index.entries.bytes <= entriesBytesMax || deltas.size === 0 || this.#relieving) return
    this.#relieving = true
    await this.#try(sessionId, signal).finally(() => (this.#relieving = false))
  }

  /**
   * Merges what should be merged and publishes the result. `undefined` if there is nothing to do.
   *
   * @throws `repository.object-corrupt` if the newest root is damaged and it is not to be replaced
   */
  compact(sessionId: string, options: CompactOptions = {}): Promise<Compaction | undefined> {
    const run = this.#running.then(() => this.#compact(sessionId, options))
    this.#running = run.catch(() => {})
    return run
  }

  /** Removes segments that no root names and no session will publish any more. Returns how many. */
  async sweep(signal?: AbortSignal): Promise<number> {
    const { indexStore, objects } = this.#core
    const found: Uint8Array[] = []
    for await (const { key } of objects.list(segmentsPrefix, signal)) found.push(...nameOf(key))
    if (found.length === 0) return 0
    const open = new Set<string>()
    for await (const { key } of objects.list(sessionsPrefix, signal)) open.add(sessionIdOf(key)?.slice(16) ?? '')
    await indexStore.refresh(signal)
    this.#checkRoot()
    const base = indexStore.root
    const named = namesIn(base)
    const orphans = found.filter((name) => !named.has(segmentKey(name)) && !open.has(toHex(name.subarray(16))))
    if (orphans.length === 0) return 0
    // Whoever wrote them may only be asleep. With the next number taken, its root can never count.
    if (!(await this.#publish(base, base.runs, [], signal))) return 0
    await this.#remove(orphans.map(segmentKey))
    return orphans.length
  }

  async #try(sessionId: string, signal: AbortSignal | undefined): Promise<void> {
    try {
      await this.compact(sessionId, { signal })
    } catch (error) {
      if (!(error instanceof AppError)) throw error
    }
  }

  async #compact(sessionId: string, { whole, onEntries, signal }: CompactOptions): Promise<Compaction | undefined> {
    const { indexStore } = this.#core
    for (;;) {
      await indexStore.refresh(signal)
      if (whole !== 'rebuild') this.#checkRoot()
      const base = indexStore.root // another session of this process may find a newer one while this one writes
      const { table } = indexStore.index
      const frozen = this.#freeze()
      const opened = base.runs.flatMap((names) => indexStore.runOf(names) ?? [])
      const merged = planMerge(opened, table, { fresh: frozen.entries, whole: whole !== undefined })
      const isIdle =
        frozen.entries === 0 &&
        (merged.length === 0 || (whole !== undefined && merged.length === 1 && table.doomedInRuns().packs === 0))
      if (isIdle && (whole !== 'rebuild' || indexStore.damaged.size === 0)) return undefined
      const names: Uint8Array[] = []
      const written = await this.#write(sessionId, { frozen, merged, names, onEntries, signal })
      const left = base.runs.filter((run) => {
        const open = indexStore.runOf(run)
        return open === undefined ? whole !== 'rebuild' : !merged.includes(open)
      })
      const runs = written === undefined ? left : [written, ...left]
      if (await this.#publish(base, runs, frozen.deltas, signal))
        return { root: base.number + 1, entries: written?.entries ?? 0, deltasFolded: frozen.deltas.length }
      await this.#remove(names.map(segmentKey)) // somebody else was first: nobody will ever name these
      await untilListed(this.#core, rootKey(base.number + 1), async () => {
        await indexStore.refresh(signal)
        return indexStore.root.number > base.number
      })
    }
  }

  async #write(
    sessionId: string,
    { frozen, merged, names, onEntries, signal }: Merging,
  ): Promise<RunNames | undefined> {
    const cursors: EntryCursor[] = [frozen.cursor(), ...merged.map((run) => run.cursor())]
    const onName = (name: Uint8Array) => void names.push(name)
    try {
      return await writeRun(this.#core, { sessionId, cursors, onName, onEntries, signal })
    } catch (error) {
      await this.#remove(names.map(segmentKey))
      throw error
    }
  }

  /** What is named by deltas and in no run, as it is now. */
  #freeze() {
    const { index, deltas } = this.#core.indexStore
    const { table } = index
    const chosen = new Uint8Array(table.count)
    let entries = 0
    for (let i = 0; i < table.count; i++) {
      if (!table.hasRow(i) || table.isInRun(i) || table.stateOf(i) === 'pending' || table.isDoomed(i)) continue
      chosen[i] = 1
      entries += table.blobsOf(i)
    }
    const isCovered = (ordinal: number) => chosen[ordinal] === 1 || table.isInRun(ordinal) || table.isDoomed(ordinal)
    const folded = [...deltas].flatMap(([key, packs]) => (packs.length > 0 && packs.every(isCovered) ? [key] : []))
    return { entries, deltas: folded, cursor: () => index.entries.cursor((ordinal) => chosen[ordinal] === 1) }
  }

  /** Makes the root after `base`. False if there is one already. What it replaces goes at once. */
  async #publish(
    base: IndexRoot,
    runs: readonly RunNames[],
    deltas: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const { repositoryId, roles, random, indexStore } = this.#core
    const folded = [...new Set([...deltas, ...indexStore.foldedLeft])].slice(0, foldedDeltasMax)
    const root: IndexRoot = { number: base.number + 1, atMs: nowMs(this.#core), runs, folded }
    const sealing = { controlKey: roles.control, random }
    const encoded = encodeRoot(repositoryId, root, sealing)
    const outcome = await createOnce(this.#core, rootKey(root.number), encoded, rootBytesMax)
    if (outcome.kind === 'failed') throw outcome.error as Error // what was written stays: the root may yet appear
    if (outcome.kind === 'other') return false
    const numbers = await indexStore.objects.rootNumbers(signal)
    // Only the newest root may remove anything. A process that slept for long may even find its number free again.
    if (Math.max(...numbers) === root.number) {
      const named = namesIn(root)
      const replaced = [...namesIn(base)].filter((name) => !named.has(name))
      const old = numbers.filter((number) => number <= root.number - rootsKept).map(rootKey)
      await this.#remove([...folded, ...replaced, ...old])
    }
    await indexStore.refresh(signal)
    return true
  }

  /** What stays is rubbish, and known as such. */
  async #remove(keys: readonly string[]): Promise<void> {
    await forEachConcurrent(keys, deletesAtOnce, async (key) => {
      await this.#core.objects.delete(key).catch((error: unknown) => {
        if (!(error instanceof AppError)) throw error
      })
    })
  }

  #checkRoot(): void {
    const { root, damaged } = this.#core.indexStore
    const object = rootKey(root.number)
    const reason = damaged.get(object)
    if (reason !== undefined) throw fail('repository.object-corrupt', { object, reason })
  }
}

interface Merging {
  readonly frozen: { readonly cursor: () => EntryCursor }
  readonly merged: readonly Run[]
  readonly names: Uint8Array[]
  readonly onEntries: ((entries: number) => void) | undefined
  readonly signal: AbortSignal | undefined
}

const namesIn = ({ runs }: IndexRoot) =>
  new Set(runs.flatMap(({ packTables, segments }) => [...packTables, ...segments].map(segmentKey)))

const nameOf = (key: string): Uint8Array[] => {
  const name = segmentNameOf(key)
  return name === undefined ? [] : [name]
}
