import { homedir } from 'node:os'
import { type Clock, type Random, systemClock, systemRandom } from '@vmkeep/kit'

/** A stream to write text to: a terminal, a pipe, a file, or a test's memory. */
export interface Screen {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
  write(text: string): unknown
}

/** Where answers to questions come from. */
export interface Keyboard {
  readonly isTTY?: boolean
  setRawMode?(on: boolean): unknown
  setEncoding(encoding: 'utf8'): unknown
  on(event: 'data' | 'end', listener: (text: string) => void): unknown
  off(event: 'data' | 'end', listener: (text: string) => void): unknown
  resume(): unknown
  pause(): unknown
}

/** Where signals come from: the process, or a test. */
export interface SignalSource {
  on(name: NodeJS.Signals, listener: () => void): unknown
  off(name: NodeJS.Signals, listener: () => void): unknown
}

/** Everything the command line takes from its surroundings, so that a test can be the surroundings. */
export interface World {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string
  readonly stdin: Keyboard
  readonly stdout: Screen
  readonly stderr: Screen
  readonly signals: SignalSource
  readonly clock: Clock
  readonly random: Random
  /** Leaves at once with this code, cleaning nothing: for the person who insists. */
  leave(code: number): void
}

export function processWorld(): World {
  return {
    argv: process.argv.slice(2),
    env: process.env,
    home: homedir(),
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    signals: process,
    clock: systemClock,
    random: systemRandom,
    leave: (code) => process.exit(code),
  }
}
