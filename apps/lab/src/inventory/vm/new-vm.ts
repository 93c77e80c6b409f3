import { uuidOf } from '../../config/uuid.ts'
import { VimFault } from '../../faults/vim-fault.ts'
import { parseDatastorePath } from '../../storage/index.ts'
import { escapeName, plainName } from '../entity-name.ts'
import type { Folder } from '../folder.ts'
import type { HostSystem } from '../host.ts'
import type { ResourcePool } from '../resource-pool.ts'
import { VirtualMachine } from '../virtual-machine.ts'
import type { World } from '../world.ts'
import { defaultDevices } from './default-devices.ts'
import type { VmSettings } from './vm-settings.ts'

export interface NewVm {
  readonly name: string
  readonly folder: Folder
  readonly host: HostSystem
  readonly pool: ResourcePool | undefined
  readonly datastore: string
  /** `[ds] folder/name.vmx`; made up from the name, if left out. */
  readonly vmxPath?: string | undefined
  readonly settings?: Partial<VmSettings>
}

/** Puts a VM without disks into the inventory. @throws VimFault `DuplicateName`, `InvalidName`, `AlreadyExists` */
export function addNewVm(world: World, options: NewVm): VirtualMachine {
  const { folder, host, pool } = options
  const name = escapeName(options.name)
  if (name === '') throw new VimFault('InvalidName', { name })
  const other = folder.children.find((child) => child.name === name)
  if (other !== undefined) throw new VimFault('DuplicateName', { name, object: other.ref })
  const vmxPath = options.vmxPath ?? freeVmxPath(world, options.datastore, plainName(name))
  const storage = world.storage.addVm({ name: plainName(name), vmxPath })
  writeEmptySnapshotList(world, vmxPath)
  const settings = { ...defaultSettings(world, name), ...options.settings }
  const vm = new VirtualMachine(world, world.morefs.vm(), { settings, storage, host, pool, folder })
  world.inventory.add(vm)
  folder.attach(vm)
  return vm
}

/** Every VM has a .vmsd, though it has no snapshot yet. Source: folders of ESXi VMs. Evidence: observed. */
function writeEmptySnapshotList(world: World, vmxPath: string): void {
  const { datastore, path } = parseDatastorePath(vmxPath.replace(/\.vmx$/, '.vmsd'))
  const store = world.storage.datastore(datastore)
  if (store.stat(path) === undefined) store.writeFile(path, '')
}

/** A folder that another VM had already gets a number: `web`, `web_1`. Source: CreateVM_Task on a real server. Evidence: observed. */
function freeVmxPath(world: World, datastore: string, name: string): string {
  const base = name.replaceAll(/[/\\:*?"<>|]/g, '_')
  const store = world.storage.datastore(datastore)
  for (let number = 0; ; number++) {
    const folder = number === 0 ? base : `${base}_${number}`
    if (store.stat(folder) === undefined) return `[${datastore}] ${folder}/${base}.vmx`
  }
}

function defaultSettings(world: World, name: string): VmSettings {
  const now = world.clock.timestamp()
  return {
    name,
    uuid: uuidOf(world.random),
    instanceUuid: uuidOf(world.random),
    guestId: 'other6xLinux64Guest',
    version: 'vmx-21',
    firmware: 'bios',
    annotation: '',
    cpus: 1,
    coresPerSocket: 1,
    memoryMb: 1024,
    createDate: now,
    modified: now,
    changeVersion: 1,
    template: false,
    extraConfig: new Map(),
    kept: {},
    devices: defaultDevices,
    disks: [],
  }
}
