import type { BackupOptions } from '@vmkeep/backup'
import type { Destination, DiskFileFormat } from '@vmkeep/restore'
import type { RunEvent } from '@vmkeep/run'
import type { TransportSettings } from '@vmkeep/transport'

/** What a victim is told on its standard input: where everything is, what to do, and perhaps when to stop. */
export interface VictimTask {
  readonly endpoint: {
    readonly host: string
    readonly port: number
    readonly thumbprint: string
    readonly username: string
    readonly password: string
  }
  readonly repositoryFolder: string
  readonly passphrase: string
  readonly stateFolder: string
  readonly work: VictimWork
  /** Signals itself when an event with these fields has come this often. */
  readonly at?: { readonly event: Partial<RunEvent>; readonly nth?: number; readonly signal: 'SIGKILL' | 'SIGSTOP' }
}

export type VictimWork =
  | { readonly kind: 'backup'; readonly vms: readonly string[]; readonly options: BackupOptions }
  | { readonly kind: 'clean-up' }
  | {
      readonly kind: 'restore-to-files'
      readonly point: string
      readonly folder: string
      readonly format: DiskFileFormat
    }
  | { readonly kind: 'restore-in-place'; readonly point: string }
  | { readonly kind: 'restore-to-other-vm'; readonly point: string; readonly disk: string; readonly attachTo: string }
  | {
      readonly kind: 'restore-to-vsphere'
      readonly point: string
      readonly destination: Destination
      readonly transport?: TransportSettings
    }
