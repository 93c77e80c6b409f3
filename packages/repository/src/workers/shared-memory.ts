import { chunkBytesMax } from '../formats/map-geometry.ts'
import { MemoryArea } from './memory-area.ts'

// The compiler's library has no WebAssembly without the browser's DOM.
declare const WebAssembly: {
  Memory: new (pages: { initial: number; maximum: number; shared: true }) => { readonly buffer: SharedArrayBuffer }
}

const pageBytes = 64 * 1024
export const memoryBytesMin = 48 * 1024 * 1024
/** With what Node, two threads and zlib take by themselves, a backup of a few disks stays below 512 MiB (measured: docs/benchmarks.md). */
export const memoryBytesDefault = 208 * 1024 * 1024

/** All buffers of a repository, in one piece that threads share: the budget is its size, and nothing lies outside it. */
export interface SharedMemory {
  readonly buffer: ArrayBufferLike
  /** Plain runs on their way in. */
  readonly leases: MemoryArea
  /** Packs being filled or stored. */
  readonly packs: MemoryArea
  /** Runs on their way out. */
  readonly reads: MemoryArea
}

/** What a pack grows by. */
export const segmentBytes = 256 * 1024

/**
 * With threads, it is the memory of a WebAssembly.Memory: page-aligned, so that O_DIRECT can read into a lease. Without, shared all the same:
 * V8 answers each plain ArrayBuffer of that size with two collections of all its garbage.
 * Source: Node 24, O_DIRECT into SharedArrayBuffer gives EINVAL, into WebAssembly.Memory works. Evidence: observed, as are the collections.
 */
export function sharedMemory(sizeBytesMax: number, { threads }: { threads: boolean }): SharedMemory {
  const pages = Math.floor(sizeBytesMax / pageBytes)
  return areasOf(
    threads
      ? new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }).buffer
      : new SharedArrayBuffer(pages * pageBytes),
  )
}

/** A sixth for leases, a quarter for reading, the rest for packs: one filling and at least one on its way. */
export function areasOf(buffer: ArrayBufferLike): SharedMemory {
  const sizeBytes = buffer.byteLength
  const leaseBytes = Math.max(2 * chunkBytesMax, aligned(sizeBytes / 6))
  const readBytes = Math.max(3 * chunkBytesMax, aligned(sizeBytes / 4))
  const packBytes = sizeBytes - leaseBytes - readBytes
  return {
    buffer,
    leases: new MemoryArea(buffer, { startBytes: 0, sizeBytes: leaseBytes, granuleBytes: 128 * 1024 }),
    reads: new MemoryArea(buffer, { startBytes: leaseBytes, sizeBytes: readBytes, granuleBytes: pageBytes }),
    packs: new MemoryArea(buffer, {
      startBytes: leaseBytes + readBytes,
      sizeBytes: packBytes,
      granuleBytes: segmentBytes,
    }),
  }
}

const aligned = (sizeBytes: number) => Math.floor(sizeBytes / segmentBytes) * segmentBytes
