import type { DiskPhase, DiskSizes, RunEvent } from '@vmkeep/run'
import { Rate } from './rate.ts'

/** Where one disk stands, with how fast it goes. */
export interface DiskState {
  readonly vm: string
  readonly disk: string
  phase: DiskPhase
  detail: string | undefined
  sizes: Sizes
  rate: Rate
}

const over: ReadonlySet<DiskPhase> = new Set(['done', 'skipped', 'failed'])
const nothing = { provisionedBytes: 0, changedBytes: 0, readBytes: 0, sentBytes: 0, storedBytes: 0, totalBytes: 0 }
const sizeNames = Object.keys(nothing) as (keyof typeof nothing)[]

type Sizes = DiskSizes & { readonly totalBytes: number }

/** A run as its events tell it. All renderers draw from this one state. */
export class RunState {
  readonly disks = new Map<string, DiskState>()
  readonly startedMs: number
  readonly #rate: Rate
  readonly #totals = { ...nothing }

  constructor(nowMs: number) {
    this.startedMs = nowMs
    this.#rate = new Rate(nowMs)
  }

  apply(event: RunEvent, nowMs: number): void {
    if (event.type === 'disk-phase') {
      const disk = this.#disk(event.vm, event.disk, nowMs)
      if (event.phase === 'verify') this.#set(disk, { ...disk.sizes, readBytes: 0 }) // the same bytes, a second time
      if (event.phase !== disk.phase) disk.rate = new Rate(nowMs, disk.sizes.readBytes)
      Object.assign(disk, { phase: event.phase, detail: event.detail })
    }
    if (event.type === 'disk-progress') {
      const disk = this.#disk(event.vm, event.disk, nowMs)
      this.#set(disk, event)
      disk.rate.update(nowMs, event.readBytes)
      this.#rate.update(nowMs, this.#totals.readBytes)
    }
  }

  active(): DiskState[] {
    return [...this.disks.values()].filter(({ phase }) => !over.has(phase) && phase !== 'queued')
  }

  /** The five sizes summed over the disks known so far. */
  totals(): Sizes {
    return this.#totals
  }

  counts(): { readonly done: number; readonly failed: number; readonly skipped: number; readonly all: number } {
    const phases = [...this.disks.values()].map(({ phase }) => phase)
    const of = (wanted: DiskPhase) => phases.filter((phase) => phase === wanted).length
    return { done: of('done'), failed: of('failed'), skipped: of('skipped'), all: phases.length }
  }

  get bytesPerSecond(): number | undefined {
    return this.#rate.perSecond
  }

  remainingMs(nowMs: number): number | undefined {
    const { readBytes, totalBytes } = this.totals()
    return this.#rate.remainingMs(totalBytes - readBytes, nowMs)
  }

  #set(disk: DiskState, sizes: Sizes): void {
    for (const key of sizeNames) this.#totals[key] += sizes[key] - disk.sizes[key]
    disk.sizes = sizes
  }

  #disk(vm: string, disk: string, nowMs: number): DiskState {
    const key = JSON.stringify([vm, disk])
    const known = this.disks.get(key)
    if (known !== undefined) return known
    const fresh = { vm, disk, phase: 'queued' as const, detail: undefined, sizes: nothing, rate: new Rate(nowMs) }
    this.disks.set(key, fresh)
    return fresh
  }
}
