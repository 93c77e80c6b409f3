import type { ImageWriter } from '@vmkeep/repository'
import type { DiskSizes } from '@vmkeep/run'
import type { DiskJob } from './disk-job.ts'
import type { RunContext } from './run-context.ts'
import type { PlannedRun } from './stages/plan-reads.ts'

export interface DiskTotals {
  readonly changedBytes: number
  readonly toReadBytes: number
}

/** Counts what is read of a disk, and tells whoever watches. */
export class DiskProgress {
  readonly #run: RunContext
  readonly #job: DiskJob
  readonly #image: ImageWriter
  readonly #totals: DiskTotals & { readonly mode: 'full' | 'incremental' }
  #readBytes = 0

  constructor(
    run: RunContext,
    job: DiskJob,
    image: ImageWriter,
    totals: DiskTotals & { readonly mode: 'full' | 'incremental' },
  ) {
    this.#run = run
    this.#job = job
    this.#image = image
    this.#totals = totals
  }

  get sizes(): DiskSizes {
    const provisionedBytes = this.#job.disk.capacityBytes
    const { mode, changedBytes } = this.#totals
    const { newBytes: sentBytes, storedBytes } = this.#image.progress
    return {
      provisionedBytes,
      changedBytes: mode === 'full' ? provisionedBytes : changedBytes,
      readBytes: this.#readBytes,
      sentBytes,
      storedBytes,
    }
  }

  add({ extent, kind }: PlannedRun): void {
    if (kind === 'read') this.#readBytes += extent.lengthBytes
    this.tell()
  }

  tell(): void {
    const { vm, disk } = this.#job
    const totalBytes = this.#totals.toReadBytes
    this.#run.onEvent({ type: 'disk-progress', vm: vm.name, disk: disk.label, totalBytes, ...this.sizes })
  }
}
