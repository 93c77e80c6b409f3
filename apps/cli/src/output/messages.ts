import type { Clock, Log } from '@vmkeep/kit'
import type { Display } from './display.ts'
import { harmless, type Style } from './style.ts'

export type MessageLevel = 'quiet' | 'normal' | 'verbose'

interface Options {
  readonly level: MessageLevel
  /** One JSON object a line instead of text, so that a program can read stderr. */
  readonly json: boolean
  readonly style: Style
  readonly clock: Clock
}

/** What the command tells the person on stderr while it works. Quiet leaves only errors. */
export class Messages {
  readonly #display: Display
  readonly #options: Options

  constructor(display: Display, options: Options) {
    this.#display = display
    this.#options = options
  }

  info(text: string): void {
    if (this.#options.level !== 'quiet') this.#say('info', text, (line) => line)
  }

  warn(text: string): void {
    if (this.#options.level !== 'quiet')
      this.#say('warn', text, (line) => `${this.#options.style.warning('warning:')} ${line}`)
  }

  error(text: string): void {
    this.#say('error', text, (line) => `${this.#options.style.bad('error:')} ${line}`)
  }

  detail(text: string): void {
    if (this.#options.level === 'verbose') this.#say('debug', text, this.#options.style.faint)
  }

  /** What the packages below tell, for them. */
  readonly log: Log = ({ level, message, about }) => {
    const told = about === undefined ? message : `${message} ${JSON.stringify(about)}`
    if (level === 'debug' || level === 'info') this.detail(told)
    else if (level === 'warn') this.warn(message)
    else this.error(message)
  }

  #say(level: string, text: string, decorate: (line: string) => string): void {
    const { json, clock } = this.#options
    const message = harmless(text)
    const note = { time: new Date(clock.nowMs()).toISOString(), type: 'note', level, message }
    this.#display.line(json ? JSON.stringify(note) : decorate(message))
  }
}
