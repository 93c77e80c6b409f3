import { type AppError, type Clock, Limiter } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { doAt } from './faults.ts'
import type { Layer } from './layer.ts'
import { moveDown } from './layer-writes.ts'
import type { Faults } from './model.ts'

export interface ConsolidationTask {
  readonly vmName: string
  /** The layers snapshots and disks stand on, now. */
  readonly tops: () => Iterable<Layer>
  readonly writing: Limiter
  readonly faults: Faults
  readonly clock: Clock
  /** The guest goes on while its disks are merged: it writes so many bytes to each. */
  readonly guestWrites: (bytes: number) => Promise<void>
}

/** Source: vadp.md §3.6 (KB 2039754): rounds, then a forced merge while the VM stands still. Evidence: documented; how many rounds: inferred. */
const roundsMax = 10

interface Pair {
  readonly below: Layer
  readonly above: Layer
}

/** Layers that no snapshot needs any more and that carry exactly one other: the one above can be merged into them. */
function* mergeablePairs(tops: Iterable<Layer>): Iterable<Pair> {
  const seen = new Set<Layer>()
  for (const top of tops)
    for (const above of top.chain) {
      if (seen.has(above)) break
      seen.add(above)
      const below = above.parent
      if (below !== undefined && isMergeable({ below, above })) yield { below, above }
    }
}

/**
 * Merges all that can be merged, in steps between which the guest may write; yields 0 to 100 and returns why it had to stop, if so.
 * At every moment every chain reads what it did: pages move down one by one, and are looked up from above.
 */
async function* consolidateLayers(task: ConsolidationTask): AsyncGenerator<number, AppError | undefined> {
  const total = [...mergeablePairs(task.tops())].reduce((sum, { above }) => sum + above.table.size, 0)
  let done = 0
  for (let pair = first(task); pair !== undefined; pair = first(task)) {
    const size = pair.above.table.size
    for (let round = 1; round === 1 || (round <= roundsMax && pair.above.table.size > 0); round++) {
      const left = pair.above.table.size // what was there, and from the second round on what the guest has written in the last one
      const pagesPerStep = Math.max(64, Math.ceil(left / 16))
      for (let moved = 0; moved < left; moved += pagesPerStep) {
        const stopped = await step(pair, pagesPerStep, task)
        if (stopped !== undefined) return stopped
        yield Math.min(99, Math.floor((100 * (done + (round === 1 ? moved : size))) / Math.max(total, 1)))
      }
      await letGuestWrite(task)
    }
    const stopped = await step(pair, Infinity, task) // a stun, as in the real thing
    if (stopped !== undefined) return stopped
    done += size
  }
  return undefined
}

async function letGuestWrite({ faults, vmName, guestWrites }: ConsolidationTask): Promise<void> {
  const action = doAt(faults, 'snapshot.round', vmName)
  if (action?.do === 'guest-writes') await guestWrites(action.bytes)
}

/** Merges of one VM, one after the other, and whether one has left something undone. */
export class Consolidator {
  readonly #task: ConsolidationTask
  readonly #running = new Limiter(1)
  #isIncomplete = false

  constructor(task: ConsolidationTask) {
    this.#task = task
  }

  /** Not while it runs, and not for branches that never could be merged. */
  get isNeeded(): boolean {
    return this.#isIncomplete && this.#running.held === 0 && first(this.#task) !== undefined
  }

  /** A removal that was told to leave its layers. */
  postpone(): void {
    this.#isIncomplete = true
  }

  /** @see consolidateLayers */
  async *run(): AsyncGenerator<number, AppError | undefined> {
    using _place = await this.#running.acquire()
    this.#isIncomplete = true // and stays so if the caller stops asking
    const stopped = yield* consolidateLayers(this.#task)
    this.#isIncomplete = stopped !== undefined
    return stopped
  }
}

const first = (task: ConsolidationTask): Pair | undefined => mergeablePairs(task.tops())[Symbol.iterator]().next().value

const isMergeable = ({ below, above }: Pair) =>
  above.parent === below && below.holders.size === 0 && below.children.size === 1

function step(
  pair: Pair,
  count: number,
  { vmName, writing, faults, clock }: ConsolidationTask,
): Promise<AppError | undefined> {
  const { below, above } = pair
  return writing.run(async () => {
    const pin = [...below.pins, ...above.pins][0]
    if (pin !== undefined) return fail('lab.file-locked', { path: below.fileName, by: pin.label })
    if (doAt(faults, 'snapshot.consolidate', vmName)?.do === 'fail')
      return fail('lab.by-rule', { on: 'snapshot.consolidate', object: vmName })
    const stun = count === Infinity ? doAt(faults, 'snapshot.stun', vmName) : undefined
    if (stun?.do === 'delay') await clock.sleep(stun.ms) // nobody writes meanwhile
    if (!isMergeable(pair)) return undefined // a revert took it away between two steps
    try {
      below.isMerging = true
      moveDown(above, below, count)
    } catch (error) {
      return error as AppError
    }
    if (above.table.size === 0 && count === Infinity) replace(pair)
    return undefined
  })
}

/** The layer above is empty: everything that stood on it stands on the one below now. */
function replace({ below, above }: Pair): void {
  for (const holder of above.holders) holder.layer = below
  for (const child of above.children) child.parent = below
  if (above.capacityBytes !== below.capacityBytes) below.grow(above.capacityBytes)
  below.contentId = above.contentId
  below.writtenSinceClose = above.writtenSinceClose
  below.isMerging = false
  below.files.isTracked = above.files.isTracked
  above.delete()
}
