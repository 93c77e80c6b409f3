import { readProperties } from '../properties/read-properties.ts'
import type { Session } from '../session/session.ts'
import type { ManagedObjectReference } from '../types/index.ts'
import { isDisk } from '../vm/disks-of.ts'
import type { Device, VirtualDiskDevice } from '../vm/vm-disk.ts'

/** A slot of a VM, by the device key of its controller. */
export interface DiskSlot {
  readonly controllerKey: number
  readonly unitNumber: number
}

/** What tells a disk of another VM that hangs on this one. All of it must be right before anything is detached. */
export interface AttachedDisk extends DiskSlot {
  /** `[datastore] folder/disk.vmdk`, as it was asked for. */
  readonly path: string
  /** Its backing.uuid, where it is known. */
  readonly uuid?: string | undefined
}

/** Everything in the hardware list of a VM. @throws `vsphere.not-found` */
export async function readDevices(
  session: Session,
  vm: ManagedObjectReference,
  signal?: AbortSignal,
): Promise<readonly Device[] | undefined> {
  const request = { type: 'VirtualMachine', ref: vm, paths: ['config.hardware.device'] } as const
  return (await readProperties(session, request, signal))['config.hardware.device']
}

/**
 * The device that is this attached disk: in its slot, of its mode, with its file. Anything else in the slot is somebody else's.
 *
 * vSphere may show the redo log it made on top, with the disk as its parent.
 * Source: VADP programming guide, HotAdd: "a redo log is created next to the base disk". Evidence: documented; how the config shows it, inferred.
 */
export function findAttached(devices: readonly Device[], disk: AttachedDisk): VirtualDiskDevice | undefined {
  return devices.filter(isDisk).find((device) => {
    const { diskMode } = (device.backing ?? {}) as Backing
    return (
      device.controllerKey === disk.controllerKey &&
      device.unitNumber === disk.unitNumber &&
      diskMode === attachedMode &&
      filesOf(device).includes(disk.path) &&
      isSameUuid(uuidOf(device), disk.uuid)
    )
  })
}

/** Whether any disk of a VM stands on this file, in whatever mode and slot. */
export const hangsOn = (devices: readonly Device[], path: string): boolean =>
  devices.filter(isDisk).some((device) => filesOf(device).includes(path))

/** Nothing that is written there reaches the disk, and it is in no snapshot of the VM it hangs on. */
export const attachedMode = 'independent_nonpersistent'

interface Backing {
  readonly fileName?: string
  readonly uuid?: string
  readonly diskMode?: string
  readonly parent?: Backing
}

function filesOf(device: VirtualDiskDevice): string[] {
  const files: string[] = []
  for (let at = device.backing as Backing | undefined; at !== undefined; at = at.parent) files.push(at.fileName ?? '')
  return files
}

const uuidOf = (device: VirtualDiskDevice): string | undefined => (device.backing as Backing | undefined)?.uuid

/** A server that tells no uuid contradicts nothing. */
const isSameUuid = (found: string | undefined, wanted: string | undefined): boolean =>
  found === undefined || wanted === undefined || plain(found) === plain(wanted)

const plain = (uuid: string): string => uuid.replaceAll(/[^0-9a-f]/gi, '').toLowerCase()
