import { startNfcServer } from '../nfc/index.ts'
import { createCertificate } from '../certificates/index.ts'
import { uuidOf } from '../config/uuid.ts'
import type { CompleteDescription, DatastoreDescription } from '../config/lab-description.ts'
import type { VmDescription } from '../config/vm-description.ts'
import type { DiskDescription } from '../config/vm-description.ts'
import type { DiskSource } from '../config/open-disk-source.ts'
import { fail } from '../errors.ts'
import type { NfcLimits } from '../nfc/model.ts'
import { PerformanceManager } from '../performance/performance-manager.ts'
import { PropertyCollector } from '../properties/property-collector.ts'
import { ViewManager } from '../properties/views.ts'
import { ComputeResource } from './compute-resource.ts'
import { Datacenter } from './datacenter.ts'
import { DatastoreObject } from './datastore.ts'
import { Folder } from './folder.ts'
import { HostSystem } from './host.ts'
import type { LabWorld } from './lab-world.ts'
import { DistributedPortgroup, DistributedSwitch, Network } from './network.ts'
import {
  AuthorizationManager,
  EventManager,
  GuestOperationsManager,
  LicenseManager,
  OptionManager,
  PlainService,
  ServiceInstance,
  SessionManager,
  TaskManager,
} from './services.ts'
import { buildVm } from './vm/build-vm.ts'

export interface BuildWorldOptions {
  /** Addresses and ports the hosts' NFC servers listen on. */
  readonly address: string
  readonly nfcPorts: readonly number[]
  readonly nfcLimits: Partial<NfcLimits> | undefined
  readonly open: (vm: string, disk: DiskDescription) => Promise<DiskSource>
}

const gib = 1024 ** 3

/** Fills a world as it is described: managers, datacenter, hosts, datastores, networks, then the VMs. */
export async function buildWorld(
  world: LabWorld,
  description: CompleteDescription,
  options: BuildWorldOptions,
): Promise<void> {
  addServices(world)
  const datacenter = world.inventory.add(
    new Datacenter(world, world.morefs.datacenter(), description.datacenter, world.rootFolder),
  )
  world.rootFolder.attach(datacenter)
  const compute = addCompute(world, datacenter)
  world.place(datacenter, compute)
  for (const [index, name] of description.hosts.entries())
    compute.hosts.push(await addHost(world, compute, name, index, { ...options, hostUuids: description.hostUuids }))
  for (const datastore of description.datastores) addDatastore(world, datastore)
  addNetworks(world, description)
  for (const field of description.customFields) world.customFields.add(field)
  for (const policy of description.storagePolicies) world.policies.named(policy)
  for (const [index, vm] of description.vms.entries()) await addVm(world, vm, index, options)
}

function addServices(world: LabWorld): void {
  const { services } = world.morefs
  const { inventory } = world
  for (const service of [
    new ServiceInstance(world),
    new SessionManager(world),
    new AuthorizationManager(world),
    new TaskManager(world),
    new EventManager(world),
    new LicenseManager(world),
    new OptionManager(world),
    new PerformanceManager(world),
    new ViewManager(services.viewManager),
    new PropertyCollector(services.propertyCollector, (session) => world.collection(session)),
    new PlainService('SearchIndex', services.searchIndex),
    new PlainService('FileManager', services.fileManager),
    new PlainService('VirtualDiskManager', services.virtualDiskManager),
    new PlainService('LicenseAssignmentManager', services.licenseAssignmentManager),
    new PlainService('NfcService', services.nfcService),
    new PlainService('OvfManager', services.ovfManager),
    new GuestOperationsManager(world),
    new PlainService('GuestAuthManager', services.guestAuthManager),
    new PlainService('GuestProcessManager', services.guestProcessManager),
    new PlainService('GuestFileManager', services.guestFileManager),
  ])
    inventory.add(service)
  if (services.customFieldsManager !== undefined) inventory.add(world.customFields)
}

