import { Limiter } from '@vmkeep/kit'

/** What direct reads ask of addresses, offsets and lengths: a multiple of every sector size, and of the page of every machine Node runs on but few. */
export const pageBytes = 4096
const wasmPageBytes = 65_536

/** What is used of it: Node's own types leave it to those of a browser. */
declare const WebAssembly: {
  readonly Memory: new (size: { readonly initial: number; readonly maximum: number }) => {
    readonly buffer: ArrayBuffer
  }
}

const known = new WeakSet<ArrayBufferLike>()

/**
 * Memory that starts at a page, for direct reads without a copy.
 *
 * Source: measured, Node 24: `Buffer.alloc`, `allocUnsafeSlow` and SharedArrayBuffer give EINVAL, the buffer of a WebAssembly.Memory
 * never does. Evidence: observed. Each one reserves gigabytes of addresses (not of memory), so take few and large ones.
 */
export function alignedMemory(lengthBytes: number): Uint8Array {
  const pages = Math.max(1, Math.ceil(lengthBytes / wasmPageBytes))
  const { buffer } = new WebAssembly.Memory({ initial: pages, maximum: pages })
  known.add(buffer)
  return new Uint8Array(buffer, 0, lengthBytes)
}

/** Whether a direct read can fill these bytes as they are. */
export const isAligned = ({ buffer, byteOffset, length }: Uint8Array): boolean =>
  known.has(buffer) && byteOffset % pageBytes === 0 && length % pageBytes === 0

export interface LentBytes extends Disposable {
  readonly bytes: Uint8Array
}

/** Pieces of aligned memory, lent to one read at a time. Made at the first loan. */
export class AlignedPool {
  readonly #pieceBytes: number
  readonly #pieces: number
  readonly #places: Limiter
  #free: Uint8Array[] | undefined

  constructor({ pieces, pieceBytes }: { readonly pieces: number; readonly pieceBytes: number }) {
    this.#pieces = pieces
    this.#pieceBytes = pieceBytes
    this.#places = new Limiter(pieces)
  }

  async lend(signal?: AbortSignal): Promise<LentBytes> {
    const place = await this.#places.acquire(signal)
    this.#free ??= this.#cut(alignedMemory(this.#pieces * this.#pieceBytes))
    const bytes = this.#free.pop()!
    let isBack = false
    return {
      bytes,
      [Symbol.dispose]: () => {
        if (isBack) return
        isBack = true
        this.#free!.push(bytes)
        place[Symbol.dispose]()
      },
    }
  }

  #cut(memory: Uint8Array): Uint8Array[] {
    const at = (piece: number) => memory.subarray(piece * this.#pieceBytes, (piece + 1) * this.#pieceBytes)
    return Array.from({ length: this.#pieces }, (_, piece) => at(piece))
  }
}
