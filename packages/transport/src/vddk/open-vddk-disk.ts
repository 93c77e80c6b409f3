import { messageOf } from '@vmkeep/kit'
import { cleanUp, findLibrary, OpenedVddkDisk, VddkDisk } from '@vmkeep/vddk'
import type { Session } from '@vmkeep/vsphere'
import type { TransportSettings, VddkSettings } from '../settings.ts'
import type { DiskPlace, VmDiskReader, VmDiskRequest, VmDiskWriter } from '../transport.ts'
import { leaseProcess } from './lease-process.ts'

/** Files only: whether the library can be loaded, and works, is seen when a disk is opened. */
export function whyNotVddk(_disk: DiskPlace, { vddk }: TransportSettings): string | undefined {
  if (vddk === undefined) return 'no VDDK is configured (backup.vddk.library)'
  try {
    findLibrary(vddk.library)
    return undefined
  } catch (error) {
    return messageOf(error)
  }
}

/** Where it was looked for what an earlier process of the library has left, such as a disk that is still attached. */
const cleanedUp = new WeakMap<Session, Map<string, Promise<void>>>()
const silenceMsDefault = 60_000
const transportsDefault = 'san:hotadd:nbdssl:nbd'

/**
 * Opens a VM's disk by VMware's own library, in a process of its own.
 *
 * @throws `vddk.*`
 */
export async function openVddkDisk(
  request: VmDiskRequest,
  access: 'read' | 'write',
): Promise<VmDiskReader & VmDiskWriter> {
  const { path, settings, onReconnect } = request
  const disk = await VddkDisk.open({
    path,
    open: () => openOnce(request, settings.vddk!, access),
    silenceMs: settings.silenceMs ?? silenceMsDefault,
    onReopen: onReconnect,
    onAllocationUnknown: () => {}, // all of it is read then, as with a disk that has no holes
  })
  return Object.assign(disk, { transport: 'vddk' } as const)
}

/** With the session as it is then, on the host that the VM runs on then. */
async function openOnce(request: VmDiskRequest, vddk: VddkSettings, access: 'read' | 'write'): Promise<OpenedVddkDisk> {
  const { session, path, capacityBytes, snapshot } = request
  const { lease, login } = await leaseProcess(request, vddk)
  const { library, transports = transportsDefault } = vddk
  const cleaned = cleanedUp.get(session) ?? new Map<string, Promise<void>>()
  cleanedUp.set(session, cleaned)
  if (!cleaned.has(library)) cleaned.set(library, cleanUp(lease.process, login))
  await cleaned.get(library)!.catch((error: unknown) => {
    cleaned.delete(library) // its process went down: the next one tries again
    throw error
  })
  return await OpenedVddkDisk.open(lease, login, { path, capacityBytes, snapshot: snapshot?.value, access, transports })
}
