import type { RetentionPolicy } from '@vmkeep/retention'
import type { FreeSpaceGuard } from './free-space.ts'
import type { LatencyLimits } from './latency-guard.ts'
import type { TransportSettings } from '@vmkeep/transport'
import type { GuestLogin } from '@vmkeep/vsphere'

/**
 * How a guest is brought to rest for the snapshot. `prefer` takes a crash-consistent snapshot where it can't be quiesced, and says so;
 * `require` fails then. `application` also has the applications of a Windows guest take part, and takes what it gets; with
 * `require-application` it fails.
 */
export type QuiescePolicy = 'off' | 'prefer' | 'require' | 'application' | 'require-application'

/**
 * Whether a running guest's memory is kept with its point. `prefer` goes on without where it can't be had, and says so; `require` fails
 * then. With memory the guest is not quiesced.
 */
export type MemoryPolicy = 'off' | 'prefer' | 'require'

export interface HostScripts {
  /** Absolute paths, where they run. `post` runs as soon as the snapshot is there, and also if it is not to be. */
  readonly pre?: string
  readonly post?: string
  readonly timeoutSeconds: number
  readonly ifPreFails: 'fail' | 'continue'
}

export interface GuestScripts extends HostScripts {
  /** The account of the guest that runs them. Asked for when it is first needed; the same each time. */
  readonly login: () => Promise<GuestLogin>
  /** When what they write is read; `failed`, if absent. */
  readonly output?: 'failed' | 'always' | 'never'
}

export interface VssOptions {
  readonly backupType: 'full' | 'incremental' | 'differential' | 'log' | 'copy'
  readonly bootableSystemState: boolean
  readonly partialFileSupport: boolean
}

/** What a policy or a command line asks of a backup. */
export interface BackupOptions {
  readonly quiesce: QuiescePolicy
  /** How long the guest may take to quiesce, 5 to 240. */
  readonly quiesceTimeoutMinutes: number
  /** `off`, if absent. */
  readonly memory?: MemoryPolicy
  /** How `application` asks a Windows guest's VSS; as VMware Tools do by themselves, if absent. */
  readonly vss?: VssOptions
  /** Run on this machine around each snapshot; none if absent. */
  readonly scripts?: HostScripts
  /** Run inside of each VM that runs; none if absent. */
  readonly guestScripts?: GuestScripts
  /** `enable` switches changed block tracking on where it is off and no snapshot exists. */
  readonly changeTracking: 'enable' | 'as-is'
  /** Reads every disk whole, whatever change tracking says. Only differences are stored. */
  readonly fullRead: boolean
  /** Within how many days every part of a disk is compared with its restore point, though change tracking calls it unchanged; 0: never. */
  readonly auditDays: number
  /** Disks to leave out, by label (`Hard disk 2`) or address (`scsi0:1`). They are reported as excluded. */
  readonly excludeDisks: readonly string[]
  /** The same for single VMs, by reference. */
  readonly excludeDisksOfVm?: Readonly<Record<string, readonly string[]>>
  /** The domain of the repository the points belong to. Default: none. */
  readonly domain?: string
  readonly transport: TransportSettings
  /** Given to every point of the run; none if absent. */
  readonly tags?: readonly string[]
  /** Which points are flagged to be kept for weeks, months or years; none if absent. */
  readonly gfs?: Pick<RetentionPolicy, 'gfs' | 'timeZone'>
  /** A backup that holds its snapshot for longer is called off. Absent: never. */
  readonly snapshotMaxHours?: number
  /** No snapshot is started where less is free; none: everywhere. */
  readonly freeSpace?: FreeSpaceGuard
  /** Above it nothing is started on a datastore, or it is read slowly; none: nowhere. */
  readonly latency?: LatencyLimits
  readonly limits: RunLimits
}

export interface RunLimits {
  /** VMs worked on at once. */
  readonly vmsMax: number
  /** Disks read at once from one ESXi host, by whatever transport. */
  readonly disksPerHostMax: number
  /** Snapshots of ours alive at once on one datastore. */
  readonly snapshotsPerDatastoreMax: number
  /** Tasks of ours at once on one vCenter: snapshots made and removed, disks merged, change tracking switched. */
  readonly tasksPerVcenterMax: number
  /** NFC connections to one ESXi host, wherever VMs have moved meanwhile. Left out: {@link nfcConnectionsDefault}. */
  readonly nfcConnectionsPerHostMax?: number
}

export const defaultLimits: RunLimits = {
  vmsMax: 4,
  disksPerHostMax: 8,
  snapshotsPerDatastoreMax: 4,
  tasksPerVcenterMax: 16,
}

/**
 * Through vCenter a host serves 52 connections, and others may want some too. By itself it counts no connections but their buffers,
 * 48 MB for all, and half of what vCenter allows has room there.
 * Source: vadp.md §5.1, Broadcom's VDDK guide "NFC Session Connection Limits". Evidence: documented; the 24: inferred.
 */
export const nfcConnectionsDefault = (isVCenter: boolean): number => (isVCenter ? 48 : 24)
