import type { DiskDescription, SnapshotDescription, VmDescription } from '../../config/vm-description.ts'
import type { DiskSource } from '../../config/open-disk-source.ts'
import { parseDatastorePath } from '../../storage/index.ts'
import { uuidOf } from '../../config/uuid.ts'
import { fail } from '../../errors.ts'
import type { DiskAllocation } from '../../storage/model.ts'
import type { Folder } from '../folder.ts'
import type { HostSystem } from '../host.ts'
import { DistributedPortgroup } from '../network.ts'
import type { VirtualMachine } from '../virtual-machine.ts'
import type { World } from '../world.ts'
import { changeDisks } from './change-disks.ts'
import { controllerDevice, controllerTypes } from './controllers.ts'
import { defaultDevices } from './default-devices.ts'
import { type DiskFile, planDisk, type PlannedDisk } from './disk-plan.ts'
import { macAddressOf } from './mac-address.ts'
import { networkCard } from './network-card.ts'
import { addNewVm } from './new-vm.ts'
import { boot, suspend } from './power.ts'
import { createSnapshot } from './snapshot-operations.ts'
import type { Device, VmSettings } from './vm-settings.ts'
import { writeVmx } from './vmx-file.ts'

export interface BuildVmOptions {
  readonly host: HostSystem
  readonly folder: Folder
  readonly datastore: string
  /** Opens what each disk starts with. */
  readonly open: (disk: DiskDescription) => Promise<DiskSource>
}

const allocations: Readonly<Record<NonNullable<DiskDescription['format']>, DiskAllocation>> = {
  thin: 'thin',
  thick: 'lazyZeroedThick',
  eager: 'eagerZeroedThick',
}

/** Makes a VM as it is described: disks, network cards, change tracking, snapshots, power and every oddity. */
export async function buildVm(
  world: World,
  described: VmDescription,
  options: BuildVmOptions,
): Promise<VirtualMachine> {
  const { host, folder, datastore } = options
  const settings = describedSettings(world, described)
  const vm = addNewVm(world, { name: described.name, folder, host, pool: world.compute.pool, datastore, settings })
  for (const disk of described.disks ?? []) await addDescribedDisk(vm, disk, options)
  await applyState(vm, described)
  writeVmx(vm)
  const { path } = parseDatastorePath(vm.storage.vmxPath)
  world.storage.datastore(datastore).writeFile(path.replace(/\.vmx$/, '.nvram'), nvramOf(described.name))
  return vm
}

function describedSettings(world: World, described: VmDescription): Partial<VmSettings> {
  const { cpus = 2, memoryMb = 4096, firmware = 'bios', guestId = 'debian12_64Guest', annotation = '' } = described
  const networks = described.networks ?? [world.networks[0]!.name]
  const isOn = (described.power ?? 'on') === 'on'
  const cards = networks.map((name, index) => {
    const network = world.networks.find((one) => one.name === name) ?? world.networks[0]!
    const plug = { name: network.name, ref: network.ref }
    const switchUuid = network instanceof DistributedPortgroup ? { switchUuid: network.switch.uuid } : {}
    return networkCard(index, { ...plug, ...switchUuid }, macAddressOf(world.random), isOn)
  })
  const key = { keyId: { keyId: 'lab-key-1', providerId: { id: 'lab-provider' } } }
  return {
    ...(described.storagePolicy !== undefined && { policyId: world.policies.named(described.storagePolicy).id }),
    ...(described.instanceUuid !== undefined && { instanceUuid: described.instanceUuid }),
    cpus,
    memoryMb,
    firmware,
    guestId,
    annotation,
    extraConfig: new Map(Object.entries(described.extraConfig ?? {})),
    kept: {
      ...(described.encrypted === true || described.virtualTpm === true ? key : {}),
      ...(described.snapshotsForbidden === undefined ? {} : forbidding(described.snapshotsForbidden)),
    },
    devices: [...defaultDevices, ...oddDevices(described), ...cards],
  }
}

