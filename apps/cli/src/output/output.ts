import type { Screen } from '../world.ts'
import { toJson, toMachine, toYaml } from './machine.ts'
import { type Style } from './style.ts'

export type OutputFormat = 'table' | 'json' | 'yaml'

interface Hooks {
  readonly clean: (text: string) => string
  readonly cleanValue: (value: unknown) => unknown
  readonly beforeAnswer: () => void
}

/** The command's answer, on stdout. People get the text, machines get the value; the command does not ask which. */
export class Output {
  readonly format: OutputFormat
  readonly #screen: Screen
  readonly #style: Style
  readonly #hooks: Hooks

  constructor(screen: Screen, format: OutputFormat, style: Style, hooks: Hooks) {
    this.#screen = screen
    this.format = format
    this.#style = style
    this.#hooks = hooks
  }

  /** Answers with `value`. `text` says it to people; an empty text prints nothing. Once per command, at its end. */
  async answer(value: unknown, text: (style: Style) => string): Promise<void> {
    const written = await this.#write(value, text)
    this.#hooks.beforeAnswer() // live lines would stand in the middle of it
    if (written !== '') this.#screen.write(`${written}\n`)
  }

  /** Answers with text alone where there is no value behind it: help, a script. Not redacted, not formatted. */
  plain(text: string): void {
    this.#screen.write(text.endsWith('\n') ? text : `${text}\n`)
  }

  #write(value: unknown, text: (style: Style) => string): string | Promise<string> {
    switch (this.format) {
      case 'json':
        return toJson(this.#hooks.cleanValue(toMachine(value)))
      case 'yaml':
        return toYaml(this.#hooks.cleanValue(toMachine(value)))
      case 'table':
        return this.#hooks.clean(text(this.#style))
    }
  }
}
