import { decodeName, sameName } from '../inventory/names.ts'
import { retrieve } from '../properties/retrieve.ts'
import type { Session } from '../session/session.ts'
import type { ManagedObjectReference } from '../types/index.ts'
import { devicesOf } from '../vm/disks-of.ts'
import type { Device, VmConfig } from '../vm/vm-disk.ts'

/** What must be unique about a VM. */
export interface Identity {
  readonly biosUuid?: string | undefined
  readonly instanceUuid?: string | undefined
  readonly macs: readonly string[]
}

export interface Holder {
  readonly ref: ManagedObjectReference
  readonly name: string
}

export interface Conflicts {
  /** The VM that was backed up, if it still lives here. */
  readonly original?: Holder | undefined
  /** A VM of that name in that folder: the new one would be refused. */
  readonly sameName?: Holder | undefined
  readonly biosUuidInUse: boolean
  /** MAC addresses of ours that some VM has, in lower case. */
  readonly macsInUse: ReadonlySet<string>
  /** Who has each of them. */
  readonly macHolders: ReadonlyMap<string, Holder>
}

/** What of a saved configuration must be unique. */
export function identityOfConfig(saved: VmConfig): Identity {
  return { biosUuid: saved.uuid, instanceUuid: saved.instanceUuid, macs: macsOf(devicesOf(saved)) }
}

const paths = ['name', 'parent', 'summary.config.uuid', 'summary.config.instanceUuid'] as const

/**
 * Looks through all VMs, templates included, for what a new VM would share with them. One pass serves for UUIDs, MAC
 * addresses and the name: vSphere checks the name alone, and manual MAC addresses not at all.
 * VMs this account may not see are not found.
 */
export async function findConflicts(
  session: Session,
  wanted: Identity & { readonly name: string; readonly folder: ManagedObjectReference },
  signal?: AbortSignal,
): Promise<Conflicts> {
  const macs = new Set(wanted.macs.map((mac) => mac.toLowerCase()))
  const macHolders = new Map<string, Holder>()
  const found: { original?: Holder; sameName?: Holder; biosUuidInUse: boolean } = { biosUuidInUse: false }
  const all = macs.size === 0 ? paths : ([...paths, 'config.hardware.device'] as const)
  const request = { type: 'VirtualMachine', from: { under: session.content.rootFolder }, paths: all } as const
  for await (const { ref, properties } of retrieve(session, request, signal)) {
    const holder = { ref, name: decodeName(properties.name ?? ref.value) }
    if (isSame(properties['summary.config.instanceUuid'], wanted.instanceUuid)) found.original = holder
    if (isSame(properties['summary.config.uuid'], wanted.biosUuid)) found.biosUuidInUse = true
    if (properties.parent?.value === wanted.folder.value && sameName(holder.name, wanted.name)) found.sameName = holder
    for (const mac of macsOf(properties['config.hardware.device'] ?? [])) if (macs.has(mac)) macHolders.set(mac, holder)
  }
  return { ...found, macsInUse: new Set(macHolders.keys()), macHolders }
}

const isSame = (a: string | undefined, b: string | undefined): boolean =>
  a !== undefined && a !== '' && a.toLowerCase() === b?.toLowerCase()

/** Any device with an address counts, cards of kinds unknown here and passthrough cards too. */
const macsOf = (devices: readonly Device[]): string[] =>
  devices.flatMap((device) =>
    'macAddress' in device && device.macAddress !== undefined ? [device.macAddress.toLowerCase()] : [],
  )
