import type { Clock } from '@vmkeep/kit'
import type { RunEvent } from '@vmkeep/run'
import type { Display } from '../output/display.ts'
import type { Renderer } from './renderer.ts'
import type { RunState } from './run-state.ts'

/** Progress of a disk at most once a second: a program reads it, and a full disk of lines helps nobody. */
const progressMs = 1000

/** The events themselves, one JSON object a line, each with its time. */
export class JsonlRenderer implements Renderer {
  readonly takesNotes = true
  readonly #display: Display
  readonly #clock: Clock
  readonly #toldMs = new Map<string, number>()

  constructor(display: Display, clock: Clock) {
    this.#display = display
    this.#clock = clock
  }

  event(event: RunEvent, state: RunState): void {
    if (event.type === 'disk-progress' && !this.#isDue(event)) return
    const totals = event.type === 'run-finished' ? state.totals() : {}
    this.#write({ ...event, ...totals })
  }

  tick(): void {}

  status(state: RunState): void {
    const bytesPerSecond = Math.round(state.bytesPerSecond ?? 0)
    const remainingMs = state.remainingMs(this.#clock.monotonicMs())
    const seconds = remainingMs === undefined ? {} : { secondsRemaining: Math.round(remainingMs / 1000) }
    this.#write({ type: 'status', ...state.counts(), ...state.totals(), bytesPerSecond, ...seconds })
  }

  close(): void {}

  #isDue({ vm, disk, readBytes, totalBytes }: RunEvent & { type: 'disk-progress' }): boolean {
    const key = JSON.stringify([vm, disk])
    const nowMs = this.#clock.monotonicMs()
    if (readBytes < totalBytes && nowMs - (this.#toldMs.get(key) ?? -Infinity) < progressMs) return false
    this.#toldMs.set(key, nowMs)
    return true
  }

  #write(event: object): void {
    this.#display.line(JSON.stringify({ time: new Date(this.#clock.nowMs()).toISOString(), ...event }))
  }
}
