import { uuidOf } from '../../config/uuid.ts'
import { VimFault } from '../../faults/vim-fault.ts'
import { folderOf, formatDatastorePath, joinPath, parseDatastorePath } from '../../storage/datastore-path.ts'
import { parseVmx } from '../../storage/index.ts'
import type { Folder } from '../folder.ts'
import type { HostSystem } from '../host.ts'
import type { ResourcePool } from '../resource-pool.ts'
import type { VirtualMachine } from '../virtual-machine.ts'
import { markTemplate } from './build-vm.ts'
import { changeDisks } from './change-disks.ts'
import { controllerDevice, controllerTypes } from './controllers.ts'
import { defaultDevices } from './default-devices.ts'
import { planDisk } from './disk-plan.ts'
import { addNewVm } from './new-vm.ts'
import type { Device } from './vm-settings.ts'
import { writeVmx } from './vmx-file.ts'

export interface RegisterVmOptions {
  readonly path: string
  readonly name?: string | undefined
  readonly asTemplate: boolean
  readonly host: HostSystem
  readonly pool: ResourcePool
}

/** Makes a VM of a .vmx that lies on a datastore: what it says of CPUs, memory, name, uuid, disks. @throws VimFault, `lab.*` */
export async function registerVm(folder: Folder, options: RegisterVmOptions): Promise<VirtualMachine> {
  const { world } = folder
  const { datastore, path } = parseDatastorePath(options.path)
  if (world.vms.some(({ storage }) => storage.vmxPath === options.path))
    throw new VimFault('AlreadyExists', { name: options.path })
  const vmx = parseVmx(Buffer.from(await world.storage.datastore(datastore).readFile(path)).toString())
  const number = (key: string, otherwise: number) => Number(vmx.get(key) ?? otherwise) || otherwise
  const uuid = (key: string) => uuidOfVmx(vmx.get(key)) ?? uuidOf(world.random)
  const settings = {
    uuid: uuid('uuid.bios'),
    instanceUuid: uuid('vc.uuid'),
    guestId: guestIdOfVmx(vmx.get('guestOS') ?? 'other-64'),
    cpus: number('numvcpus', 1),
    memoryMb: number('memSize', 1024),
    version: `vmx-${number('virtualHW.version', 21)}`,
    firmware: vmx.get('firmware') ?? 'bios',
    annotation: vmx.get('annotation') ?? '',
    devices: [...defaultDevices, ...controllersOf(vmx)],
  }
  const name = options.name ?? vmx.get('displayName') ?? ''
  const { host, pool } = options
  const vm = addNewVm(world, { name, folder, host, pool, datastore, vmxPath: options.path, settings })
  await attachDisks(vm, vmx)
  if (vmx.get('ctkEnabled')?.toLowerCase() === 'true') await vm.storage.setChangeTracking(true)
  if (options.asTemplate) markTemplate(vm)
  writeVmx(vm)
  world.events.vm(vm, {
    $type: 'VmRegisteredEvent',
    message: `Registered ${vm.name} on ${host.name} in ${world.datacenter.name}`,
  })
  return vm
}

/** `56 4d 10 2a …-5f 60 …`, as uuids are written everywhere else. */
function uuidOfVmx(text: string | undefined): string | undefined {
  const hex = (text ?? '').replaceAll(/[^0-9a-fA-F]/g, '').toLowerCase()
  return hex.length === 32 ? hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') : undefined
}

/** `debian12-64` → `debian12_64Guest` */
const guestIdOfVmx = (guestOS: string): string => `${guestOS.replace('-', '_')}Guest`

const nodePattern = /^(scsi|sata|nvme|ide)(\d+):(\d+)\.fileName$/

function controllersOf(vmx: ReadonlyMap<string, string>): Device[] {
  const kinds = {
    scsi: vmx.get('scsi0.virtualDev') === 'pvscsi' ? 'pvscsi' : 'lsilogic',
    sata: 'sata',
    nvme: 'nvme',
  } as const
  const controllers = new Map<string, Device>()
  for (const key of vmx.keys()) {
    const [, bus, number] = nodePattern.exec(key) ?? []
    if (bus === undefined || bus === 'ide') continue
    controllers.set(`${bus}${number}`, controllerDevice(kinds[bus as keyof typeof kinds], Number(number)))
  }
  return [...controllers.values()]
}

async function attachDisks(vm: VirtualMachine, vmx: ReadonlyMap<string, string>): Promise<void> {
  const home = parseDatastorePath(vm.storage.vmxPath)
  for (const [key, fileName] of vmx) {
    const [, bus, number, unit] = nodePattern.exec(key) ?? []
    if (bus === undefined || !fileName.endsWith('.vmdk')) continue
    const type = Object.values(controllerTypes).find((one) => one.bus === bus)!
    const inHome = formatDatastorePath({ datastore: home.datastore, path: joinPath(folderOf(home.path), fileName) })
    const path = fileName.startsWith('[') ? fileName : inHome
    const wish = {
      controllerKey: type.firstKey + Number(number),
      unitNumber: Number(unit),
      file: { kind: 'attach', path } as const,
    }
    const planned = planDisk(vm.settings, wish, 0)
    const settings = { ...vm.settings, disks: [...vm.settings.disks, planned.disk] }
    await changeDisks(vm, settings, [{ kind: 'add', planned }])
    vm.settings = settings
  }
}
