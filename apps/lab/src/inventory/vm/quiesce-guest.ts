import { VimFault } from '../../faults/vim-fault.ts'
import { type DatastorePath, folderOf, joinPath, nameOf, parseDatastorePath } from '../../storage/datastore-path.ts'
import type { VirtualMachine } from '../virtual-machine.ts'
import { usesDiskUuids } from './config-info.ts'
import { controllerTypes } from './controllers.ts'
import { guestFamilyOf } from './guest-names.ts'
import type { Device } from './vm-settings.ts'
import { vssManifest } from './vss-manifest.ts'

/** What a client asks of VMware Tools. Contexts as vSphere spells them; without one the Tools do as with `ctx_auto`. */
export interface QuiesceWish {
  readonly context?: string | undefined
  /** Rules: the wish is lost on the way to the guest, or VSS does not get beyond the file systems. */
  readonly ignored?: boolean
  readonly fileSystemOnly?: boolean
}

export interface Quiesced {
  readonly quiesced: boolean
  /** The manifest that is written once the snapshot is made. */
  readonly manifest?: Buffer
}

const writers = ['System Writer', 'Registry Writer', 'SqlServerWriter']

/**
 * Brings a guest to rest, and says how far that went.
 *
 * Source: vadp.md §3.1, §3.2; vSphere Web Services API 8.0, VirtualMachineWindowsQuiesceSpec. Evidence: documented; the fault of
 * `ctx_backup` where writers can't take part, inferred.
 *
 * @throws VimFault `ApplicationQuiesceFault`
 */
export function quiesceGuest(vm: VirtualMachine, wish: QuiesceWish | false): Quiesced {
  if (wish === false || wish.ignored === true || vm.toolsState !== 'running') return { quiesced: false }
  if (!isWindows(vm)) return { quiesced: true }
  const involvesWriters = wish.context !== 'ctx_file_share_backup' && wish.fileSystemOnly !== true
  if (involvesWriters && canInvolveWriters(vm)) return { quiesced: true, manifest: vssManifest(writers) }
  if (wish.context === 'ctx_backup' && wish.fileSystemOnly !== true) throw new VimFault('ApplicationQuiesceFault')
  return { quiesced: true, manifest: vssManifest([]) }
}

export const isWindows = (vm: VirtualMachine): boolean => guestFamilyOf(vm.settings.guestId) === 'windowsGuest'

/** Source: Virtual Disk Programming Guide, "Working with Microsoft Shadow Copy". Evidence: documented. */
function canInvolveWriters({ settings }: VirtualMachine): boolean {
  const { disks, kept, devices } = settings
  const scsi = new Set(devices.filter(isScsi).map(({ key }) => key))
  const isEncrypted = kept.keyId !== undefined || disks.some(({ keyId }) => keyId !== undefined)
  const hasSlots = disks.length * 2 <= scsi.size * (controllerTypes.pvscsi.units - 1)
  return usesDiskUuids(settings) && disks.every((disk) => scsi.has(disk.controllerKey)) && hasSlots && !isEncrypted
}

const isScsi = ({ $type }: Device): boolean =>
  Object.values(controllerTypes).some((type) => type.bus === 'scsi' && type.$type === $type)

/** Where a snapshot's manifest lies: beside the vmx, which is also the snapshot directory. */
export const manifestNameOf = (vm: VirtualMachine, number: number): string => `${baseOf(vm)}-vss_manifests${number}.zip`

export function writeManifest(vm: VirtualMachine, name: string, manifest: Buffer): void {
  const { datastore, path } = placeOf(vm, name)
  vm.world.storage.datastore(datastore).writeFile(path, manifest)
}

/** The manifest goes with its snapshot. Evidence: inferred. */
export function dropManifest(vm: VirtualMachine, name: string): void {
  const { datastore, path } = placeOf(vm, name)
  const store = vm.world.storage.datastore(datastore)
  if (store.stat(path) !== undefined) store.deleteFile(path)
}

const baseOf = (vm: VirtualMachine): string => nameOf(vm.storage.vmxPath).replace(/\.vmx$/, '')

function placeOf(vm: VirtualMachine, name: string): DatastorePath {
  const { datastore, path } = parseDatastorePath(vm.storage.vmxPath)
  return { datastore, path: joinPath(folderOf(path), name) }
}
