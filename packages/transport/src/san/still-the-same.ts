import type { VmfsFile } from '@vmkeep/vmfs'
import { fail } from '../errors.ts'

/**
 * Whether the files of a chain are still what was read. Somebody may consolidate another snapshot of the VM meanwhile: files go, and their blocks become
 * those of others. Bytes are believed only when a look that began after they came finds every file as it was.
 */
export class StillTheSame {
  readonly #disk: string
  readonly #files: readonly VmfsFile[]
  #looking: Promise<void> | undefined
  #waiting: Promise<void> | undefined

  constructor(disk: string, files: readonly VmfsFile[]) {
    this.#disk = disk
    this.#files = files
  }

  /** Many who ask at once wait for one look. @throws `transport.san-changed` */
  confirm(): Promise<void> {
    this.#waiting ??= (this.#looking ?? Promise.resolve()).then(
      () => this.#begin(),
      () => this.#begin(),
    )
    return this.#waiting
  }

  #begin(): Promise<void> {
    this.#waiting = undefined
    this.#looking = this.#look()
    return this.#looking
  }

  async #look(): Promise<void> {
    for (const file of this.#files) {
      const fact = await file.changed()
      if (fact !== undefined) throw fail('transport.san-changed', { disk: this.#disk, file: file.name, fact })
    }
  }
}
