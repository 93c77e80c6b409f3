import koffi from 'koffi'

/**
 * Memory that a C function may write to. Not a small `Buffer`: those can lie in V8's own heap, where they are moved.
 * The caller holds it until C is done with it.
 */
export class Cells {
  readonly bytes: Buffer<ArrayBuffer>
  readonly address: bigint

  constructor(count: number) {
    this.bytes = Buffer.from(new ArrayBuffer(count * 8))
    this.address = koffi.address(this.bytes)
  }

  get(at = 0): bigint {
    return this.bytes.readBigUInt64LE(at * 8)
  }

  set(value: bigint, at = 0): void {
    this.bytes.writeBigUInt64LE(value, at * 8)
  }
}

/** Text for C, that can be wiped. */
export class CText {
  readonly #bytes: Buffer<ArrayBuffer>
  readonly address: bigint

  constructor(text: string) {
    this.#bytes = Buffer.from(new ArrayBuffer(Buffer.byteLength(text) + 1))
    this.#bytes.write(text)
    this.address = koffi.address(this.#bytes)
  }

  wipe(): void {
    this.#bytes.fill(0)
  }
}

/** `lengthBytes` bytes at an address, as they are now. */
export function copyOf(address: bigint, lengthBytes: number): Buffer {
  return lengthBytes === 0 ? Buffer.alloc(0) : Buffer.from(Buffer.from(koffi.view(address, lengthBytes)))
}

const pageBytes = 64 * 1024
/** Node's types leave it to those of browsers. */
const { WebAssembly } = globalThis as unknown as {
  WebAssembly: { Memory: new (size: { initial: number }) => { readonly buffer: ArrayBuffer } }
}

/**
 * A buffer that begins on a page of memory, as direct I/O of san and hotadd likes it. Source: the buffer of a `WebAssembly.Memory` is
 * aligned, those of Node are not. Evidence: observed (Node 24).
 */
export function pageAligned(lengthBytes: number): Buffer<ArrayBuffer> {
  const { buffer } = new WebAssembly.Memory({ initial: Math.max(1, Math.ceil(lengthBytes / pageBytes)) })
  return Buffer.from(buffer, 0, lengthBytes)
}
