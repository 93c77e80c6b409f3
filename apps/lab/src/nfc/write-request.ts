import { promisify } from 'node:util'
import { inflate } from 'node:zlib'
import { FormatError } from '@vmkeep/kit'
import { compressionKind, decodeSkipZ, type IoFragment } from '@vmkeep/nfc/messages'
import type { OpenDisk } from '../storage/model.ts'

const inflated = promisify(inflate)

/** One write while its fragments arrive. */
export class WriteRequest {
  readonly disk: OpenDisk
  readonly offsetBytes: number
  readonly totalBytes: number
  readonly #seen = new Set<number>()
  #doneBytes = 0
  /** Why it failed; told once, after its last fragment, as the one answer it gets. */
  failure: unknown

  constructor(disk: OpenDisk, { offsetBytes, totalBytes }: IoFragment) {
    this.disk = disk
    this.offsetBytes = offsetBytes
    this.totalBytes = totalBytes
  }

  get isComplete(): boolean {
    return this.#doneBytes === this.totalBytes
  }

  /** @throws FormatError if the fragment does not fit its request */
  check(fragment: IoFragment): void {
    const { fragmentOffsetBytes: at, fragmentBytes } = fragment
    if (fragment.totalBytes !== this.totalBytes || fragment.offsetBytes !== this.offsetBytes)
      throw new FormatError('IO write: a fragment of another request under the same opId')
    if (fragmentBytes === 0 || at + fragmentBytes > this.totalBytes || this.#seen.has(at))
      throw new FormatError(`IO write: fragment ${at}+${fragmentBytes} of ${this.totalBytes} bytes`)
    this.#seen.add(at)
    this.#doneBytes += fragmentBytes
    if (this.#doneBytes > this.totalBytes) throw new FormatError('IO write: fragments overlap')
  }

  async write({ fragmentOffsetBytes, fragmentBytes, compression }: IoFragment, wire: Uint8Array): Promise<void> {
    if (this.failure !== undefined) return
    try {
      const bytes = await unpack(compression, wire, fragmentBytes)
      await this.disk.write(this.offsetBytes + fragmentOffsetBytes, bytes)
    } catch (error) {
      this.failure = error
    }
  }
}

async function unpack(kind: number, wire: Uint8Array, lengthBytes: number): Promise<Uint8Array> {
  if (kind === compressionKind.none) return ofLength(wire, lengthBytes)
  if (kind === compressionKind.zlib)
    return ofLength(await inflated(wire, { maxOutputLength: Math.max(lengthBytes, 1) }), lengthBytes)
  if (kind !== compressionKind.skipz) throw new FormatError(`IO write: compression ${kind} is not supported`)
  const plain = new Uint8Array(lengthBytes)
  decodeSkipZ(wire, plain)
  return plain
}

function ofLength(bytes: Uint8Array, lengthBytes: number): Uint8Array {
  if (bytes.length !== lengthBytes) throw new FormatError(`IO write: ${bytes.length} bytes where ${lengthBytes} belong`)
  return bytes
}
