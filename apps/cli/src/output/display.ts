import stringWidth from 'string-width'
import type { Screen } from '../world.ts'

const hideCursor = '\u001B[?25l'
export const showCursor = '\u001B[?25h'
const clearBelow = '\u001B[0J'

/**
 * stderr: lines that stay, and on a terminal a few live lines below them that are drawn again and again.
 *
 * Invariants: the cursor stands at the start of the first row below the live lines; a live line never wraps, so that
 * going up by their number finds their first row, even after the window was made wider. If it was made narrower, the
 * terminal has wrapped them, and the rows are counted anew by their widths.
 */
export class Display {
  readonly #screen: Screen
  readonly #clean: (text: string) => string
  #live: readonly string[] = []
  #cursorHidden = false

  /** @param clean takes out what must not be shown */
  constructor(screen: Screen, clean: (text: string) => string = (text) => text) {
    this.#screen = screen
    this.#clean = clean
  }

  /** Writes a line that stays, above the live ones. */
  line(text: string): void {
    this.#screen.write(`${this.#erase()}${this.#clean(text)}\n${this.#lines()}`)
  }

  /** Replaces the live lines. Each is cut to the window's width. */
  live(lines: readonly string[]): void {
    const erase = this.#erase()
    this.#live = lines.slice(0, this.#rows() - 1).map((line) => cutToWidth(this.#clean(line), this.#columns() - 1))
    const hide = this.#cursorHidden ? '' : hideCursor
    this.#cursorHidden = true
    this.#screen.write(hide + erase + this.#lines())
  }

  /** Takes the live lines away and gives the cursor back. Safe to repeat. */
  close(): void {
    const erase = this.#erase()
    this.#live = []
    if (this.#cursorHidden) this.#screen.write(erase + showCursor)
    this.#cursorHidden = false
  }

  #columns(): number {
    return Math.max(20, this.#screen.columns ?? 80)
  }

  #rows(): number {
    return Math.max(2, this.#screen.rows ?? 24)
  }

  #lines(): string {
    return this.#live.map((line) => `${line}\n`).join('')
  }

  #erase(): string {
    if (this.#live.length === 0) return ''
    const columns = this.#columns()
    const rows = this.#live.reduce((sum, line) => sum + Math.max(1, Math.ceil(stringWidth(line) / columns)), 0)
    return `\u001B[${rows}A\r${clearBelow}`
  }
}

// eslint-disable-next-line no-control-regex -- colours are control sequences
const piece = /(\u001B\[[0-9;]*m)|([\s\S])/gu

/** Cuts by how wide a terminal shows it, colours kept and closed. */
export function cutToWidth(text: string, width: number): string {
  if (stringWidth(text) <= width) return text
  let used = 0
  let cut = ''
  for (const [, colour, character] of text.matchAll(piece)) {
    if (colour !== undefined) {
      cut += colour
      continue
    }
    const wide = stringWidth(character!)
    if (used + wide > width - 1) return `${cut}…\u001B[0m`
    used += wide
    cut += character!
  }
  return cut
}
