import { VimFault } from '../../faults/vim-fault.ts'
import { folderOf, formatDatastorePath, joinPath, parseDatastorePath } from '../../storage/datastore-path.ts'
import { parseVmx } from '../../storage/index.ts'
import type { Folder } from '../folder.ts'
import type { HostSystem } from '../host.ts'
import type { ResourcePool } from '../resource-pool.ts'
import type { VirtualMachine } from '../virtual-machine.ts'
import type { DiskMode } from '../../storage/model.ts'
import { adoptSnapshots } from './adopt-snapshots.ts'
import { markTemplate } from './build-vm.ts'
import { changeDisks } from './change-disks.ts'
import { planDisk } from './disk-plan.ts'
import { controllerKeyOf, partsOfNode } from './disk-node.ts'
import { addNewVm } from './new-vm.ts'
import { removeVm } from './remove-vm.ts'
import { settingsOfVmx, type Vmx } from './vmx-settings.ts'
import { writeVmx } from './vmx-file.ts'

export interface RegisterVmOptions {
  readonly path: string
  readonly name?: string | undefined
  readonly asTemplate: boolean
  readonly host: HostSystem
  readonly pool: ResourcePool
}

/**
 * Makes a VM of a .vmx that lies on a datastore: what it says of hardware, networks, name, uuids and disks, with the snapshots its
 * .vmsd lists; suspended if it says so.
 * Source: vSphere Web Services API 8.0, RegisterVM_Task: AlreadyExists, NotFound. Evidence: documented.
 *
 * @throws VimFault, `lab.*`; nothing is registered then
 */
export async function registerVm(folder: Folder, options: RegisterVmOptions): Promise<VirtualMachine> {
  const { world } = folder
  const { host, pool, path: vmxPath } = options
  const { datastore, path } = parseDatastorePath(vmxPath)
  if (world.vms.some(({ storage }) => storage.vmxPath === vmxPath))
    throw new VimFault('AlreadyExists', { name: vmxPath })
  if (world.storage.datastore(datastore).stat(path) === undefined) throw new VimFault('NotFound')
  const vmx = parseVmx(Buffer.from(await world.storage.datastore(datastore).readFile(path)).toString())
  const settings = settingsOfVmx(world, vmx)
  const name = options.name ?? vmx.get('displayName') ?? ''
  const vm = addNewVm(world, { name, folder, host, pool, datastore, vmxPath, settings })
  try {
    await takeUp(vm, vmx)
  } catch (error) {
    removeVm(vm, { destroy: false })
    throw error
  }
  if (options.asTemplate) markTemplate(vm)
  writeVmx(vm)
  world.events.vm(vm, {
    $type: 'VmRegisteredEvent',
    message: `Registered ${vm.name} on ${host.name} in ${world.datacenter.name}`,
  })
  return vm
}

/** Its disks first, then what follows their writes, then what stands on them. */
async function takeUp(vm: VirtualMachine, vmx: Vmx): Promise<void> {
  await attachDisks(vm, vmx)
  if (vmx.get('ctkEnabled')?.toLowerCase() === 'true') await vm.storage.setChangeTracking(true)
  await adoptSnapshots(vm, vmx)
}

/** `independent-persistent`, as a .vmx writes it. */
const modeOf = (text: string | undefined): DiskMode | undefined =>
  modes.find((mode) => mode === text?.replace('-', '_'))

const modes: readonly DiskMode[] = [
  'persistent',
  'independent_persistent',
  'independent_nonpersistent',
  'nonpersistent',
  'undoable',
  'append',
]

async function attachDisks(vm: VirtualMachine, vmx: Vmx): Promise<void> {
  const home = parseDatastorePath(vm.storage.vmxPath)
  for (const [key, fileName] of vmx) {
    if (!key.endsWith('.fileName') || !fileName.endsWith('.vmdk')) continue
    const { unitNumber, ...controller } = partsOfNode(key.slice(0, -'.fileName'.length))
    const inHome = formatDatastorePath({ datastore: home.datastore, path: joinPath(folderOf(home.path), fileName) })
    const path = fileName.startsWith('[') ? fileName : inHome
    const wish = {
      controllerKey: controllerKeyOf(controller),
      unitNumber,
      mode: modeOf(vmx.get(key.replace(/fileName$/, 'mode'))),
      file: { kind: 'attach', path } as const,
    }
    const planned = planDisk(vm.settings, wish, 0)
    const settings = { ...vm.settings, disks: [...vm.settings.disks, planned.disk] }
    await changeDisks(vm, settings, [{ kind: 'add', planned }])
    vm.settings = settings
  }
}
