import { type Core, nowMs } from '../core.ts'
import { readPoint } from '../points/points.ts'
import { appendFate, type Fate, readFates } from '../points/trash.ts'

const graceMsDefault = 7 * 24 * 60 * 60_000

/** Forgotten points whose time of grace is over. A point that was promised to stay until some day can be taken back until that day. */
export class ExpiredPoints {
  readonly #core: Core
  readonly #graceMs: number
  #locked: ReadonlySet<string> = new Set()

  constructor(core: Core, graceMs = graceMsDefault) {
    this.#core = core
    this.#graceMs = graceMs
  }

  /** Whether the point could be buried now, as far as {@link findLocked} saw. */
  has(id: string, fate: Fate | undefined): boolean {
    return this.#isOver(fate) && !this.#locked.has(id)
  }

  /** Looks which of them are locked still. */
  async findLocked(signal: AbortSignal | undefined): Promise<void> {
    if (this.#core.objects.lockRule === undefined) return
    const locked = new Set<string>()
    for (const [id, fate] of await readFates(this.#core, signal)) {
      if (!this.#isOver(fate)) continue
      const point = await readPoint(this.#core, id, signal)
      const until = point?.damaged === undefined ? point?.lockedUntil : undefined
      if (until !== undefined && Date.parse(until) > nowMs(this.#core)) locked.add(id)
    }
    this.#locked = locked
  }

  /** Buries them; gives how many. */
  async bury(signal: AbortSignal | undefined): Promise<number> {
    await this.findLocked(signal)
    let count = 0
    for (const [id, fate] of await readFates(this.#core, signal)) {
      if (!this.has(id, fate)) continue
      let buried = false
      const bury = (now: Fate | undefined) => {
        buried = this.#isOver(now)
        return buried ? { kind: 'buried' as const } : undefined
      }
      await appendFate(this.#core, id, bury, signal)
      if (buried) count++
    }
    return count
  }

  #isOver(fate: Fate | undefined): boolean {
    return fate?.kind === 'forgotten' && nowMs(this.#core) - fate.atMs >= this.#graceMs
  }
}
