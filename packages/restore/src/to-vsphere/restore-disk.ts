import { crashPoint } from '@vmkeep/kit'
import type { ImageReader } from '@vmkeep/repository'
import { transportNotes } from '@vmkeep/run'
import { openVmDisk, openVmDiskForWriting, thatReadBack } from '@vmkeep/transport'
import { addDisk, type AddDiskRequest, type ManagedObjectReference, type VmDisk } from '@vmkeep/vsphere'
import { DamagedParts } from '../damaged-parts.ts'
import { diskProgress } from '../disk-progress.ts'
import { fail } from '../errors.ts'
import type { DiskRestoreReport } from '../report.ts'
import { compareWithImage, writeImage } from '../write-image.ts'
import type { PointDisk } from '../choose-disks.ts'
import type { PlannedDisk, RestorePlan } from './plan-restore.ts'
import type { RestoreContext } from './restore-to-vsphere.ts'

type Shared =
  | 'session'
  | 'repository'
  | 'transport'
  | 'verify'
  | 'allowDamaged'
  | 'onEvent'
  | 'signal'
  | 'clock'
  | 'random'

/** What it takes to make and fill one disk of a VM of ours. */
export interface DiskContext extends Pick<RestoreContext, Shared> {
  /** Only for messages: whom the disk is for. */
  readonly plan: Pick<RestorePlan, 'name'>
}

export interface RestoredDisk {
  readonly report: DiskRestoreReport
  readonly savedKey: number
  /** Its VirtualDisk.key in the new VM. */
  readonly key: number
}

/** Adds one disk to the new VM and fills it over NFC. */
export async function restoreDisk(
  context: DiskContext,
  vm: ManagedObjectReference,
  planned: { readonly disk: PointDisk; readonly spec: AddDiskRequest },
): Promise<RestoredDisk> {
  const { session, plan, repository, signal, onEvent } = context
  const { disk, spec } = planned
  const about = { vm: plan.name, disk: disk.label } as const
  onEvent({ type: 'disk-phase', ...about, phase: 'waiting', detail: 'creating the disk' })
  const added = await addDisk(session, vm, spec, signal)
  checkCapacity(planned, added)
  const progress = diskProgress(onEvent, about, disk.image.capacityBytes)
  const damage = new DamagedParts(context.allowDamaged)
  await using image = await repository.openImage(disk.image, signal, damage)
  onEvent({ type: 'disk-phase', ...about, phase: 'write', detail: added.fileName })
  const writtenBytes = await write(context, vm, added, async (target) => {
    const written = await writeImage(image, target, (now) => progress(now.writtenBytes), signal)
    await target.finish(signal)
    return written
  })
  if (context.verify) await verifyDisk(context, vm, { planned, added, image })
  return await doneWith(context, { planned, added, writtenBytes, damage })
}

/** @throws `restore.disk-size-differs`: vVols round up */
export function checkCapacity({ disk }: PlannedDisk, { capacityBytes: foundBytes }: VmDisk): void {
  const { capacityBytes: expectedBytes } = disk.image
  if (foundBytes !== expectedBytes)
    throw fail('restore.disk-size-differs', { disk: disk.label, expectedBytes, foundBytes })
}

/** Reads a disk back and compares it with the restore point. @throws `restore.verify-failed` */
export async function verifyDisk(
  context: DiskContext,
  vm: ManagedObjectReference,
  {
    planned: { disk },
    added,
    image,
  }: { readonly planned: PlannedDisk; readonly added: VmDisk; readonly image: ImageReader },
): Promise<void> {
  const about = { vm: context.plan.name, disk: disk.label } as const
  context.onEvent({ type: 'disk-phase', ...about, phase: 'verify' })
  const progress = diskProgress(context.onEvent, about, disk.image.capacityBytes)
  await using back = await openVmDisk(request(context, vm, added))
  await compareWithImage(image, back, added.fileName, progress, context.signal)
}

/** Tells that a disk is done. */
export async function doneWith(
  { plan, verify, onEvent }: DiskContext,
  done: {
    readonly planned: PlannedDisk
    readonly added: VmDisk
    readonly writtenBytes: number
    readonly damage: DamagedParts
  },
): Promise<RestoredDisk> {
  const { planned, added, writtenBytes, damage } = done
  const { label, address, key, image } = planned.disk
  onEvent({ type: 'disk-phase', vm: plan.name, disk: label, phase: 'done' })
  const damaged = await damage.extents()
  const sizes = { provisionedBytes: image.capacityBytes, writtenBytes }
  const report = { label, address, target: added.fileName, ...sizes, verified: verify, damaged }
  crashPoint('restore.after-disk')
  return { report, savedKey: key, key: added.key }
}

async function write<T>(
  context: DiskContext,
  vm: ManagedObjectReference,
  added: VmDisk,
  work: (target: Awaited<ReturnType<typeof openVmDiskForWriting>>) => Promise<T>,
): Promise<T> {
  await using target = await openVmDiskForWriting(request(context, vm, added))
  return await work(target)
}

const request = (
  { session, transport, clock, random, onEvent, plan, signal }: DiskContext,
  vm: ManagedObjectReference,
  disk: VmDisk,
) => ({
  session,
  vm,
  deviceKey: disk.key,
  path: disk.fileName,
  capacityBytes: disk.capacityBytes,
  uuid: disk.uuid,
  settings: thatReadBack(transport),
  clock,
  random,
  ...transportNotes(onEvent, { vm: plan.name, disk: disk.label }),
  signal,
})
