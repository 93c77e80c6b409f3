import type { Extent } from '@vmkeep/disk'

export interface DiskRestoreReport {
  readonly label: string
  readonly address: string
  /** A file, or the new VM's disk as vSphere names it. */
  readonly target: string
  readonly provisionedBytes: number
  readonly writtenBytes: number
  readonly verified: boolean
  /** What could not be had and was left zero, ascending. Empty unless damage was allowed. */
  readonly damaged: readonly Extent[]
}

export interface RestoreReport {
  readonly point: string
  readonly vm: string
  /** A folder, or the new VM's inventory path. */
  readonly target: string
  readonly disks: readonly DiskRestoreReport[]
  /** Files written beside the disks. */
  readonly files: readonly string[]
  readonly verified: boolean
  readonly warnings: readonly { readonly code: string; readonly message: string }[]
  readonly seconds: number
}
