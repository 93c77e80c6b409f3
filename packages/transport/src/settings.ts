import type { Proxy } from './hotadd/proxy.ts'
import type { LunSurvey } from './san/survey-luns.ts'

/** The ways to a VM's disk, in the words of VMware where it has them. */
export const transportNames = ['file', 'hotadd', 'nbdssl', 'nbd', 'lease', 'vddk', 'san'] as const
export type TransportName = (typeof transportNames)[number]

/** How VMs' disks are read and written. What a policy says; `vmkeep plan` shows it with its reasons. */
export interface TransportSettings {
  /** The first one that reaches a disk reads it; the next one goes on if it fails. Disks are written by the first that can write. */
  readonly order: readonly TransportName[]
  /** What an ESXi host compresses before it sends. `skipz` leaves out zero runs and costs next to nothing. */
  readonly compression: 'none' | 'zlib' | 'skipz'
  /** How long a host may be silent while it owes an answer, before the connection is given up and made anew. 60 s if left out. */
  readonly silenceMs?: number
  /** For `file`: where a datastore is mounted on this machine, by the datastore's name. */
  readonly mountedDatastores?: Readonly<Record<string, string>>
  /** For `file`: whether runs of data are read past the kernel's page cache, where the file system can. `direct` if left out: it is faster, docs/benchmarks.md. */
  readonly fileCaching?: 'direct' | 'buffered'
  /** For `san`: where the system names the disks it sees by their world wide names. `/dev/disk/by-id` if left out. */
  readonly lunFolder?: string
  /** For `vddk`: VMware's own library, where it is installed. */
  readonly vddk?: VddkSettings
  /** For `hotadd`: which VM this machine is, where it can't be told from its uuid. A name, path, uuid or reference. */
  readonly proxyVm?: string
  /** For `hotadd`: where this machine's /sys and /dev are. `/` if left out; elsewhere in a container. */
  readonly machineRoot?: string
  /** What `prepareTransports` found out. */
  readonly proxy?: Proxy | { readonly whyNot: string }
  /** What `prepareTransports` found out. */
  readonly luns?: LunSurvey
}

export interface VddkSettings {
  /** The folder that VDDK's archive unpacks to, its `lib64`, or libvixDiskLib itself. */
  readonly library: string
  /** The library's own configuration file. */
  readonly configFile?: string
  /** What the library may choose from, in its own words: `san:hotadd:nbdssl:nbd`. */
  readonly transports?: string
  /** Whether vCenter is told to keep a VM in its place while it is backed up (PrepareForAccess). Yes if left out. */
  readonly holdVm?: boolean
  /** Whether a backup looks what libvixMntapi tells of the guest. No if left out. */
  readonly guestInfo?: boolean
}

export const defaultTransport: TransportSettings = { order: ['file', 'nbdssl'], compression: 'skipz' }
