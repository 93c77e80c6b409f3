import { transportNotes } from '@vmkeep/run'
import { openVmDisk, openVmDiskForWriting, thatWrite } from '@vmkeep/transport'
import { addDisk, type ManagedObjectReference, type VmDisk } from '@vmkeep/vsphere'
import { DamagedParts } from '../damaged-parts.ts'
import { diskProgress } from '../disk-progress.ts'
import { fail } from '../errors.ts'
import type { DiskRestoreReport } from '../report.ts'
import { compareWithImage, writeImage } from '../write-image.ts'
import type { PlannedDisk } from './plan-restore.ts'
import type { RestoreContext } from './restore-to-vsphere.ts'

export interface RestoredDisk {
  readonly report: DiskRestoreReport
  /** Its VirtualDisk.key in the new VM. */
  readonly key: number
}

/** Adds one disk to the new VM and fills it over NFC. */
export async function restoreDisk(
  context: RestoreContext,
  vm: ManagedObjectReference,
  { disk, spec }: PlannedDisk,
): Promise<RestoredDisk> {
  const { session, plan, repository, signal, onEvent } = context
  const about = { vm: plan.name, disk: disk.label } as const
  const { capacityBytes } = disk.image
  onEvent({ type: 'disk-phase', ...about, phase: 'waiting', detail: 'creating the disk' })
  const added = await addDisk(session, vm, spec, signal)
  if (added.capacityBytes !== capacityBytes)
    throw fail('restore.disk-size-differs', {
      disk: disk.label,
      expectedBytes: capacityBytes,
      foundBytes: added.capacityBytes,
    })
  const progress = diskProgress(onEvent, about, capacityBytes)
  const damage = new DamagedParts(context.allowDamaged)
  await using image = await repository.openImage(disk.image, signal, damage)
  onEvent({ type: 'disk-phase', ...about, phase: 'write', detail: added.fileName })
  const writtenBytes = await write(context, vm, added, async (target) => {
    const written = await writeImage(image, target, (now) => progress(now.writtenBytes), signal)
    await target.finish(signal)
    return written
  })
  if (context.verify) {
    onEvent({ type: 'disk-phase', ...about, phase: 'verify' })
    await using back = await openVmDisk(request(context, vm, added))
    await compareWithImage(image, back, added.fileName, progress, signal)
  }
  onEvent({ type: 'disk-phase', ...about, phase: 'done' })
  const target = added.fileName
  const { label, address } = disk
  const damaged = await damage.extents()
  const sizes = { provisionedBytes: capacityBytes, writtenBytes }
  const report = { label, address, target, ...sizes, verified: context.verify, damaged }
  return { report, key: added.key }
}

async function write<T>(
  context: RestoreContext,
  vm: ManagedObjectReference,
  added: VmDisk,
  work: (target: Awaited<ReturnType<typeof openVmDiskForWriting>>) => Promise<T>,
): Promise<T> {
  await using target = await openVmDiskForWriting(request(context, vm, added))
  return await work(target)
}

const request = (
  { session, transport, clock, random, onEvent, plan, signal }: RestoreContext,
  vm: ManagedObjectReference,
  disk: VmDisk,
) => ({
  session,
  vm,
  deviceKey: disk.key,
  path: disk.fileName,
  capacityBytes: disk.capacityBytes,
  uuid: disk.uuid,
  settings: thatWrite(transport),
  clock,
  random,
  ...transportNotes(onEvent, { vm: plan.name, disk: disk.label }),
  signal,
})
