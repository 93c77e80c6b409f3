import type { Clock } from '@vmkeep/kit'
import type { Display } from '../output/display.ts'
import { runLine } from './lines.ts'
import type { Renderer } from './renderer.ts'
import type { RunState } from './run-state.ts'

/** Shows nothing by itself, and still answers SIGUSR1: whoever sends that wants to know. */
export class SilentRenderer implements Renderer {
  readonly takesNotes = false
  readonly #display: Display
  readonly #clock: Clock

  constructor(display: Display, clock: Clock) {
    this.#display = display
    this.#clock = clock
  }

  event(): void {}
  tick(): void {}
  close(): void {}

  status(state: RunState): void {
    this.#display.line(runLine(state, this.#clock.monotonicMs()))
  }
}
