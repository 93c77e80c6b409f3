import { constants } from 'node:fs'
import { type FileHandle, open, statfs } from 'node:fs/promises'

/** What O_DIRECT wants offsets, lengths and memory to be a multiple of: no disk has larger blocks. Source: Linux open(2), NOTES. Evidence: documented. */
const blockBytes = 4096
/** Each write waits for the disk: small ones are left to the page cache. */
const writeBytesMin = 64 * 1024
/** Source: Linux writev(2), IOV_MAX. Evidence: documented. */
const piecesMax = 1024

/** Where a write past the cache costs a round trip, or does what somebody's program does. Source: Linux statfs(2), and linux/magic.h. Evidence: documented. */
const elsewhere = new Set([0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x01021997, 0x5346414f, 0x65735546])

/** EINVAL: the file system knows no O_DIRECT, or the memory is not where the disk wants it. Source: Linux open(2), ERRORS. Evidence: documented. */
const isRefusal = (error: unknown) => ['EINVAL', 'EOPNOTSUPP'].includes((error as NodeJS.ErrnoException).code ?? '')

/**
 * Writes a file past the kernel's page cache, from memory that is page-aligned: a fifth of the processor time of writing through it, and what else the
 * machine has in its cache stays there (measured: docs/decisions/0045).
 */
export class DirectWriter implements AsyncDisposable {
  readonly #file: FileHandle
  #refused = false

  private constructor(file: FileHandle) {
    this.#file = file
  }

  /** `undefined` where it cannot be had. */
  static async open(path: string): Promise<DirectWriter | undefined> {
    if (process.platform !== 'linux' || elsewhere.has((await statfs(path)).type >>> 0)) return undefined
    try {
      return new DirectWriter(await open(path, constants.O_WRONLY | constants.O_DIRECT))
    } catch (error) {
      if (isRefusal(error)) return undefined
      throw error
    }
  }

  /** Writes the beginning of some pieces, one after the other, as much as goes this way, and returns its length: 0 if nothing does. */
  async write(offsetBytes: number, ...pieces: readonly Uint8Array[]): Promise<number> {
    const run = [...wholeBlocks(pieces)]
    const lengthBytes = run.reduce((sum, { length }) => sum + length, 0)
    if (this.#refused || offsetBytes % blockBytes !== 0 || lengthBytes < writeBytesMin) return 0
    try {
      return (await this.#file.writev(run, offsetBytes)).bytesWritten
    } catch (error) {
      if (!isRefusal(error)) throw error
      this.#refused = true
      return 0
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close()
  }
}

/** As much of the beginning of `pieces` as lies in whole blocks of page-aligned memory. */
function* wholeBlocks(pieces: readonly Uint8Array[]): Iterable<Uint8Array> {
  for (const piece of pieces.slice(0, piecesMax)) {
    const lengthBytes = piece.length - (piece.length % blockBytes)
    // Of memory that Node has, only that of WebAssembly is page-aligned, and only shared is used here. Evidence: observed, Node 24.
    if (lengthBytes === 0 || piece.byteOffset % blockBytes !== 0 || !(piece.buffer instanceof SharedArrayBuffer)) return
    yield piece.subarray(0, lengthBytes)
    if (lengthBytes < piece.length) return
  }
}
