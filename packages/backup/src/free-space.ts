import { readProperties, type Session, type Vm, type VmDatastore } from '@vmkeep/vsphere'
import type { Cause } from '@vmkeep/run'

/** What must be free on a datastore for a snapshot to be started there. A snapshot grows with every write, and a full datastore stops its VMs. */
export interface FreeSpaceGuard {
  readonly minFreeBytes: number
  /** Of the datastore's capacity, 0 to 1. */
  readonly minFreeShare: number
}

/** Why no snapshot may be started: a datastore that would take it is too full. */
export function whyTooFull(vm: Vm, { minFreeBytes, minFreeShare }: FreeSpaceGuard): Cause | undefined {
  const full = snapshotDatastores(vm).find(
    ({ freeBytes, capacityBytes }) => freeBytes < Math.max(minFreeBytes, capacityBytes * minFreeShare),
  )
  if (full === undefined) return undefined
  const { name, freeBytes, capacityBytes } = full
  const share = ((freeBytes / capacityBytes) * 100).toFixed(1)
  const free = `${gib(freeBytes)} GiB of ${gib(capacityBytes)} GiB (${share} %) free`
  return {
    code: 'datastore-too-full',
    message: `Datastore ${name} has ${free}, less than backup.guards asks for: a snapshot could fill it. Make room there, or lower the guard.`,
  }
}

/** {@link whyTooFull} as it is at this moment: a VM may have waited for long. */
export async function whyTooFullNow(
  session: Session,
  vm: Vm,
  guard: FreeSpaceGuard,
  signal: AbortSignal,
): Promise<Cause | undefined> {
  const datastores: VmDatastore[] = []
  for (const datastore of snapshotDatastores(vm)) {
    const request = { type: 'Datastore', ref: datastore.ref, paths: ['summary'] } as const
    const { summary } = await readProperties(session, request, signal)
    datastores.push({ ...datastore, freeBytes: Number(summary?.freeSpace ?? datastore.freeBytes) })
  }
  return whyTooFull({ ...vm, datastores }, guard)
}

/** Those of its disks and its home, where a snapshot's files go; not that of a CD image. */
export function snapshotDatastores({ datastores, disks, vmxPath }: Vm): VmDatastore[] {
  return datastores.filter(
    ({ name, accessible, capacityBytes }) =>
      accessible &&
      capacityBytes > 0 &&
      (vmxPath?.startsWith(`[${name}]`) === true || disks.some(({ datastoreName }) => datastoreName === name)),
  )
}

const gib = (bytes: number): string => (bytes / 1024 ** 3).toFixed(1)
