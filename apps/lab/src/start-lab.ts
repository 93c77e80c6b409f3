import { type Clock, type Random, Secret, seededRandom, systemClock, systemRandom, userCacheFolder } from '@vmkeep/kit'
import { namespaces } from '@vmkeep/vsphere/types'
import type { Busiest } from './busiest.ts'
import { createCertificate } from './certificates/index.ts'
import { LabClock } from './config/lab-clock.ts'
import { completeDescription, type LabDescription } from './config/lab-description.ts'
import { type DiskSource, openDiskSource } from './config/open-disk-source.ts'
import type { DiskDescription } from './config/vm-description.ts'
import { fail } from './errors.ts'
import type { LabRule } from './faults/lab-action.ts'
import { LabFaults } from './faults/lab-faults.ts'
import { controlRoutes } from './http/control-routes.ts'
import { startControlServer } from './http/control-server.ts'
import { startHostServer } from './http/host-server.ts'
import { startLabServer } from './http/lab-server.ts'
import { buildWorld } from './inventory/build-world.ts'
import { plainName } from './inventory/entity-name.ts'
import type { HostSystem } from './inventory/host.ts'
import { LabWorld } from './inventory/lab-world.ts'
import { type LabState, labState } from './lab-state.ts'
import { LabVmHandle } from './lab-vm-handle.ts'
import type { NfcLimits } from './nfc/model.ts'
import type { Latency } from './performance/latencies.ts'
import { policyMethods, policyServices } from './policies/policy-methods.ts'
import { Dispatcher } from './soap/dispatcher.ts'
import { privilegesOf, type User } from './soap/user.ts'
import { openLabStorage } from './storage/index.ts'
import type { ChangeTrackingSettings, LabStorage } from './storage/model.ts'

export interface LabOptions extends LabDescription {
  /** Everything that is random in the lab follows from it. `lab`, if left out. */
  readonly seed?: string
  readonly clock?: Clock
  /** 127.0.0.1, if left out. */
  readonly address?: string
  /** Any free ports, if left out. */
  readonly port?: number
  readonly controlPort?: number
  readonly nfcPorts?: readonly number[]
  readonly username?: string
  readonly password?: string
  readonly faults?: readonly LabRule[]
  /** 30 minutes, if left out. */
  readonly sessionIdleTimeoutMs?: number
  /** 2000, if left out. One more login is answered with HTTP 503. */
  readonly sessionsMax?: number
  readonly taskDurationMs?: number
  readonly taskRetentionMs?: number
  readonly pageObjectsMax?: number
  readonly snapshotLevelsMax?: number
  /** 300, if left out: how long a lease lives without a sign of its holder. */
  readonly leaseTimeoutSeconds?: number
  readonly changeTracking?: ChangeTrackingSettings
  readonly nfcLimits?: Partial<NfcLimits>
  /** Where written pages go. The system's temporary folder, if left out. */
  readonly storageFolder?: string
  /** Where disks that are made up are kept, to be made but once. In the user's cache, if left out. */
  readonly imageFolder?: string
  /** Opens what a disk starts with, in place of the lab's own reading of `image`, `generate` and `capacityBytes`. */
  readonly openDisk?: (vm: string, disk: DiskDescription) => Promise<DiskSource>
}

export interface LabStats {
  readonly sessionsOpen: number
  readonly logins: number
  readonly logouts: number
  /** For a wrong password or name. */
  readonly loginsRefused: number
  readonly snapshotsAlive: number
  readonly tasksRunning: number
  readonly nfcConnections: number
  /** What the hosts have received and sent over NFC, as it was on the wire. */
  readonly nfcBytesReceived: number
  readonly nfcBytesSent: number
  /** Leases held now. */
  readonly leasesOpen: number
  /** How often each method was called. */
  readonly calls: ReadonlyMap<string, number>
  /** Mistakes of the lab itself: an honest test looks that there are none. */
  readonly mistakes: readonly unknown[]
}

/** A running lab. Dispose it: its servers stop and its bytes are gone. */
export interface Lab extends AsyncDisposable {
  readonly mode: 'vcenter' | 'esxi'
  readonly host: string
  readonly port: number
  readonly username: string
  readonly password: string
  readonly thumbprintSha1: string
  readonly thumbprintSha256: string
  readonly certificatePem: string
  readonly controlUrl: string
  readonly hosts: readonly { readonly name: string; readonly nfcPort: number }[]
  readonly faults: LabFaults
  readonly clock: LabClock
  readonly random: Random
  readonly storage: LabStorage
  readonly stats: LabStats
  readonly busiest: Busiest
  /** A VM by its name. @throws `lab.no-such-vm` */
  vm(name: string): LabVmHandle
  state(): LabState
  /** Ends every session, as a restart of the server does. */
  expireSessions(): void
  connectHost(name: string, connected: boolean): void
  /** How many of a host's NFC connections other programs hold from now on. */
  occupyNfc(hostName: string, connections: number): void
  /** How slow a datastore is from now on, as its hosts' samples tell from the next one on; `undefined`: they tell nothing of it. */
  setLatency(datastore: string, latency: Latency | undefined): void
  /** Deletes a storage policy, as an administrator does who no longer needs it. */
  removePolicy(name: string): void
  /** Waits until no task runs. */
  settled(): Promise<void>
}

