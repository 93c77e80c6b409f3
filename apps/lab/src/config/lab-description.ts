import type { VmDescription } from './vm-description.ts'

export interface DatastoreDescription {
  readonly name: string
  /** `VMFS`, if left out. */
  readonly type?: 'VMFS' | 'NFS' | 'vsan' | 'VVOL'
  /** The one host that sees it; all of them, if left out. */
  readonly host?: string
  readonly capacityBytes?: number
  /** The id of its volume; random, if left out. */
  readonly volume?: string
}

export interface UserDescription {
  readonly name: string
  readonly password: string
  /** Everything, if left out. */
  readonly privileges?: readonly string[]
  /** What this user lacks of the above: to see what a tool says about it. */
  readonly without?: readonly string[]
  /** What this user lacks on objects of these names only: a role that was taken back further down. */
  readonly withoutOn?: Readonly<Record<string, readonly string[]>>
}

export interface LabDescription {
  /** A vCenter with two hosts, or one ESXi host by itself. `vcenter`, if left out. */
  readonly mode?: 'vcenter' | 'esxi'
  readonly datacenter?: string
  readonly hosts?: readonly string[]
  /** Their hardware’s own uuids by name; random, if left out. */
  readonly hostUuids?: Readonly<Record<string, string>>
  readonly datastores?: readonly DatastoreDescription[]
  /** Names of standard networks. */
  readonly networks?: readonly string[]
  /** Names of distributed port groups; vCenter only. */
  readonly portgroups?: readonly string[]
  readonly vms?: readonly VmDescription[]
  /** Besides the administrator. */
  readonly users?: readonly UserDescription[]
  readonly customFields?: readonly string[]
  /** Names of storage policies, besides those that VMs have; vCenter only. */
  readonly storagePolicies?: readonly string[]
}

/** A description with everything said. */
export type CompleteDescription = Required<LabDescription>

const gib = 1024 ** 3

/** Fills in what was left out. */
export function completeDescription(description: LabDescription): CompleteDescription {
  const mode = description.mode ?? 'vcenter'
  const hosts = description.hosts ?? (mode === 'vcenter' ? ['esxi-1.lab', 'esxi-2.lab'] : ['esxi-1.lab'])
  return {
    mode,
    hosts,
    hostUuids: description.hostUuids ?? {},
    datacenter: mode === 'vcenter' ? (description.datacenter ?? 'Lab') : 'ha-datacenter',
    datastores: description.datastores ?? defaultDatastores(hosts),
    networks: description.networks ?? ['VM Network', 'Isolated'],
    portgroups: mode === 'vcenter' ? (description.portgroups ?? ['dvs-production']) : [],
    vms: description.vms ?? [],
    users: description.users ?? [],
    customFields: description.customFields ?? ['owner'],
    storagePolicies: description.storagePolicies ?? [],
  }
}

function defaultDatastores(hosts: readonly string[]): DatastoreDescription[] {
  return [
    { name: 'shared-1', capacityBytes: 4096 * gib },
    { name: 'shared-2', type: 'NFS', capacityBytes: 2048 * gib },
    ...hosts.map((host, index) => ({ name: `local-${index + 1}`, host, capacityBytes: 512 * gib })),
  ]
}
