import { writeSync } from 'node:fs'
import koffi from 'koffi'
import { Completion, Panic } from './abi.ts'
import { codeOfVix } from './library.ts'

const libc = koffi.load('libc.so.6')

/** Ends this process with its parent, even while the library has the main thread. Source: prctl(2), PR_SET_PDEATHSIG. Evidence: documented. */
export function dieWithParent(): void {
  const prctl = libc.func('prctl', 'int', ['int', 'ulong'])
  prctl(1, 9)
}

export interface LogFunctions {
  readonly log: bigint
  readonly warn: bigint
  readonly panic: bigint
}

/**
 * What the library writes its log with, from any of its threads at any time.
 *
 * `vprintf` and `vwarnx` of the C library themselves: they have the very shape that is asked for, are safe in threads, and need no
 * JavaScript, which would have to wait for a main thread that may be waiting for the library. Only a panic comes to JavaScript: it ends
 * the process, since the library is not to go on. Source: VixDiskLibGenericLogFunc; vprintf(3), err(3). Evidence: documented.
 */
export function logFunctions(): LogFunctions {
  const setvbuf = libc.func('setvbuf', 'int', ['void *', 'void *', 'int', 'size_t'])
  const unbuffered = 2
  setvbuf(koffi.decode(libc.symbol('stdout'), 'void *'), null, unbuffered, 0)
  return {
    log: libc.symbol('vprintf') as bigint,
    warn: libc.symbol('vwarnx') as bigint,
    panic: koffi.register(panicked, koffi.pointer(Panic)),
  }
}

const vsnprintf = libc.func('vsnprintf', 'int', ['void *', 'size_t', 'void *', 'void *'])

function panicked(format: bigint, args: bigint): void {
  const text = Buffer.from(new ArrayBuffer(1024))
  vsnprintf(text, text.length, format, args)
  writeSync(2, `panic: ${text.toString('utf8', 0, text.indexOf(0))}\n`)
  process.kill(process.pid, 'SIGKILL')
}

/** Reads and writes that the library has taken and not ended yet. It ends them from threads of its own. */
export class Completions {
  readonly callback: bigint = koffi.register(
    (data: bigint, result: number | bigint) => this.#ended(data, codeOfVix(result)),
    koffi.pointer(Completion),
  )
  readonly #waiting = new Map<bigint, { readonly resolve: (code: number) => void; readonly held: unknown }>()
  #next = 1n

  /** A new one: the value that tells it apart, and the code it ends with. `held` stays in memory until then. */
  begin(held: unknown): { readonly data: bigint; readonly ended: Promise<number>; readonly forget: () => void } {
    const data = this.#next++
    const { promise, resolve } = Promise.withResolvers<number>()
    this.#waiting.set(data, { resolve, held })
    return { data, ended: promise, forget: () => void this.#waiting.delete(data) }
  }

  #ended(data: bigint | null, code: number): void {
    const found = this.#waiting.get(data ?? 0n)
    this.#waiting.delete(data ?? 0n)
    found?.resolve(code)
  }
}