function addCompute(world: LabWorld, datacenter: Datacenter): ComputeResource {
  const name = world.mode === 'vcenter' ? 'Cluster' : 'localhost.localdomain'
  const folder = datacenter.folders.host
  const compute = world.inventory.add(new ComputeResource(world, world.morefs.computeResource(), name, folder))
  folder.attach(compute)
  return compute
}

async function addHost(
  world: LabWorld,
  compute: ComputeResource,
  name: string,
  index: number,
  options: BuildWorldOptions & Pick<CompleteDescription, 'hostUuids'>,
): Promise<HostSystem> {
  const { random, clock, storage, faults } = world
  const certificate = createCertificate({
    commonName: name,
    alternativeNames: ['localhost', '127.0.0.1'],
    notBeforeMs: clock.nowMs() - 86_400_000,
    random,
  })
  const nfc = await startNfcServer({
    storage,
    certificate,
    random,
    clock,
    faults,
    address: options.address,
    port: options.nfcPorts[index] ?? 0,
    onConnection: (connections) => world.busiest.sawConnections({ name }, connections),
    ...(options.nfcLimits === undefined ? {} : { limits: options.nfcLimits }),
  })
  const own = uuidOf(random)
  const uuid = options.hostUuids[name] ?? own
  return world.inventory.add(new HostSystem(world, world.morefs.host(), { name, uuid, certificate, nfc }, compute))
}

function addDatastore(world: LabWorld, described: DatastoreDescription): void {
  const { name, type = 'VMFS', capacityBytes = 1024 * gib, host, volume } = described
  const store = world.storage.addDatastore({ name, type, capacityBytes, ...(volume !== undefined && { volume }) })
  const hosts = host === undefined ? world.hosts : world.hosts.filter((one) => one.name === host)
  if (hosts.length === 0)
    throw fail('lab.bad-description', { what: `datastore "${name}"`, why: `no host is called "${host ?? ''}"` })
  const folder = world.datacenter.folders.datastore
  folder.attach(
    world.inventory.add(new DatastoreObject(world, world.morefs.datastore(store.url), store, hosts, folder)),
  )
}

function addNetworks(world: LabWorld, { networks, portgroups }: CompleteDescription): void {
  const folder = world.datacenter.folders.network
  for (const name of networks)
    folder.attach(world.inventory.add(new Network(world, world.morefs.network(name), name, folder)))
  if (portgroups.length === 0) return
  const owner = world.inventory.add(
    new DistributedSwitch(world, world.morefs.switch(), 'dvs', uuidOf(world.random), folder),
  )
  folder.attach(owner)
  for (const name of portgroups) {
    const portgroup = world.inventory.add(
      new DistributedPortgroup(world, world.morefs.portgroup(), name, owner, folder),
    )
    owner.portgroups.push(portgroup)
    folder.attach(portgroup)
  }
}

async function addVm(
  world: LabWorld,
  described: VmDescription,
  index: number,
  { open }: BuildWorldOptions,
): Promise<void> {
  const named = world.hosts.find(({ name }) => name === described.host)
  if (described.host !== undefined && named === undefined)
    throw fail('lab.bad-description', { what: `VM "${described.name}"`, why: `no host is called "${described.host}"` })
  const host = named ?? world.hosts[index % world.hosts.length]!
  const datastore = described.datastore ?? host.datastores[0]?.store.name ?? ''
  const folder = folderFor(world, described.folder ?? '')
  await buildVm(world, described, { host, folder, datastore, open: (disk) => open(described.name, disk) })
}

/** The VM folder of this path; made where it is missing. */
function folderFor(world: LabWorld, path: string): Folder {
  let folder = world.datacenter.folders.vm
  for (const name of path.split('/').filter((part) => part !== '')) {
    const known = folder.children.find((child): child is Folder => child instanceof Folder && child.name === name)
    const child: Folder = known ?? world.inventory.add(new Folder(world, world.morefs.folder('vm'), name, 'vm', folder))
    if (known === undefined) folder.attach(child)
    folder = child
  }
  return folder
}
