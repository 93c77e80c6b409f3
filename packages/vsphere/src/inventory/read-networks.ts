import { collect } from '@vmkeep/kit'
import { retrieve } from '../properties/retrieve.ts'
import type { Session } from '../session/session.ts'
import type { ManagedObjectReference } from '../types/index.ts'
import { decodeName } from './names.ts'
import type { VmNetwork } from './vm-network.ts'

/** Describes networks of any kind. Those that are gone or hidden are left out; uplinks of switches are no networks for VMs. */
export async function readNetworks(
  session: Session,
  refs: readonly ManagedObjectReference[],
  signal?: AbortSignal,
): Promise<VmNetwork[]> {
  const ofType = (type: string) => refs.filter((ref) => ref.type === type)
  const found = [
    ...(await readDistributed(session, ofType('DistributedVirtualPortgroup'), signal)),
    ...(await readOpaque(session, ofType('OpaqueNetwork'), signal)),
    ...(await readStandard(session, ofType('Network'), signal)),
  ]
  const order = new Map(refs.map((ref, at) => [ref.value, at]))
  return found.toSorted((a, b) => order.get(a.ref.value)! - order.get(b.ref.value)!)
}

async function readStandard(
  session: Session,
  from: readonly ManagedObjectReference[],
  signal: AbortSignal | undefined,
): Promise<VmNetwork[]> {
  const found = await collect(retrieve(session, { type: 'Network', from, paths: ['name'] }, signal))
  return found.map(({ ref, properties: { name } }) => ({ ref, name: decodeName(name ?? ref.value), kind: 'standard' }))
}

async function readOpaque(
  session: Session,
  from: readonly ManagedObjectReference[],
  signal: AbortSignal | undefined,
): Promise<VmNetwork[]> {
  const found = await collect(retrieve(session, { type: 'OpaqueNetwork', from, paths: ['name', 'summary'] }, signal))
  return found.map(({ ref, properties: { name, summary } }) => ({
    ref,
    name: decodeName(name ?? ref.value),
    kind: 'opaque',
    opaqueNetworkId: summary !== undefined && 'opaqueNetworkId' in summary ? summary.opaqueNetworkId : undefined,
    opaqueNetworkType: summary !== undefined && 'opaqueNetworkType' in summary ? summary.opaqueNetworkType : undefined,
  }))
}

async function readDistributed(
  session: Session,
  from: readonly ManagedObjectReference[],
  signal: AbortSignal | undefined,
): Promise<VmNetwork[]> {
  const paths = ['name', 'key', 'config.uplink', 'config.distributedVirtualSwitch'] as const
  const type = 'DistributedVirtualPortgroup'
  const found = await collect(retrieve(session, { type, from, paths }, signal))
  const groups = found.filter(({ properties }) => properties['config.uplink'] !== true)
  const switches = await readSwitches(
    session,
    groups.flatMap(({ properties }) => properties['config.distributedVirtualSwitch'] ?? []),
    signal,
  )
  return groups.map(({ ref, properties }) => ({
    ref,
    name: decodeName(properties.name ?? ref.value),
    kind: 'distributed',
    portgroupKey: properties.key,
    ...switches.get(properties['config.distributedVirtualSwitch']?.value ?? ''),
  }))
}

async function readSwitches(
  session: Session,
  refs: readonly ManagedObjectReference[],
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, { switchUuid?: string; switchName?: string }>> {
  const from = [...new Map(refs.map((ref) => [ref.value, ref])).values()]
  const found = await collect(
    // The concrete class differs (VmwareDistributedVirtualSwitch); its base matches all.
    retrieve(session, { type: 'DistributedVirtualSwitch', from, paths: ['name', 'uuid'] }, signal),
  )
  return new Map(
    found.map(({ ref, properties: { name, uuid } }) => [
      ref.value,
      {
        ...(uuid === undefined ? {} : { switchUuid: uuid }),
        ...(name === undefined ? {} : { switchName: decodeName(name) }),
      },
    ]),
  )
}