const forbidding = (what: 'locked' | 'disabled') => ({
  flags: what === 'locked' ? { snapshotLocked: true } : { snapshotDisabled: true },
})

/** A firmware store of the size ESXi makes. Restores must bring it back: its content is told apart by the VM's name. */
const nvramOf = (name: string): Uint8Array => {
  const store = Buffer.alloc(8684)
  store.write(`MRVN vmkeep lab ${name}`)
  return store
}

function oddDevices({ passthrough, virtualTpm, nvdimm }: VmDescription): Device[] {
  const label = (text: string) => ({ $type: 'Description', label: text, summary: text }) as const
  const pci: Device = {
    $type: 'VirtualPCIPassthrough',
    key: 13_000,
    deviceInfo: label('PCI device 0'),
    controllerKey: 100,
    unitNumber: 18,
  }
  const tpm: Device = { $type: 'VirtualTPM', key: 11_000, deviceInfo: label('Virtual TPM') }
  return [
    ...(passthrough === true ? [pci] : []),
    ...(virtualTpm === true ? [tpm] : []),
    ...(nvdimm === true ? memoryModule : []),
  ]
}

/** Its keys are made up: nobody has published any. */
const memoryModule: readonly Device[] = [
  { $type: 'VirtualNVDIMMController', key: 30_000, busNumber: 0, controllerKey: 100, device: [30_100] },
  {
    $type: 'VirtualNVDIMM',
    key: 30_100,
    deviceInfo: { $type: 'Description', label: 'NVDIMM 1', summary: '1,024 MB' },
    controllerKey: 30_000,
    unitNumber: 0,
    capacityInMB: 1024,
  },
]

async function addDescribedDisk(
  vm: VirtualMachine,
  described: DiskDescription,
  { open }: BuildVmOptions,
): Promise<void> {
  const controllerKey = controllerFor(vm, described)
  const { file, generated } =
    described.linkedTo === undefined ? await newFile(described, open) : { file: linkedFile(vm, described.linkedTo) }
  const planned = planDisk(vm.settings, { controllerKey, ...traitsOf(vm, described), file }, 0)
  const settings = { ...vm.settings, disks: [...vm.settings.disks, planned.disk] }
  await changeDisks(vm, settings, [{ kind: 'add', planned }])
  vm.settings = settings
  if (generated !== undefined) vm.generated.set(planned.disk.key, generated)
}

async function newFile(described: DiskDescription, open: BuildVmOptions['open']) {
  const { capacityBytes, source, generated } = await open(described)
  const file: DiskFile = {
    kind: 'create',
    capacityBytes,
    allocation: allocations[described.format ?? 'thin'],
    adapterType: controllerTypes[described.controller ?? 'pvscsi'].adapter,
    ...(described.sectorBytes === undefined ? {} : { sectorSizeBytes: described.sectorBytes }),
    ...(source === undefined ? {} : { source }),
    ...(described.datastore === undefined ? {} : { path: `[${described.datastore}]` }),
  }
  return { file, generated }
}

/** Clones of a real server lie in their own folder; what they are read through is the same. */
function linkedFile(vm: VirtualMachine, name: string): DiskFile {
  const parent = vm.world.vms.find((other) => other.name === name)?.storage.snapshots[0]?.disks[0]
  if (parent !== undefined) return { kind: 'attach', path: parent.backing.fileName }
  throw fail('lab.bad-description', { what: `a disk of "${vm.name}"`, why: `"${name}" has no snapshot to stand on` })
}

type Traits = Partial<
  Pick<PlannedDisk['disk'], 'mode' | 'sharing' | 'rdm' | 'pmem' | 'keyId' | 'firstClassId' | 'lost' | 'policyId'>
>

