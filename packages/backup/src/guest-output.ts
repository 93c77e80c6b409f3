import { type Clock, messageOf } from '@vmkeep/kit'
import type { Guest, GuestLogin } from '@vmkeep/vsphere'
import type { OutputPlace } from './guest-command.ts'
import { outputBytesMax, readableOutput } from './script-output.ts'
import type { ScriptResult } from './scripts.ts'

/** Nobody waits for long: an application may be frozen meanwhile. */
const patienceMs = 10_000

export interface OutputWish {
  readonly when: 'failed' | 'always'
  readonly place: OutputPlace
}

interface Made {
  readonly guest: Guest
  readonly clock: Clock
  readonly login: GuestLogin
}

/**
 * What one script in a guest writes: a temporary file there that its shell fills, read at the end if anybody wants it, and removed.
 * A script never fails for it, and is run all the same where no such file can be had.
 */
export class GuestOutput {
  /** Where the script is to write; nowhere, if absent. */
  readonly file: string | undefined
  readonly #made: Made
  readonly #when: OutputWish['when']
  readonly #whyNone: string | undefined

  private constructor(
    made: Made,
    wish: OutputWish | undefined,
    { file, whyNone }: { file?: string; whyNone?: string },
  ) {
    this.#made = made
    this.#when = wish?.when ?? 'failed'
    this.file = file
    this.#whyNone = whyNone
  }

  static async open(made: Made, wish: OutputWish | undefined): Promise<GuestOutput> {
    if (wish === undefined) return new GuestOutput(made, wish, {})
    const { folder, isSafe } = wish.place
    try {
      const named = { prefix: 'vmkeep-', suffix: '.log', ...(folder !== undefined && { folder }) }
      const file = await within(made.clock, (signal) => made.guest.createTemporaryFile(named, signal))
      const own = new GuestOutput(made, wish, { file })
      if (isSafe(file)) return own
      await own.#remove()
      return new GuestOutput(made, wish, { whyNone: `its name is not safe: ${JSON.stringify(file)}` })
    } catch (error) {
      return new GuestOutput(made, wish, { whyNone: messageOf(error) })
    }
  }

  /** The result with what the script wrote, if it failed or that is wanted anyway. Removes the file. */
  async addedTo(result: ScriptResult): Promise<ScriptResult> {
    const isWanted = result.failure !== undefined || this.#when === 'always'
    const said = isWanted ? await this.#read() : []
    const left = await this.#remove()
    return { ...result, output: [...said, ...left].join(' ') }
  }

  /** For a script of which nothing will be told. */
  async discard(): Promise<void> {
    await this.#remove()
  }

  async #read(): Promise<readonly string[]> {
    if (this.#whyNone !== undefined) return [`(what it wrote was not kept: ${this.#whyNone})`]
    const { file } = this
    if (file === undefined) return []
    try {
      const { guest, clock } = this.#made
      const text = this.#readable(await within(clock, (signal) => guest.readEnd(file, outputBytesMax, signal)))
      return text === '' ? [] : [text]
    } catch (error) {
      return [`(what it wrote could not be read: ${messageOf(error)})`]
    }
  }

  /** Without the password, should the script have shown it. */
  #readable(bytes: Buffer): string {
    const secret = this.#made.login.password.reveal()
    const text = readableOutput(bytes)
    return secret === '' ? text : text.replaceAll(secret, '***')
  }

  async #remove(): Promise<readonly string[]> {
    const { file } = this
    if (file === undefined) return []
    try {
      await within(this.#made.clock, (signal) => this.#made.guest.deleteFile(file, signal))
      return []
    } catch (error) {
      return [`(${file} in the guest could not be removed: ${messageOf(error)})`]
    }
  }
}

async function within<T>(clock: Clock, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const over = new AbortController()
  const late = new AbortController()
  void clock.sleep(patienceMs, over.signal).then(
    () => late.abort(new Error(`no answer within ${patienceMs / 1000} s`)),
    () => {}, // aborted: it is over
  )
  try {
    return await work(late.signal)
  } finally {
    over.abort()
  }
}
