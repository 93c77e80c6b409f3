// A make-believe world for tests: streams in memory, signals on demand, a clock that stands still.
import { EventEmitter } from 'node:events'
import { type Clock, type Random, seededRandom } from '@vmkeep/kit'
import { fakeClock } from '@vmkeep/kit/testing'
import { catalogue, type Catalogue } from './catalogue.ts'
import { run } from './run.ts'
import type { Keyboard, Screen, World } from './world.ts'

export class FakeScreen implements Screen {
  written = ''
  readonly isTTY: boolean
  columns: number
  rows = 24

  constructor({ isTTY = false, columns = 80 }: { isTTY?: boolean; columns?: number } = {}) {
    this.isTTY = isTTY
    this.columns = columns
  }

  write(text: string): boolean {
    this.written += text
    return true
  }
}

// eslint-disable-next-line no-control-regex -- a terminal reads control sequences
const sequences = /\u001B\[(\d+)A|\u001B\[0(J)|\u001B\[([?0-9;]*[a-zA-Z])|([\s\S])/gu

/** What a terminal of this width shows after these bytes: enough of a terminal for what we send. */
export function shownBy(written: string, columns = 80): string[] {
  const rows: string[][] = [[]]
  let row = 0
  let column = 0
  for (const [, up, erase, other, character] of written.matchAll(sequences)) {
    if (up !== undefined) row = Math.max(0, row - Number(up))
    else if (erase !== undefined) {
      rows.length = row + 1
      rows[row]!.length = column
    } else if (other !== undefined) continue
    else if (character === '\n') [row, column] = [row + 1, 0]
    else if (character === '\r') column = 0
    else {
      if (column >= columns) [row, column] = [row + 1, 0]
      ;(rows[row] ??= [])[column++] = character!
    }
    rows[row] ??= []
  }
  return rows.map((cells) =>
    Array.from(cells, (cell) => cell ?? ' ')
      .join('')
      .trimEnd(),
  )
}

export class FakeKeyboard extends EventEmitter implements Keyboard {
  readonly isTTY: boolean
  rawMode = false
  readonly #answers: string[]

  /** Each answer is typed when a question is asked. */
  constructor(answers: readonly string[] = [], isTTY = answers.length > 0) {
    super()
    this.#answers = [...answers]
    this.isTTY = isTTY
  }

  setRawMode(on: boolean): void {
    this.rawMode = on
  }

  setEncoding(): void {}
  pause(): void {}

  resume(): void {
    const answer = this.#answers.shift()
    if (answer !== undefined) queueMicrotask(() => this.emit('data', answer))
  }
}

export interface Setting {
  readonly env?: World['env']
  readonly home?: string
  readonly isTTY?: boolean
  readonly columns?: number
  /** What is typed at each question, `\r` included. */
  readonly answers?: readonly string[]
  readonly commands?: Catalogue
  /** The real one where the other side of a connection lives by it. A clock that stands still otherwise. */
  readonly clock?: Clock
  /** Seeded otherwise: the same ids in every run. */
  readonly random?: Random
}

export interface FakeWorld extends World {
  readonly stdout: FakeScreen
  readonly stderr: FakeScreen
  readonly stdin: FakeKeyboard
  readonly signals: EventEmitter
  readonly left: number[]
}

export function fakeWorld(argv: readonly string[], setting: Setting = {}): FakeWorld {
  const { env = {}, home = '/nonexistent', isTTY = false, columns = 80, answers = [] } = setting
  const left: number[] = []
  return {
    argv,
    env,
    home,
    stdin: new FakeKeyboard(answers, isTTY),
    stdout: new FakeScreen({ isTTY, columns }),
    stderr: new FakeScreen({ isTTY, columns }),
    signals: new EventEmitter(),
    clock: setting.clock ?? fakeClock(),
    random: setting.random ?? seededRandom('cli'),
    left,
    leave: (code) => void left.push(code),
  }
}

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  readonly world: FakeWorld
}

/** Runs a command line in this process. */
export async function vmkeep(argv: readonly string[], setting: Setting = {}): Promise<Ran> {
  const world = fakeWorld(argv, setting)
  const code = await run(world, setting.commands ?? catalogue)
  return { code, stdout: world.stdout.written, stderr: world.stderr.written, world }
}

/** A server that a test has started. */
interface TestServer {
  readonly host: string
  readonly port: number
  readonly username: string
  readonly password: string
  readonly thumbprintSha256: string
}

/** The variables by which a command reaches it, in place of a config. */
export const environmentOf = ({
  host,
  port,
  username,
  password,
  thumbprintSha256,
}: TestServer): Record<string, string> => ({
  VMKEEP_VCENTER_HOST: host,
  VMKEEP_VCENTER_PORT: String(port),
  VMKEEP_VCENTER_USERNAME: username,
  VMKEEP_VCENTER_PASSWORD: password,
  VMKEEP_VCENTER_THUMBPRINT: thumbprintSha256,
})
