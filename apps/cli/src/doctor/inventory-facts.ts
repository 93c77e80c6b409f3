import { parseMarker } from '@vmkeep/run'
import { type DataObject, type ManagedObjectReference, retrieve, type Session } from '@vmkeep/vsphere'

/** What the checks want to know of every VM: little, so that ten thousand of them are read in seconds. */
export interface VmFacts {
  readonly ref: ManagedObjectReference
  readonly name: string
  readonly host: string | undefined
  readonly isTemplate: boolean
  readonly tracking: 'on' | 'off' | 'unsupported'
  readonly snapshots: number
  /** Snapshots that carry our marker, with the installation and run that made them. */
  readonly ours: readonly { readonly instanceId: string; readonly runId: string }[]
}

export interface HostFacts {
  readonly ref: ManagedObjectReference
  readonly name: string
  readonly isConnected: boolean
}

const vmPaths = [
  'name',
  'config.template',
  'config.changeTrackingEnabled',
  'capability.changeTrackingSupported',
  'runtime.host',
  'runtime.connectionState',
  'snapshot',
] as const

export async function readVmFacts(session: Session, signal: AbortSignal): Promise<VmFacts[]> {
  const from = { under: session.content.rootFolder }
  const facts: VmFacts[] = []
  for await (const { ref, properties } of retrieve(session, { type: 'VirtualMachine', paths: vmPaths, from }, signal)) {
    if (properties['runtime.connectionState'] !== 'connected') continue
    const names = snapshotNames(properties.snapshot)
    const isSupported = properties['capability.changeTrackingSupported'] !== false
    facts.push({
      ref,
      name: properties.name ?? ref.value,
      host: properties['runtime.host']?.value,
      isTemplate: properties['config.template'] === true,
      tracking: properties['config.changeTrackingEnabled'] === true ? 'on' : isSupported ? 'off' : 'unsupported',
      snapshots: names.length,
      ours: names.flatMap((name) => parseMarker(name) ?? []),
    })
  }
  return facts
}

export async function readHostFacts(session: Session, signal: AbortSignal): Promise<HostFacts[]> {
  const from = { under: session.content.rootFolder }
  const paths = ['name', 'runtime.connectionState'] as const
  const facts: HostFacts[] = []
  for await (const { ref, properties } of retrieve(session, { type: 'HostSystem', paths, from }, signal))
    facts.push({
      ref,
      name: properties.name ?? ref.value,
      isConnected: properties['runtime.connectionState'] === 'connected',
    })
  return facts
}

function snapshotNames(info: DataObject<'VirtualMachineSnapshotInfo'> | undefined): string[] {
  const names: string[] = []
  const left = [...(info?.rootSnapshotList ?? [])]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    names.push(next.name)
    left.push(...(next.childSnapshotList ?? []))
  }
  return names
}
