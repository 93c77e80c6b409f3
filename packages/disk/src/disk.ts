import type { Extent } from './extent.ts'

/**
 * A disk that can be read: a VM's disk over NFC, a VMDK, a restore point, bytes in memory.
 *
 * Contract (held by {@link diskReaderContract} in `testing.ts`):
 * - Capacity never changes while open. Bytes never change while open.
 * - Reads may run in parallel and may finish in any order. The implementation bounds what it keeps in flight.
 * - Closing waits for nothing and is safe to repeat; reads in flight then fail.
 */
export interface DiskReader extends AsyncDisposable {
  readonly capacityBytes: number
  /** Logical sector size, 512 or 4096. Offsets and lengths need not be multiples of it. */
  readonly sectorSizeBytes: number

  /**
   * Fills the whole of `target` from `offsetBytes` on. Holes read as zeroes. `target` belongs to the disk until the promise settles.
   *
   * @throws `disk.out-of-range` if the run does not lie inside the disk; `signal.reason` on abort
   */
  read(offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void>

  /**
   * The parts of `within` that may hold something other than zeroes: ascending, not touching, inside `within`.
   * What is left out reads as zeroes for certain. An implementation that does not know yields `within` itself.
   */
  allocated(within: Extent, signal?: AbortSignal): AsyncIterable<Extent>
}

/**
 * A disk that can be written: a new VMDK, a raw file, a new VM's disk over NFC.
 *
 * Contract (held by {@link diskWriterContract}):
 * - A fresh disk reads as zeroes. What is never written stays zero.
 * - Writes may come in any order and in parallel, but never overlap while in flight. A stream format may ask for ascending
 *   order by `ascending: true`; a write below the highest written byte is then `disk.not-ascending`.
 * - Nothing is durable or complete before `finish` resolves. Disposing without it abandons the disk.
 */
export interface DiskWriter extends AsyncDisposable {
  readonly capacityBytes: number
  /** Whether writes must come in ascending order, one at a time. */
  readonly ascending: boolean

  /** Writes all of `bytes` at `offsetBytes`. `bytes` belongs to the disk until the promise settles. @throws `disk.out-of-range` */
  write(offsetBytes: number, bytes: Uint8Array, signal?: AbortSignal): Promise<void>

  /** Makes everything durable and complete, and closes. Nothing may follow but disposal. */
  finish(signal?: AbortSignal): Promise<void>
}
