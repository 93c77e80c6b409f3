import type { Readable } from 'node:stream'
import type { Log } from '@vmkeep/kit'

const lineCharactersMax = 2000
const lastLines = 3

/** What the library writes to its log: passed on line by line, without secrets; the last warnings are kept for when it dies. */
export class LogLines {
  readonly #log: Log
  readonly #secrets = new Set<string>()
  #last: string[] = []

  constructor(log: Log, streams: { readonly log: Readable; readonly warn: Readable }) {
    this.#log = log
    this.#follow(streams.log, (line) => log({ level: 'debug', message: `VDDK: ${line}` }))
    this.#follow(streams.warn, (line) => this.#warned(line))
  }

  /** From now on this is not shown, whatever the library writes. */
  hide(secret: string): void {
    if (secret.length > 3) this.#secrets.add(secret.replaceAll('"', ''))
  }

  get last(): string {
    return this.#last.join(' / ')
  }

  #warned(line: string): void {
    this.#last = [...this.#last, line].slice(-lastLines)
    this.#log({ level: 'debug', message: `VDDK warns: ${line}` })
  }

  #follow(stream: Readable, onLine: (line: string) => void): void {
    let rest = ''
    stream.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop()!.slice(-lineCharactersMax)
      for (const line of lines) if (line.trim() !== '') onLine(this.#clean(line))
    })
  }

  #clean(line: string): string {
    let clean = line.replace(/^node: /, '').slice(0, lineCharactersMax) // vwarnx puts the program's name first
    for (const secret of this.#secrets) clean = clean.replaceAll(secret, '[secret]')
    return clean.trimEnd()
  }
}
