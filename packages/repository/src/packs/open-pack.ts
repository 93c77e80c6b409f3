import assert from 'node:assert/strict'
import { blobOverheadBytes, decodeBlobHeader } from '../formats/blob.ts'
import { headerBytes } from '../formats/common-header.ts'
import type { PackEntry, PackKind } from '../formats/pack.ts'
import type { IndexedPack } from '../index/chunk-index.ts'
import type { MemoryArea } from '../workers/memory-area.ts'
import { segmentBytes } from '../workers/shared-memory.ts'
import type { SealedBlob } from '../workers/seal-blob.ts'

/**
 * A pack being filled: its header and sealed blobs, one after the other, in segments of the shared memory. A segment begins at a multiple of its size in the
 * pack, too: so can it go to a disk as it lies.
 */
export class OpenPack {
  readonly indexed: IndexedPack
  readonly kind: PackKind
  readonly entries: PackEntry[] = []
  plainBytes = 0
  /** Which data key sealed what is in it; 0 while there are only map pages. A pack has one. */
  keyGeneration = 0
  /** Where the next blob goes, counted from the pack's beginning. */
  sizeBytes = headerBytes
  readonly #area: MemoryArea
  readonly #segments: Uint8Array[] = []

  constructor(area: MemoryArea, indexed: IndexedPack, kind: PackKind) {
    this.#area = area
    this.indexed = indexed
    this.kind = kind
  }

  /** How many segments are missing before a blob of `storedBytes` fits. */
  segmentsMissing(storedBytes: number): number {
    return Math.max(0, Math.ceil((this.sizeBytes + storedBytes) / segmentBytes) - this.#segments.length)
  }

  /** Whether a blob sealed with this data key, or 0 for a map page, may be added. */
  takes(keyGeneration: number): boolean {
    return keyGeneration === 0 || this.keyGeneration === 0 || keyGeneration === this.keyGeneration
  }

  addSegment(segment: Uint8Array): void {
    this.#segments.push(segment)
  }

  /** Copies a blob in and returns its entry. There must be room. */
  append({ header, ciphertext, tag }: SealedBlob): PackEntry {
    const storedBytes = ciphertext.length + blobOverheadBytes
    assert(this.segmentsMissing(storedBytes) === 0)
    const { id, plainBytes, type, compression, keyGeneration } = decodeBlobHeader(header, storedBytes) // the entry says what the blob says
    assert(this.takes(keyGeneration))
    this.keyGeneration ||= keyGeneration
    const entry = { id, offsetBytes: this.sizeBytes, storedBytes, plainBytes, type, compression }
    for (const part of [header, ciphertext, tag]) this.#copy(part)
    this.entries.push(entry)
    this.plainBytes += plainBytes
    return entry
  }

  /** A copy of a blob that is in it. */
  read({ offsetBytes, storedBytes }: { offsetBytes: number; storedBytes: number }): Uint8Array {
    const blob = new Uint8Array(storedBytes)
    for (let done = 0; done < storedBytes;) {
      const at = offsetBytes + done
      const run = this.#segments[Math.floor(at / segmentBytes)]!.subarray(at % segmentBytes)
      blob.set(run.subarray(0, storedBytes - done), done)
      done += run.length
    }
    return blob
  }

  /** Everything that is in it behind this header, in order. */
  pieces(header: Uint8Array): Uint8Array[] {
    this.#segments[0]!.set(header)
    const whole = Math.floor(this.sizeBytes / segmentBytes)
    const rest = this.sizeBytes % segmentBytes
    return [...this.#segments.slice(0, whole), ...(rest === 0 ? [] : [this.#segments[whole]!.subarray(0, rest)])]
  }

  /** Gives its memory back. */
  release(): void {
    for (const segment of this.#segments.splice(0)) this.#area.release(segment)
  }

  #copy(part: Uint8Array): void {
    for (let done = 0; done < part.length;) {
      const at = this.sizeBytes
      const room = this.#segments[Math.floor(at / segmentBytes)]!.subarray(at % segmentBytes)
      const run = part.subarray(done, done + room.length)
      room.set(run)
      done += run.length
      this.sizeBytes += run.length
    }
  }
}
