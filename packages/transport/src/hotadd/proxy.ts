import { Limiter } from '@vmkeep/kit'
import {
  findByBiosUuid,
  findVms,
  type ManagedObjectReference,
  missingPrivileges,
  privilegeSets,
  readProperties,
  readVm,
  retrieve,
  type Session,
  type Vm,
} from '@vmkeep/vsphere'
import { linuxDevices } from './linux-devices.ts'
import type { ProxyDevices } from './proxy-devices.ts'

/** The VM that this machine is, and what must be known of it to attach disks. */
export interface Proxy {
  readonly vm: ManagedObjectReference
  readonly name: string
  readonly instanceUuid: string
  readonly hardwareVersion: number
  readonly encrypted: boolean
  readonly hostName: string
  /** Datastores that its host sees, by reference. It may move: attaching fails then, and the next transport goes on. */
  readonly datastores: ReadonlySet<string>
  /** Those among them that are vSAN and on which it does not lie itself. */
  readonly foreignVsan: ReadonlySet<string>
  readonly devices: ProxyDevices
  /** One reconfiguration of a VM at a time: a second one is refused while the first runs. */
  readonly turn: Limiter
}

export interface ProxySearch {
  /** By name, path, uuid or reference, where the machine can't tell or several VMs have its uuid. */
  readonly proxyVm?: string | undefined
  readonly machineRoot?: string | undefined
}

/** Which VM of this vCenter we run in; or why none. */
export async function findProxy(
  session: Session,
  { proxyVm, machineRoot }: ProxySearch,
  signal: AbortSignal,
): Promise<Proxy | { readonly whyNot: string }> {
  const devices = linuxDevices(machineRoot)
  const found = proxyVm === undefined ? await byUuid(session, devices, signal) : await byName(session, proxyVm, signal)
  if ('whyNot' in found) return found
  const vm = await readVm(session, found.ref, signal)
  const missing = await missingPrivileges(session, vm.ref, ofVms, signal)
  if (missing.length > 0)
    return { whyNot: `this account lacks ${missing.join(', ')} on ${vm.name}, the VM of this machine` }
  if (vm.powerState !== 'poweredOn' || vm.instanceUuid === undefined || vm.host === undefined)
    return { whyNot: `${vm.name} is ${vm.powerState}, so it is not this machine` }
  return {
    vm: vm.ref,
    name: vm.name,
    instanceUuid: vm.instanceUuid.toLowerCase(),
    hardwareVersion: Number(/^vmx-(\d+)$/.exec(vm.hardwareVersion ?? '')?.[1] ?? 0),
    encrypted: vm.encrypted,
    hostName: vm.host.name,
    ...(await datastoresOf(session, vm, vm.host.ref, signal)),
    devices,
    turn: new Limiter(1),
  }
}

/** Those on datastores are checked by vSphere as a disk is attached: which datastore, only the disk tells. */
const ofVms = privilegeSets.hotAdd.filter((id) => id.startsWith('VirtualMachine.'))

type FoundVm = { readonly ref: ManagedObjectReference } | { readonly whyNot: string }

async function byUuid(session: Session, devices: ProxyDevices, signal: AbortSignal): Promise<FoundVm> {
  const uuids = await devices.machineUuids()
  if ('whyNot' in uuids) return { whyNot: uuids.whyNot }
  const found = new Map<string, ManagedObjectReference>()
  for (const uuid of uuids) for (const ref of await findByBiosUuid(session, uuid, signal)) found.set(ref.value, ref)
  const [ref] = found.values()
  if (ref === undefined) return { whyNot: 'this machine is no VM of this vCenter' }
  if (found.size > 1)
    return { whyNot: `${found.size} VMs have the uuid of this machine (${uuids[0]}); name the one it is as proxyVm` }
  return { ref }
}

async function byName(session: Session, name: string, signal: AbortSignal): Promise<FoundVm> {
  const [found, ...others] = await findVms(session, name, signal)
  if (found === undefined) return { whyNot: `no VM is called "${name}", which proxyVm names` }
  return others.length > 0 ? { whyNot: `"${name}", which proxyVm names, means ${others.length + 1} VMs` } : found
}

async function datastoresOf(
  session: Session,
  vm: Vm,
  host: ManagedObjectReference,
  signal: AbortSignal,
): Promise<Pick<Proxy, 'datastores' | 'foreignVsan'>> {
  const request = { type: 'HostSystem', ref: host, paths: ['datastore'] } as const
  const { datastore: from = [] } = await readProperties(session, request, signal)
  const own = new Set(vm.datastores.map(({ ref }) => ref.value))
  const foreignVsan = new Set<string>()
  for await (const { ref, properties } of retrieve(
    session,
    { type: 'Datastore', from, paths: ['summary.type'] },
    signal,
  ))
    if (properties['summary.type'] === 'vsan' && !own.has(ref.value)) foreignVsan.add(ref.value)
  return { datastores: new Set(from.map(({ value }) => value)), foreignVsan }
}
