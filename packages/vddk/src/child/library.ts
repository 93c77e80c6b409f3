import { dirname, join } from 'node:path'
import koffi, { type KoffiFunc, type LibraryHandle } from 'koffi'
import { messageOf } from '@vmkeep/kit'
import { fail } from '../errors.ts'

type Declared = Readonly<Record<string, { readonly takes: readonly string[]; readonly gives?: string }>>
type Any = KoffiFunc<(...args: unknown[]) => unknown>

/** The library said no. */
export class VixFailure extends Error {
  readonly vix: number
  constructor(vix: number, text: string) {
    super(text)
    this.vix = vix
  }
}

/**
 * A library of VMware's, loaded.
 *
 * All calls but those of {@link now} run on one and the same thread, one after the other: libuv's pool has one here
 * (`UV_THREADPOOL_SIZE=1`), so that opening, closing and I/O are always of one thread, and this one stays free for what the library's own
 * threads call back. Source: VDDK 8.0 Programming Guide, "Multithreading Considerations". Evidence: documented; tried with the fake.
 */
export class Library<const Functions extends Declared> {
  readonly #handle: LibraryHandle
  readonly #prefix: string
  readonly #declared: Functions
  readonly #made = new Map<string, Any | undefined>()

  constructor(file: string, prefix: string, functions: Functions) {
    this.#handle = load(file)
    this.#prefix = prefix
    this.#declared = functions
  }

  has(name: keyof Functions & string): boolean {
    return this.#function(name) !== undefined
  }

  /** Calls a function here and now. */
  now(name: keyof Functions & string, ...args: unknown[]): unknown {
    return this.#required(name)(...args)
  }

  call(name: keyof Functions & string, ...args: unknown[]): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const required = this.#required(name)
    required.async(...args, (error: unknown, result: unknown) => (error ? reject(error as Error) : resolve(result)))
    return promise
  }

  /** What a function that answers with a VixError answers: its lowest 16 bits. Source: "Interpreting Errors Codes". Evidence: documented. */
  async code(name: keyof Functions & string, ...args: unknown[]): Promise<number> {
    return codeOfVix(await this.call(name, ...args))
  }

  #required(name: string): Any {
    const found = this.#function(name)
    if (found === undefined) throw new VixFailure(6, `it has no ${this.#prefix}${name}`)
    return found
  }

  #function(name: string): Any | undefined {
    if (!this.#made.has(name)) {
      const { takes, gives = 'uint64_t' } = this.#declared[name]!
      try {
        this.#made.set(name, this.#handle.func(this.#prefix + name, gives, [...takes]) as Any)
      } catch {
        this.#made.set(name, undefined) // an older version, or another one
      }
    }
    return this.#made.get(name)
  }
}

export const codeOfVix = (error: unknown): number => Number(BigInt(error as number | bigint) & 0xffffn)

/**
 * `deep`: the library must find its own OpenSSL, not that inside Node, which has the same names and comes first by default. What it opens
 * later by itself is opened before, so that it is bound in the same way. Source: dlopen(3), RTLD_DEEPBIND; the plugin's name: VDDK's file
 * list as admins tell it. Evidence: documented; observed with the fake, which does the same.
 */
function load(file: string): LibraryHandle {
  try {
    koffi.load(join(dirname(file), 'libdiskLibPlugin.so'), { deep: true })
  } catch {
    // not there, or not to be had by itself: the library says what it misses
  }
  try {
    return koffi.load(file, { deep: true })
  } catch (error) {
    throw fail('vddk.library-not-loadable', { file, why: messageOf(error) }, error)
  }
}
