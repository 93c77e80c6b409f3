import type { Clock } from '@vmkeep/kit'
import type { RunEvent } from '@vmkeep/run'
import type { Display } from '../output/display.ts'
import { oneLine } from '../output/style.ts'
import { diskLine, runLine } from './lines.ts'
import type { Renderer } from './renderer.ts'
import type { DiskState, RunState } from './run-state.ts'

/** Plain lines for logs and cron mails: one at each change of phase, and per disk at most one an interval between. */
export class PlainRenderer implements Renderer {
  readonly takesNotes = false
  readonly #display: Display
  readonly #clock: Clock
  readonly #intervalMs: number
  readonly #toldMs = new Map<DiskState, number>()

  constructor(display: Display, clock: Clock, intervalMs: number) {
    this.#display = display
    this.#clock = clock
    this.#intervalMs = intervalMs
  }

  event(event: RunEvent, state: RunState): void {
    if (event.type === 'vm-phase') {
      const detail = event.detail === undefined ? '' : `: ${event.detail}`
      this.#display.line(oneLine(`${event.vm}: ${event.phase}${detail}`))
    }
    if (event.type === 'disk-phase' && event.phase !== 'queued')
      for (const disk of state.disks.values()) if (disk.vm === event.vm && disk.disk === event.disk) this.#tell(disk)
  }

  tick(state: RunState): void {
    const nowMs = this.#clock.monotonicMs()
    for (const disk of state.active())
      if (nowMs - (this.#toldMs.get(disk) ?? nowMs) >= this.#intervalMs) this.#tell(disk)
  }

  status(state: RunState): void {
    this.#display.line(runLine(state, this.#clock.monotonicMs()))
  }

  close(): void {
    this.#toldMs.clear()
  }

  #tell(disk: DiskState): void {
    const nowMs = this.#clock.monotonicMs()
    this.#toldMs.set(disk, nowMs)
    this.#display.line(diskLine(disk, nowMs))
  }
}