/** Starts a make-believe vCenter with two ESXi hosts, or an ESXi host by itself, on ports of this machine. */
export async function startLab(options: LabOptions = {}): Promise<Lab> {
  await using made = new AsyncDisposableStack()
  const description = completeDescription(options)
  const clock = new LabClock(options.clock ?? systemClock)
  const random = options.seed === undefined ? seededRandom('lab') : seededRandom(options.seed)
  const faults = new LabFaults(random, options.faults)
  const { storageFolder, changeTracking, address = '127.0.0.1' } = options
  const imageFolder = options.imageFolder ?? userCacheFolder('lab-images')
  const storage = made.use(
    await openLabStorage({
      random,
      clock,
      faults,
      ...(storageFolder === undefined ? {} : { folder: storageFolder }),
      ...(changeTracking === undefined ? {} : { changeTracking }),
    }),
  )
  const users = usersOf(options, description.mode)
  const world = new LabWorld({
    mode: description.mode,
    settings: settingsOf(options),
    clock,
    random,
    storage,
    faults,
    users,
    ...limitsOf(options),
  })
  made.defer(() => stopHosts(world))
  await buildWorld(world, description, {
    address,
    nfcPorts: options.nfcPorts ?? [],
    nfcLimits: options.nfcLimits,
    open: options.openDisk ?? ((vm, disk) => openDiskSource(vm, disk, imageFolder)),
  })
  const dispatcher = new Dispatcher(world)
  const policyService = { namespace: namespaces.pbm, inventory: policyServices(), methods: policyMethods }
  const policies = new Dispatcher(world, policyService, dispatcher.counts)
  const certificate =
    description.mode === 'esxi'
      ? world.hosts[0]!.certificate // a host has one certificate for all its ports
      : createCertificate({
          commonName: 'vcenter.lab',
          alternativeNames: ['localhost', '127.0.0.1'],
          notBeforeMs: clock.nowMs() - 86_400_000,
          random: systemRandom,
        })
  if (description.mode === 'vcenter') for (const host of world.hosts) made.use(await startHostServer(host, address))
  const server = made.use(
    await startLabServer({ world, dispatcher, policies, certificate, address, port: options.port ?? 0 }),
  )
  const lab = new RunningLab({
    world,
    dispatcher,
    address,
    port: server.port,
    certificate,
    password: users[0]!.password.reveal(),
  })
  const control = made.use(
    await startControlServer(controlRoutes(lab), { address: '127.0.0.1', port: options.controlPort ?? 0 }),
  )
  lab.own(made.move(), `http://127.0.0.1:${control.port}`)
  return lab
}

const defaultPassword = 'VMkeep-lab-1!' // known to everybody: there is nothing in a lab to steal

function usersOf(options: LabOptions, mode: 'vcenter' | 'esxi'): User[] {
  const name = options.username ?? (mode === 'vcenter' ? 'administrator@vsphere.local' : 'root')
  const administrator = { name, password: new Secret(options.password ?? defaultPassword), privileges: privilegesOf() }
  const others = (options.users ?? []).map(({ name: other, password, privileges, without, withoutOn }) => ({
    name: other,
    password: new Secret(password),
    privileges: privilegesOf(privileges, without),
    ...(withoutOn !== undefined && { withoutOn }),
  }))
  return [administrator, ...others]
}

function settingsOf(options: LabOptions) {
  return {
    taskDurationMs: options.taskDurationMs ?? 4,
    taskRetentionMs: options.taskRetentionMs ?? 10 * 60_000,
    pageObjectsMax: options.pageObjectsMax ?? 1000,
    snapshotLevelsMax: options.snapshotLevelsMax ?? 32,
    leaseTimeoutSeconds: options.leaseTimeoutSeconds ?? 300,
  }
}

function limitsOf(options: LabOptions) {
  return { sessionIdleTimeoutMs: options.sessionIdleTimeoutMs ?? 30 * 60_000, sessionsMax: options.sessionsMax ?? 2000 }
}

