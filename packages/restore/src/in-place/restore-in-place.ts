import {
  type Clock,
  crashPoint,
  hasCode,
  isAbort,
  messageOf,
  type Random,
  systemClock,
  systemRandom,
} from '@vmkeep/kit'
import type { Repository } from '@vmkeep/repository'
import { cleanUpLeftovers, lockVm, newRunId, type OnRunEvent, type VmPoint } from '@vmkeep/run'
import { holdEnder, requireThatWrite, type TransportSettings } from '@vmkeep/transport'
import {
  clearUnfinished,
  markUnfinished,
  powerOff,
  powerOn,
  readVm,
  resetTrackingWhileOff,
  type Session,
  unfinishedRestoreOf,
} from '@vmkeep/vsphere'
import { requireWhole } from '../damaged-parts.ts'
import { fail } from '../errors.ts'
import type { DiskRestoreReport, RestoreReport } from '../report.ts'
import { type InPlacePlan, type InPlaceWish, planInPlace, readOriginal } from './plan-in-place.ts'
import { restoreDiskInPlace } from './restore-disk-in-place.ts'

export interface RestoreInPlaceRequest extends InPlaceWish {
  readonly session: Session
  readonly repository: Repository
  readonly point: VmPoint
  readonly transport: TransportSettings
  /** Reads back after writing, and compares, all that was looked at. */
  readonly verify: boolean
  /** Goes on where parts of a disk are lost: they become zeroes, and the report names them. Refused otherwise. */
  readonly allowDamaged?: boolean
  readonly powerOn: boolean
  readonly stateFolder: string
  readonly onEvent: OnRunEvent
  readonly signal: AbortSignal
  readonly clock?: Clock
  readonly random?: Random
}

/** All that the parts of one restore share. */
export interface InPlaceContext extends RestoreInPlaceRequest {
  readonly clock: Clock
  readonly random: Random
  readonly plan: InPlacePlan
}

/**
 * Brings the disks of a VM that is still there back to a restore point, by writing only what changed since, or what differs.
 *
 * Before the first byte is written the VM is marked, in its settings and its notes; the mark goes when every disk is whole again and change
 * tracking was started anew. While it is there no backup is made of the VM, and the same restore goes on by looking once
 * more where the point differed; one to another point compares everything.
 *
 * @throws `restore.vm-gone`, `restore.not-in-place`, `restore.point-damaged`, `transport.none-writes`: nothing was touched
 * @throws `restore.unfinished`, `restore.tracking-not-reset`: the mark stays
 */
export async function restoreInPlace(request: RestoreInPlaceRequest): Promise<RestoreReport> {
  const { session, point, stateFolder, onEvent, signal, clock = systemClock, random = systemRandom } = request
  const startedMs = clock.monotonicMs()
  requireThatWrite(request.transport, point.name, 'openInPlace')
  await cleanUpLeftovers({ session, stateFolder, onEvent, signal, endHold: holdEnder(request.transport.vddk) })
  const work = `run ${newRunId(clock, random)}`
  await using _lock = await lockVm(stateFolder, { name: point.name, uuid: point.instanceUuid }, work)
  const found = await readOriginal(session, point, signal)
  planInPlace(found, point, request) // refuses before anything is switched off
  if (request.allowDamaged !== true) await requireWhole(request, point.disks, signal)
  if (found.powerState === 'poweredOn') await powerOff(session, found.ref, signal)
  const vm = await readVm(session, found.ref, signal)
  const plan = planInPlace(vm, point, request)
  for (const { code, message } of plan.warnings) onEvent({ type: 'note', level: 'warn', vm: vm.name, message, code })
  const context: InPlaceContext = { ...request, clock, random, plan }
  const disks = await overwriteAll(context)
  onEvent({ type: 'vm-phase', vm: vm.name, phase: 'done' })
  if (request.powerOn) await powerOn(session, vm.ref, signal)
  const seconds = (clock.monotonicMs() - startedMs) / 1000
  const { warnings } = plan
  return {
    point: point.id,
    vm: vm.name,
    target: vm.inventoryPath,
    disks,
    files: [],
    verified: request.verify,
    warnings,
    seconds,
  }
}

/** From the mark's coming to its going. */
async function overwriteAll(context: InPlaceContext): Promise<DiskRestoreReport[]> {
  const { session, point, plan, signal } = context
  const { vm } = plan
  const disks: DiskRestoreReport[] = []
  const writing = { begun: unfinishedRestoreOf(vm.config) !== undefined }
  crashPoint('in-place.before-mark')
  await markUnfinished(session, vm.ref, point.id, signal)
  crashPoint('in-place.after-mark')
  try {
    for (const planned of plan.disks) {
      disks.push(await restoreDiskInPlace(context, planned, () => void (writing.begun = true)))
      crashPoint('in-place.after-disk')
    }
    await startTrackingAnew(context)
    crashPoint('in-place.before-mark-off')
    await clearUnfinished(session, vm.ref, signal)
    crashPoint('in-place.after-mark-off')
    return disks
  } catch (error) {
    if (!writing.begun) await clearUnfinished(session, vm.ref) // as it was: not cancelled by the run's signal
    if (!writing.begun || hasCode(error, 'restore.tracking-not-reset')) throw error
    throw unfinished(context, error)
  }
}

function unfinished({ plan, point, onEvent, signal }: InPlaceContext, error: unknown): unknown {
  const failure = fail('restore.unfinished', { vm: plan.vm.name, point: point.id, why: messageOf(error) }, error)
  if (!isAbort(error, signal)) return failure
  onEvent({ type: 'note', level: 'error', vm: plan.vm.name, message: failure.message, code: 'restore.unfinished' })
  return error
}

/** Only a VM whose tracking was on has any to start anew. */
async function startTrackingAnew({ session, plan: { vm }, signal }: InPlaceContext): Promise<void> {
  if (!vm.changeTracking.enabled) return
  const stuck = await resetTrackingWhileOff(session, vm.ref, vm.disks, signal)
  if (stuck.length === 0) return
  throw fail('restore.tracking-not-reset', { vm: vm.name, disks: stuck.map(({ label }) => label) })
}
