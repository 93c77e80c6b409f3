import { hasCode } from '@vmkeep/kit'
import {
  deleteFile,
  destroyVm,
  findByVmx,
  listSnapshots,
  type ManagedObjectReference,
  registerVm,
  removeSnapshot,
  type Session,
  unregisterVm,
} from '@vmkeep/vsphere'
import type { LeftHome, Leftover } from './journal.ts'
import { formatMarker, isTakenBy } from './marker.ts'

/**
 * Takes back a VM of ours that was taken out of the inventory to be given its memory, wherever that was broken off, and tells whether
 * there was anything to take. One that has become what it was at its point carries our mark no more and is the admin's: of that, only
 * the snapshot goes which it came with.
 */
export async function removeLeftHome(
  session: Session,
  { home: left, marker }: Pick<Leftover, 'home' | 'marker'>,
  signal?: AbortSignal,
): Promise<boolean> {
  const home = left!
  const mark = formatMarker(marker)
  const [there] = await findByVmx(session, home.vmxPath, signal)
  const vm = there ?? (await registered(session, home, signal))
  if (vm === undefined) return deleteFiles(session, home, signal)
  try {
    await destroyVm(session, { ref: vm, marker: mark }, signal)
    await deleteFiles(session, home, signal)
    return true
  } catch (error) {
    if (!hasCode(error, 'vsphere.not-ours')) throw error
    if (there === undefined) await unregisterVm(session, vm, signal) // whole, and somebody has taken it out since
    return there !== undefined && (await removeItsSnapshot(session, vm, home, signal))
  }
}

/** Without its vmx there is no VM. */
async function registered(
  session: Session,
  { vmxPath, folder, pool, host }: LeftHome,
  signal: AbortSignal | undefined,
): Promise<ManagedObjectReference | undefined> {
  const place = {
    vmxPath,
    folder: { type: 'Folder', value: folder },
    pool: { type: 'ResourcePool', value: pool },
    host: { type: 'HostSystem', value: host },
  }
  return registerVm(session, place, signal).catch((error: unknown) => {
    if (!isMissing(error)) throw error
    return undefined
  })
}

const isMissing = (error: unknown): boolean => hasCode(error, 'vsphere.file-not-found', 'vsphere.not-found')

/** Deleting a VM deletes what vSphere knows of it. */
async function deleteFiles(
  session: Session,
  { files, datacenter }: LeftHome,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  let deleted = false
  for (const file of files)
    try {
      await deleteFile(session, file, { datacenter: { type: 'Datacenter', value: datacenter }, signal })
      deleted = true
    } catch (error) {
      if (!isMissing(error)) throw error
    }
  return deleted
}

async function removeItsSnapshot(
  session: Session,
  vm: ManagedObjectReference,
  home: LeftHome,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const ours = (await listSnapshots(session, vm, signal)).filter((found) => isTakenBy(home.snapshotOf, found))
  for (const { ref } of ours) await removeSnapshot(session, ref, { signal })
  return ours.length > 0
}