async function stopHosts(world: LabWorld): Promise<void> {
  await world.tasks.stop()
  for (const { nfc } of world.hosts) await nfc[Symbol.asyncDispose]()
}

interface RunningLabParts {
  readonly world: LabWorld
  readonly dispatcher: Dispatcher
  readonly address: string
  readonly port: number
  readonly certificate: {
    readonly thumbprintSha1: string
    readonly thumbprintSha256: string
    readonly certificatePem: string
  }
  readonly password: string
}

class RunningLab implements Lab {
  readonly mode: 'vcenter' | 'esxi'
  readonly host: string
  readonly port: number
  readonly username: string
  readonly password: string
  readonly thumbprintSha1: string
  readonly thumbprintSha256: string
  readonly certificatePem: string
  readonly hosts: readonly { readonly name: string; readonly nfcPort: number }[]
  readonly faults: LabFaults
  readonly clock: LabClock
  readonly random: Random
  readonly storage: LabStorage
  readonly #world: LabWorld
  readonly #dispatcher: Dispatcher
  #resources: AsyncDisposableStack | undefined
  #controlUrl = ''

  constructor({ world, dispatcher, address, port, certificate, password }: RunningLabParts) {
    this.mode = world.mode
    this.host = address
    this.port = port
    this.username = world.users[0]!.name
    this.password = password
    this.thumbprintSha1 = certificate.thumbprintSha1
    this.thumbprintSha256 = certificate.thumbprintSha256
    this.certificatePem = certificate.certificatePem
    this.hosts = world.hosts.map(({ name, nfc }) => ({ name, nfcPort: nfc.port }))
    this.faults = world.faults
    this.clock = world.clock
    this.random = world.random
    this.storage = world.storage
    this.#world = world
    this.#dispatcher = dispatcher
  }

  /** Takes over what ends with the lab. */
  own(resources: AsyncDisposableStack, controlUrl: string): void {
    this.#resources = resources
    this.#controlUrl = controlUrl
  }

  get controlUrl(): string {
    return this.#controlUrl
  }

  get stats(): LabStats {
    const { sessions, vms, tasks, hosts, leases, mistakes } = this.#world
    return {
      sessionsOpen: sessions.open.length,
      logins: sessions.logins,
      logouts: sessions.logouts,
      loginsRefused: sessions.loginsRefused,
      snapshotsAlive: vms.reduce((sum, vm) => sum + vm.snapshots.length, 0),
      tasksRunning: tasks.running,
      nfcConnections: hosts.reduce((sum, { nfc }) => sum + nfc.connections, 0),
      nfcBytesReceived: hosts.reduce((sum, { nfc }) => sum + nfc.bytesReceived, 0),
      nfcBytesSent: hosts.reduce((sum, { nfc }) => sum + nfc.bytesSent, 0),
      leasesOpen: leases.open.length,
      calls: this.#dispatcher.counts,
      mistakes,
    }
  }

  get busiest(): Busiest {
    return this.#world.busiest
  }

  vm(name: string): LabVmHandle {
    const vm = this.#world.vms.find((one) => [one.name, plainName(one.name), one.ref.value].includes(name))
    if (vm === undefined) throw fail('lab.no-such-vm', { vm: name })
    return new LabVmHandle(vm)
  }

  state(): LabState {
    return labState(this.#world, this.stats)
  }

  expireSessions(): void {
    for (const session of this.#world.sessions.open) this.#world.sessions.end(session)
  }

  connectHost(name: string, connected: boolean): void {
    const host = this.#hostNamed(name)
    host.connection = connected ? 'connected' : 'notResponding'
    if (!connected) host.nfc.disconnectAll()
    this.#world.inventory.changed()
    const $type = connected ? 'HostConnectedEvent' : 'HostConnectionLostEvent'
    this.#world.events.host(host, { $type, message: `Host ${name} is ${connected ? 'connected' : 'not responding'}` })
  }

  occupyNfc(hostName: string, connections: number): void {
    this.#hostNamed(hostName).nfc.occupy(connections)
  }

  #hostNamed(name: string): HostSystem {
    const host = this.#world.hosts.find((one) => one.name === name)
    if (host === undefined) throw fail('lab.bad-request', { why: `no host is called "${name}"` })
    return host
  }

  setLatency(datastore: string, latency: Latency | undefined): void {
    this.#world.latencies.set(datastore, latency)
  }

  removePolicy(name: string): void {
    this.#world.policies.remove(name)
  }

  settled(): Promise<void> {
    return this.#world.tasks.settled()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const resources = this.#resources
    this.#resources = undefined
    await resources?.disposeAsync()
  }
}
