import { systemClock, systemRandom } from '@vmkeep/kit'
import { openVmDisk } from '@vmkeep/transport'
import { countOverwrites, type Overwritten } from './overwrite-disk.ts'
import { type InPlaceDisk, type InPlacePlan, planInPlace, readOriginal } from './plan-in-place.ts'
import { byTracking, diskRequest, toOverwrite } from './restore-disk-in-place.ts'
import type { InPlaceContext, RestoreInPlaceRequest } from './restore-in-place.ts'

export interface InPlaceTrial {
  readonly plan: InPlacePlan
  readonly disks: readonly TrialDisk[]
}

export interface TrialDisk {
  readonly planned: InPlaceDisk
  /** What would be compared and written. Absent while the VM runs: its disks are locked. */
  readonly would?: Overwritten
}

/**
 * What a restore in place would do, found out by reading: nothing is touched, nothing is switched off.
 *
 * @throws `restore.vm-gone`, `restore.not-in-place`
 */
export async function tryInPlace(request: RestoreInPlaceRequest): Promise<InPlaceTrial> {
  const { clock = systemClock, random = systemRandom } = request
  const vm = await readOriginal(request.session, request.point, request.signal)
  const plan = planInPlace(vm, request.point, request)
  const disks: TrialDisk[] = []
  for (const planned of plan.disks) {
    const context = { ...request, plan, clock, random }
    disks.push({ planned, ...(vm.powerState === 'poweredOff' && { would: await count(context, planned) }) })
  }
  return { plan, disks }
}

async function count(context: InPlaceContext, planned: InPlaceDisk): Promise<Overwritten> {
  await using image = await context.repository.openImage(planned.disk.image, context.signal)
  await using current = await openVmDisk(diskRequest(context, planned))
  return await byTracking(context, planned, current, async (look) =>
    countOverwrites(image, current, await toOverwrite(context, current, look)),
  )
}
