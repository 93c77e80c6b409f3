import type { ManagedObjectReference } from '../types/index.ts'

/** A snapshot, as vSphere refers to it. Another endpoint's references to the same snapshot are others. */
export type SnapshotRef = ManagedObjectReference

export interface SnapshotOptions {
  /** Found again by this name alone when the answer is lost: it must be unique, our marker. */
  readonly name: string
  readonly description: string
  /** The VM's name, for errors. */
  readonly vmName?: string
  readonly quiesce: false | QuiesceOptions
  /** With the guest's memory, which stuns it and takes minutes; excludes quiescing. Of a VM that does not run there is none. Default: no. */
  readonly memory?: boolean
}

export interface QuiesceOptions {
  /** How long VMware Tools may take to bring the guest to rest: 5 to 240 minutes. */
  readonly timeoutMinutes: number
  /** For Windows guests, where the defaults (a copy backup, application writers involved where possible) are not wanted. */
  readonly windows?: {
    /** VSS_BACKUP_TYPE. */
    readonly backupType?: number
    readonly bootableSystemState?: boolean
    readonly partialFileSupport?: boolean
    readonly context?: 'ctx_auto' | 'ctx_backup' | 'ctx_file_share_backup'
  }
}
