/** One thing that happened, for whoever listens: the CLI's progress, a file, a test. Never holds a secret. */
export interface LogEvent {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  /** A full sentence for a person. */
  readonly message: string
  /** What it is about: `vm`, `disk`, `phase`, `code` … plain values only. */
  readonly about?: Readonly<Record<string, string | number | boolean>>
}

export type Log = (event: LogEvent) => void

export const silent: Log = () => {}
