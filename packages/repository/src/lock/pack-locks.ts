import { forEachConcurrent } from '@vmkeep/kit'
import { type Core, nowMs } from '../core.ts'
import { packKey } from '../formats/object-names.ts'
import type { LockedPacks } from '../repository.ts'

const requestsAtOnce = 16

/** Which packs a lock keeps, as one collection finds it out: each pack is asked for once. */
export class PackLocks {
  readonly #core: Core
  /** Pack key → when its lock ends; 0: it has none. */
  readonly #endsMs = new Map<string, number>()
  /** Packs that could go, and how large they are. */
  readonly #kept = new Map<string, number>()

  constructor(core: Core) {
    this.#core = core
  }

  /** The keys of those packs that are locked now. `again`: asks anew, for a writer may have locked them since. */
  async lockedOf(
    names: readonly Uint8Array[],
    signal?: AbortSignal,
    { again = false }: { readonly again?: boolean } = {},
  ): Promise<ReadonlySet<string>> {
    const { objects } = this.#core
    if (objects.lockRule === undefined) return new Set()
    const keys = names.map(packKey)
    const asked = again ? keys : keys.filter((key) => !this.#endsMs.has(key))
    await forEachConcurrent(asked, requestsAtOnce, async (key) => {
      this.#endsMs.set(key, (await objects.retentionOf(key, signal))?.untilMs ?? 0)
    })
    const now = nowMs(this.#core)
    return new Set(keys.filter((key) => this.#endsMs.get(key)! > now))
  }

  /** Those of the packs nobody needs that may go; the others are kept in mind for the report. */
  async unlockedOf(
    names: readonly Uint8Array[],
    sizeOf: (name: Uint8Array) => number,
    signal?: AbortSignal,
  ): Promise<Uint8Array[]> {
    const locked = await this.lockedOf(names, signal)
    this.#kept.clear()
    for (const name of names) if (locked.has(packKey(name))) this.#kept.set(packKey(name), sizeOf(name))
    return names.filter((name) => !locked.has(packKey(name)))
  }

  /** What is kept by nothing but its lock. */
  report(): { locked?: LockedPacks } {
    if (this.#kept.size === 0) return {}
    const ends = [...this.#kept.keys()].map((key) => this.#endsMs.get(key)!).toSorted((a, b) => a - b)
    const isoTime = (ms: number) => new Date(ms).toISOString()
    const bytes = [...this.#kept.values()].reduce((sum, sizeBytes) => sum + sizeBytes, 0)
    return {
      locked: { packs: this.#kept.size, bytes, firstUntil: isoTime(ends[0]!), lastUntil: isoTime(ends.at(-1)!) },
    }
  }
}
