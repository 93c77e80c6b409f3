import { allocatedCanBeTrusted, type DiskReader, whole } from '@vmkeep/disk'
import { hasCode, messageOf } from '@vmkeep/kit'
import type { ImageReader } from '@vmkeep/repository'
import { transportNotes } from '@vmkeep/run'
import { openVmDisk, openVmDiskInPlace, thatWrite, type VmDiskRequest } from '@vmkeep/transport'
import { changedExtents } from '@vmkeep/vsphere'
import { DamagedParts } from '../damaged-parts.ts'
import { diskProgress } from '../disk-progress.ts'
import type { DiskRestoreReport } from '../report.ts'
import { type Looking, type Overwritten, overwriteDisk, requireSame } from './overwrite-disk.ts'
import type { InPlaceDisk } from './plan-in-place.ts'
import type { InPlaceContext } from './restore-in-place.ts'

/**
 * Writes what may differ on one disk, or what does, then compares with the image all that was looked at.
 *
 * @param onWriting told before the first byte may be written
 */
export async function restoreDiskInPlace(
  context: InPlaceContext,
  planned: InPlaceDisk,
  onWriting: () => void,
): Promise<DiskRestoreReport> {
  const { onEvent, plan, repository, signal } = context
  const { label, address, image: stored } = planned.disk
  const { fileName } = planned.current
  const about = { vm: plan.vm.name, disk: label } as const
  onEvent({ type: 'disk-phase', ...about, phase: 'write', detail: whereToLook(planned) })
  const damage = new DamagedParts(context.allowDamaged)
  await using image = await repository.openImage(stored, signal, damage)
  const progress = diskProgress(onEvent, about, stored.capacityBytes)
  const writtenBytes = await overwrite(context, planned, { image, onWriting, onDone: progress })
  if (context.verify) {
    onEvent({ type: 'disk-phase', ...about, phase: 'verify' })
    await using back = await openVmDisk(diskRequest(context, planned))
    await byTracking(context, planned, back, (look) => requireSame(image, back, { ...look, disk: fileName }, progress))
  }
  onEvent({ type: 'disk-phase', ...about, phase: 'done' })
  const sizes = { provisionedBytes: stored.capacityBytes, writtenBytes }
  return { label, address, target: fileName, ...sizes, verified: context.verify, damaged: await damage.extents() }
}

interface Overwriting {
  readonly image: ImageReader
  readonly onWriting: () => void
  readonly onDone: (bytes: number) => void
}

async function overwrite(
  context: InPlaceContext,
  planned: InPlaceDisk,
  { image, onWriting, onDone }: Overwriting,
): Promise<number> {
  await using target = await openVmDiskInPlace(diskRequest(context, planned))
  onWriting()
  const done = await byTracking(context, planned, target, async (look) => {
    const onProgress = ({ comparedBytes, writtenBytes }: Overwritten) => onDone(Math.max(comparedBytes, writtenBytes))
    return overwriteDisk(image, target, await toOverwrite(context, target, look), onProgress)
  })
  await target.finish(context.signal)
  return done.writtenBytes
}

const whereToLook = ({ method }: InPlaceDisk): string => {
  if (method.by === 'compare') return `comparing all of it: ${method.cause.message}`
  return method.goesOn ? 'what changed since, compared: an earlier restore did not finish' : 'what changed since'
}

/**
 * What is written without a look leaves a hole a hole only where reading it back will prove that it is one: change tracking tells little
 * enough that no map has to be believed for it (decision 0009).
 */
export async function toOverwrite(
  { verify, signal }: Pick<InPlaceContext, 'verify' | 'signal'>,
  disk: DiskReader,
  look: Looking,
): Promise<Looking> {
  if (look.compareFirst) return look
  return { ...look, skipHoles: verify && (await allocatedCanBeTrusted(disk, signal)) }
}

/** Looks where change tracking says, or everywhere if it turns out that it can't: what was done until then is no harm. */
export async function byTracking<T>(
  context: InPlaceContext,
  planned: InPlaceDisk,
  disk: DiskReader,
  work: (look: Looking) => Promise<T>,
): Promise<T> {
  const { method, current } = planned
  const { session, plan, signal, onEvent } = context
  const everywhere = async () => {
    const skipHoles = await allocatedCanBeTrusted(disk, signal)
    return work({ extents: () => [whole(disk.capacityBytes)], skipHoles, compareFirst: true, signal })
  }
  if (method.by === 'compare') return everywhere()
  const { changeId } = method
  const question = { vm: plan.vm.ref, deviceKey: current.key, capacityBytes: current.capacityBytes, changeId }
  try {
    const extents = () => changedExtents(session, question, signal)
    return await work({ extents, skipHoles: false, compareFirst: method.goesOn, signal })
  } catch (error) {
    if (!hasCode(error, 'vsphere.change-id-unknown', 'vsphere.change-info-invalid')) throw error
    const message = `vSphere cannot say what changed since the restore point, so all of the disk is compared: ${messageOf(error)}`
    onEvent({
      type: 'note',
      level: 'warn',
      vm: plan.vm.name,
      disk: planned.disk.label,
      message,
      code: 'change-id-unknown',
    })
    return everywhere()
  }
}

export const diskRequest = (
  { session, plan, transport, clock, random, onEvent, signal }: InPlaceContext,
  { disk, current }: InPlaceDisk,
): VmDiskRequest => ({
  session,
  vm: plan.vm.ref,
  deviceKey: current.key,
  path: current.fileName,
  capacityBytes: current.capacityBytes,
  uuid: current.uuid,
  settings: thatWrite(transport),
  clock,
  random,
  ...transportNotes(onEvent, { vm: plan.vm.name, disk: disk.label }),
  signal,
})
