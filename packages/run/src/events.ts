// What a run tells while it works. Plain data: the CLI draws it, a log keeps it, a test reads it.

/** Where one disk stands. In the order of a backup; a restore writes where a backup reads. */
export type DiskPhase =
  | 'queued'
  | 'waiting'
  | 'snapshot'
  | 'query'
  | 'read'
  | 'write'
  | 'commit'
  | 'remove-snapshot'
  | 'verify'
  | 'done'
  | 'skipped'
  | 'failed'

/** The five sizes, the same words everywhere (docs/glossary.md), and how much there is to do in all. */
export interface DiskSizes {
  /** The disk's capacity. */
  readonly provisionedBytes: number
  /** What changed since the last point, in whole chunks; all of it in a full read. */
  readonly changedBytes: number
  readonly readBytes: number
  /** What the repository did not have yet, before compression. */
  readonly sentBytes: number
  /** What that took in the repository, compressed and sealed. */
  readonly storedBytes: number
}

export type RunEvent =
  | { readonly type: 'run-started'; readonly runId: string; readonly vms: readonly string[] }
  | { readonly type: 'run-finished'; readonly runId: string; readonly outcome: string }
  | { readonly type: 'vm-phase'; readonly vm: string; readonly phase: string; readonly detail?: string }
  | {
      readonly type: 'disk-phase'
      readonly vm: string
      readonly disk: string
      readonly phase: DiskPhase
      readonly detail?: string
    }
  | ({
      readonly type: 'disk-progress'
      readonly vm: string
      readonly disk: string
      readonly totalBytes: number
    } & DiskSizes)
  | {
      readonly type: 'note'
      readonly level: 'info' | 'warn' | 'error'
      readonly vm?: string
      readonly disk?: string
      readonly message: string
      readonly code?: string
    }

export type OnRunEvent = (event: RunEvent) => void
