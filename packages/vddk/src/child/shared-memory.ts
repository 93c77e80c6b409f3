import koffi from 'koffi'
import type { SharedPlace } from '../protocol/messages.ts'

const libc = koffi.load('libc.so.6')
const memfdCreate = libc.func('memfd_create', 'int', ['str', 'uint'])
const ftruncate = libc.func('ftruncate', 'int', ['int', 'int64_t'])
const mmap = libc.func('mmap', 'void *', ['void *', 'size_t', 'int', 'int', 'int', 'int64_t'])

/** Source: memfd_create(2), mmap(2), Linux. Evidence: documented. */
const [closeOnExec, readAndWrite, shared] = [1, 3, 1]
const mapFailed = 2n ** 64n - 1n

/**
 * Memory that our parent sees too, as a file: the library writes there, the parent copies from there. It has no name, takes only what was ever
 * used of it, and goes with the last of both processes.
 */
export class SharedMemory {
  readonly place: SharedPlace
  readonly #address: bigint

  /** `undefined`: this system does not give any. */
  static create(sizeBytes: number): SharedMemory | undefined {
    const descriptor = Number(memfdCreate('vmkeep', closeOnExec))
    if (descriptor < 0 || ftruncate(descriptor, sizeBytes) !== 0) return undefined
    const address = BigInt(mmap(null, sizeBytes, readAndWrite, shared, descriptor, 0) as bigint)
    return address === mapFailed ? undefined : new SharedMemory({ descriptor, sizeBytes }, address)
  }

  private constructor(place: SharedPlace, address: bigint) {
    this.place = place
    this.#address = address
  }

  /** @throws for what is not all inside */
  addressOf(at: number, lengthBytes: number): bigint {
    if (!(at >= 0 && lengthBytes >= 0 && at + lengthBytes <= this.place.sizeBytes))
      throw new Error('beyond what is shared')
    return this.#address + BigInt(at)
  }
}
