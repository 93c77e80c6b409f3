import type { DiskReader } from '@vmkeep/disk'
import type { ManagedObjectReference } from '@vmkeep/vsphere/types'
import { fail } from './errors.ts'
import { type GeneratedDisk, type GuestWriter, type GuestWriterOptions, startGuestWriter } from './guest/index.ts'
import type { VirtualMachine } from './inventory/virtual-machine.ts'
import type { GuestProcess } from './inventory/vm/guest-system.ts'
import { anotherHost, moveToDatastore, moveToHost } from './inventory/vm/move-vm.ts'
import { switchPower } from './inventory/vm/power.ts'
import { createSnapshot, removeAllSnapshots } from './inventory/vm/snapshot-operations.ts'
import { LabMachine } from './machine/lab-machine.ts'
import type { SparseBytes, VirtualDisk, VmSnapshot, VmStorage } from './storage/model.ts'

/** A VM of the lab, from the inside: what its guest, its administrator and a test can do that no API shows. */
export class LabVmHandle {
  readonly #vm: VirtualMachine

  constructor(vm: VirtualMachine) {
    this.#vm = vm
  }

  get ref(): ManagedObjectReference {
    return this.#vm.ref
  }
  get name(): string {
    return this.#vm.name
  }
  get instanceUuid(): string {
    return this.#vm.settings.instanceUuid
  }
  get hostName(): string {
    return this.#vm.host.name
  }
  get powerState(): 'on' | 'off' | 'suspended' {
    return this.#vm.power
  }
  /** How its guest began to run the last time; `undefined` if it never did. */
  get lastStart(): 'boot' | 'resume' | undefined {
    return this.#vm.memory.lastStart
  }
  get consolidationNeeded(): boolean {
    return this.#vm.consolidationNeeded
  }
  get storage(): VmStorage {
    return this.#vm.storage
  }
  get disks(): readonly VirtualDisk[] {
    return this.#vm.storage.disks
  }
  get snapshots(): readonly VmSnapshot[] {
    return this.#vm.storage.snapshots
  }

  /** The names of the storage policies of its own files, and of its disks by their keys. */
  get storagePolicies(): { readonly home?: string | undefined; readonly disks: Readonly<Record<number, string>> } {
    const { settings, world } = this.#vm
    const nameOf = (policyId: string | undefined) => world.policies.all.find(({ id }) => id === policyId)?.name
    const disks = settings.disks.map(({ key, policyId }) => [key, nameOf(policyId)] as const)
    return {
      home: nameOf(settings.policyId),
      disks: Object.fromEntries(disks.flatMap(([key, name]) => (name === undefined ? [] : [[key, name]]))),
    }
  }

  /** What its guest has in memory now; `undefined` if the VM is off. */
  memory(): SparseBytes | undefined {
    return this.powerState === 'off' ? undefined : this.#vm.guestMemory
  }

  /** What has been started in its guest through VMware Tools, oldest first. */
  get guestProcesses(): readonly GuestProcess[] {
    return this.#vm.guestSystem.started
  }

  /** The files in its guest that were made through VMware Tools and are still there. */
  get guestFiles(): readonly string[] {
    return this.#vm.guestSystem.files.paths
  }

  /** A disk by its key; the first, if none is given. @throws `lab.no-such-disk` */
  disk(key?: number): VirtualDisk {
    return this.#vm.storage.disk(key ?? this.disks[0]?.key ?? 2000)
  }

  /** The bytes of a disk as they were when a snapshot was taken, by its moref or its name. It outlives the snapshot. */
  frozenView(snapshot: string, key?: number): DiskReader {
    const found = this.snapshots.find(({ id, name }) => id === snapshot || name === snapshot)
    if (found === undefined) throw fail('lab.no-such-snapshot', { vm: this.name, snapshot })
    return this.#vm.storage.frozenView(found.id, this.disk(key).key)
  }

  /** What is known of a disk that was made up: its files, and where a guest may write. */
  generated(key?: number): GeneratedDisk | undefined {
    return this.#vm.generated.get(this.disk(key).key)
  }

  /**
   * A guest that writes to a disk, a step at a time or at a pace; into a file system only where that does no harm.
   * Dispose it to stop it.
   */
  guest(options: GuestWriterOptions & { readonly key?: number; readonly bytesPerSecond?: number }): GuestWriter {
    const { key, bytesPerSecond, ...rest } = options
    const writable = this.generated(key)?.writable
    const areas = writable === undefined || writable.length === 0 ? {} : { areas: writable }
    const pace = bytesPerSecond === undefined ? {} : { pace: { clock: this.#vm.world.clock, bytesPerSecond } }
    return startGuestWriter(this.disk(key), { ...areas, ...rest, ...pace })
  }

  /** Makes this VM the machine that the test runs on: what a Linux guest of it has in /sys and /dev appears in the folder. */
  async appearsIn(folder: string): Promise<void> {
    this.#vm.machine = await LabMachine.start(this.#vm, folder)
  }

  async grow(key: number | undefined, capacityBytes: number): Promise<void> {
    await this.#vm.storage.growDisk(this.disk(key).key, capacityBytes)
    this.#vm.touch()
  }

  /** vMotion, storage vMotion or both; to the other host, if nothing is named. */
  async migrate({
    host,
    datastore,
  }: { readonly host?: string | undefined; readonly datastore?: string | undefined } = {}): Promise<void> {
    const { world } = this.#vm
    if (datastore !== undefined) {
      const target = world.datastores.find(({ name }) => name === datastore)
      if (target === undefined) throw fail('lab.no-such-datastore', { datastore })
      await moveToDatastore(this.#vm, target)
      if (host === undefined) return
    }
    const target = host === undefined ? anotherHost(this.#vm) : world.hosts.find(({ name }) => name === host)
    if (target === undefined)
      throw fail('lab.bad-request', { why: `${this.name} can't move to ${host ?? 'another host'}` })
    moveToHost(this.#vm, target)
  }

  async power(state: 'on' | 'off' | 'suspended', options: { readonly hard?: boolean } = {}): Promise<void> {
    await switchPower(this.#vm, state, options)
  }

  /** Takes a snapshot as somebody else would, and returns its moref. */
  async snapshot(name: string): Promise<ManagedObjectReference> {
    return await createSnapshot(this.#vm, { name, description: '', memory: false, quiesce: false })
  }

  async removeSnapshots(): Promise<void> {
    const task = { progress: () => {}, signal: new AbortController().signal }
    await removeAllSnapshots(this.#vm, { consolidate: true }, task)
  }
}
