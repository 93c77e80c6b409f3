import type { Clock } from '@vmkeep/kit'
import type { RunEvent } from '@vmkeep/run'
import type { Display } from '../output/display.ts'
import type { Style } from '../output/style.ts'
import { barLine, runLine } from './lines.ts'
import type { Renderer } from './renderer.ts'
import type { RunState } from './run-state.ts'

/** Ten redraws a second at most. */
const redrawMs = 100
/** Without news the times on screen still move on. */
const idleRedrawMs = 1000
const disksShownMax = 12

/** Live lines on a terminal: one per disk at work, and the whole below. */
export class BarRenderer implements Renderer {
  readonly takesNotes = false
  readonly #display: Display
  readonly #style: Style
  readonly #clock: Clock
  #drawnMs = -Infinity
  #news = false

  constructor(display: Display, style: Style, clock: Clock) {
    this.#display = display
    this.#style = style
    this.#clock = clock
  }

  event(_event: RunEvent, state: RunState): void {
    this.#news = true
    this.tick(state)
  }

  tick(state: RunState): void {
    const nowMs = this.#clock.monotonicMs()
    if (nowMs - this.#drawnMs < (this.#news ? redrawMs : idleRedrawMs)) return
    this.#drawnMs = nowMs
    this.#news = false
    const active = state.active()
    const shown = active.slice(0, disksShownMax)
    const hidden = active.length - shown.length
    this.#display.live([
      ...shown.map((disk) => barLine(disk, nowMs, this.#style)),
      ...(hidden > 0 ? [`and ${hidden} more at work`] : []),
      this.#style.strong(runLine(state, nowMs)),
    ])
  }

  status(state: RunState): void {
    this.#display.line(runLine(state, this.#clock.monotonicMs()))
  }

  close(): void {
    this.#display.close()
  }
}
