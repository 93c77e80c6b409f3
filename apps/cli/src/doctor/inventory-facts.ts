import { parseMarker } from '@vmkeep/run'
import { flattenSnapshots, type ManagedObjectReference, retrieve, type Session } from '@vmkeep/vsphere'

/** What the checks want to know of every VM: little, so that ten thousand of them are read in seconds. */
export interface VmFacts {
  readonly ref: ManagedObjectReference
  readonly name: string
  readonly host: string | undefined
  readonly isTemplate: boolean
  readonly tracking: 'on' | 'off' | 'unsupported'
  readonly snapshots: number
  /** When the oldest of those that are not ours was taken. */
  readonly oldestMs?: number
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
    const nodes = flattenSnapshots(properties.snapshot)
    const foreign = nodes.filter(({ name }) => parseMarker(name) === undefined)
    const oldestMs = Math.min(...foreign.map(({ createdAt }) => Date.parse(createdAt)))
    const isSupported = properties['capability.changeTrackingSupported'] !== false
    facts.push({
      ref,
      name: properties.name ?? ref.value,
      host: properties['runtime.host']?.value,
      isTemplate: properties['config.template'] === true,
      tracking: properties['config.changeTrackingEnabled'] === true ? 'on' : isSupported ? 'off' : 'unsupported',
      snapshots: nodes.length,
      ...(Number.isFinite(oldestMs) && { oldestMs }),
      ours: nodes.flatMap(({ name }) => parseMarker(name) ?? []),
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
