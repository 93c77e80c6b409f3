import { randomUUID } from 'node:crypto'
import { closeSync, ftruncateSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { diskFail } from '@vmkeep/disk'

export const pageSizeBytes = 64 * 1024

/**
 * Pages of all layers of a lab, in one temporary file without a name: it is gone with the process, however that ends.
 *
 * A page may be shared: by a layer and a frozen view, by a disk and its copy. It is written in place only while it has one
 * holder. Reads and writes are synchronous on purpose: they hit the page cache, cost microseconds, and make every change of a
 * disk one indivisible step. Slots count from 1, so that 0 and -1 are free for "not here" and "zero".
 */
export class PageFile implements Disposable {
  #file: number | undefined
  readonly #free: number[] = []
  readonly #extraHolders = new Map<number, number>()
  #next = 1

  constructor(folder = tmpdir()) {
    const path = join(folder, `vmkeep-lab-${randomUUID()}.pages`)
    this.#file = openSync(path, 'wx+', 0o600)
    unlinkSync(path)
  }

  get pages(): number {
    return this.#next - 1 - this.#free.length
  }

  allocate(): number {
    return this.#free.pop() ?? this.#next++
  }

  share(slot: number): number {
    this.#extraHolders.set(slot, (this.#extraHolders.get(slot) ?? 0) + 1)
    return slot
  }

  isShared(slot: number): boolean {
    return this.#extraHolders.has(slot)
  }

  release(slot: number): void {
    const extra = this.#extraHolders.get(slot)
    if (extra === undefined) this.#discard(slot)
    else if (extra === 1) this.#extraHolders.delete(slot)
    else this.#extraHolders.set(slot, extra - 1)
  }

  /** Reads from `slot` on, into the slots after it if `target` is longer. */
  read(slot: number, offsetBytes: number, target: Uint8Array): void {
    const at = slot * pageSizeBytes + offsetBytes
    for (let done = 0; done < target.length;) {
      const count = readSync(this.#descriptor, target, done, target.length - done, at + done)
      if (count === 0) throw new RangeError(`page ${slot} was never written`)
      done += count
    }
  }

  write(slot: number, offsetBytes: number, bytes: Uint8Array): void {
    const at = slot * pageSizeBytes + offsetBytes
    for (let done = 0; done < bytes.length;)
      done += writeSync(this.#descriptor, bytes, done, bytes.length - done, at + done)
  }

  [Symbol.dispose](): void {
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }

  /** Never a closed one: its number may be another file's by now. */
  get #descriptor(): number {
    if (this.#file === undefined) throw diskFail('disk.closed', { disk: "the lab's storage" })
    return this.#file
  }

  #discard(slot: number): void {
    this.#free.push(slot)
    if (this.pages > 0 || this.#file === undefined) return
    this.#free.length = 0
    this.#next = 1
    ftruncateSync(this.#descriptor, 0) // the only cheap way Node has to give space back
  }
}