function traitsOf(vm: VirtualMachine, described: DiskDescription): Traits {
  const { mode, multiwriter, rdm, encrypted, pmem, firstClass, lost, storagePolicy } = described
  const lun = `0200000000${vm.number.toString(16).padStart(8, '0')}${vm.settings.disks.length.toString(16).padStart(8, '0')}`
  return {
    ...(mode === undefined ? {} : { mode }),
    ...(pmem === true ? { pmem } : {}),
    ...(lost === undefined ? {} : { lost }),
    ...(storagePolicy === undefined ? {} : { policyId: vm.world.policies.named(storagePolicy).id }),
    ...(firstClass === true ? { firstClassId: uuidOf(vm.world.random) } : {}),
    ...(multiwriter === true ? { sharing: 'sharingMultiWriter' } : {}),
    ...(rdm === undefined ? {} : { rdm: { mode: `${rdm}Mode`, lunUuid: lun, deviceName: `vml.${lun}` } }),
    ...(encrypted === true ? { keyId: { keyId: 'lab-key-1', providerId: { id: 'lab-provider' } } } : {}),
  }
}

/** The controller a disk goes to: the first of its kind with room, or a new one. */
function controllerFor(vm: VirtualMachine, { controller = 'pvscsi', sharedBus }: DiskDescription): number {
  const { $type, units } = controllerTypes[controller]
  const wanted = controllerDevice(controller, 0, sharedBus)
  const sameKind = vm.settings.devices.filter((device) => device.$type === $type)
  const isFull = ({ key }: Device) => vm.settings.disks.filter((disk) => disk.controllerKey === key).length >= units - 1
  const sharing = (device: Device) => ('sharedBus' in device ? device.sharedBus : undefined)
  const fitting = sameKind.find((device) => sharing(device) === sharing(wanted) && !isFull(device))
  if (fitting !== undefined) return fitting.key
  const { bus } = controllerTypes[controller]
  const onBus = vm.settings.devices.filter((device) =>
    Object.values(controllerTypes).some((type) => type.bus === bus && type.$type === device.$type),
  )
  const added = controllerDevice(controller, onBus.length, sharedBus)
  vm.settings = { ...vm.settings, devices: [...vm.settings.devices, added] }
  return added.key
}

/** Change tracking first, then power: the VM starts with it active. Snapshots last, as an administrator would take them. */
async function applyState(vm: VirtualMachine, described: VmDescription): Promise<void> {
  vm.tools = described.tools ?? 'running'
  vm.guestSystem.describe(described.guest ?? {})
  vm.ownConnectionState = described.connection ?? 'connected'
  vm.faultTolerant = described.faultTolerant ?? false
  vm.keyMissing = described.keyMissing ?? false
  vm.instantCloneFrozen = described.instantCloneFrozen ?? false
  vm.snapshotInBackground = described.snapshotInBackground ?? false
  if (described.cbt === true) await vm.storage.setChangeTracking(true)
  const power = described.template === true ? 'off' : (described.power ?? 'on')
  if (power !== 'off') await boot(vm)
  await takeSnapshots(vm, described.snapshots ?? [])
  if (power === 'suspended') await suspend(vm)
  if (described.template === true) markTemplate(vm)
  for (const [name, value] of Object.entries(described.customValues ?? {}))
    vm.customFields.set(vm.world.customFields.named(name).key, value)
  for (const tag of described.tags ?? []) vm.world.tags.attach(vm.ref, tag)
  vm.question = described.question
  if (described.consolidationNeeded === true) vm.forceConsolidationNeeded(true)
}

/** A chain is taken top down. Brothers need a way back to their parent: the VM is reverted to it between them. */
async function takeSnapshots(vm: VirtualMachine, described: readonly SnapshotDescription[]): Promise<void> {
  const { power } = vm
  const parent = vm.storage.currentSnapshot
  for (const [index, { name, description = '', children = [] }] of described.entries()) {
    if (index > 0 && parent !== undefined) {
      await vm.storage.revertToSnapshot(parent.id)
      if (power === 'on') await boot(vm)
    }
    await createSnapshot(vm, { name, description, memory: false, quiesce: false })
    await takeSnapshots(vm, children)
  }
}

export function markTemplate(vm: VirtualMachine): void {
  vm.settings = { ...vm.settings, template: true }
  vm.pool = undefined
  vm.touch()
}
