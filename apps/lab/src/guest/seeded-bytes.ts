import { createCipheriv, createHash, type Cipheriv } from 'node:crypto'

const zeroes = Buffer.alloc(1024 * 1024)

/** Bytes without end that depend on the seed alone: a cipher's key stream, a gigabyte per second. For contents, never for keys. */
export class SeededBytes {
  readonly #cipher: Cipheriv
  #rest: Buffer = Buffer.alloc(0)

  /** Starts `offsetBytes` into the stream; a multiple of 16. */
  constructor(seed: string, offsetBytes = 0) {
    const key = createHash('sha256').update(seed).digest()
    const counter = Buffer.alloc(16)
    counter.writeBigUInt64BE(BigInt(offsetBytes) / 16n, 8)
    this.#cipher = createCipheriv('aes-128-ctr', key.subarray(0, 16), counter)
  }

  /** Fresh memory with the next bytes. */
  take(sizeBytes: number): Buffer {
    const parts: Buffer[] = []
    for (let left = sizeBytes; left > 0;) {
      const part = this.#cipher.update(zeroes.subarray(0, Math.min(left, zeroes.length)))
      parts.push(part)
      left -= part.length
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
  }

  /** A whole number from 0 up to, not including, `limit`, which is at most 2^32. */
  below(limit: number): number {
    if (this.#rest.length < 4) this.#rest = this.take(4096)
    const value = this.#rest.readUInt32LE(0)
    this.#rest = this.#rest.subarray(4)
    return Math.floor((value / 2 ** 32) * limit)
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!
  }
}
