import { type Clock, crashPoint, messageOf, type Random, systemClock, systemRandom } from '@vmkeep/kit'
import type { Repository } from '@vmkeep/repository'
import {
  cleanUpLeftovers,
  formatMarker,
  instanceId,
  Journal,
  type JournalEntry,
  type Marker,
  newRunId,
  type OnRunEvent,
  type VmPoint,
} from '@vmkeep/run'
import { holdEnder, requireThatWrite, type TransportSettings } from '@vmkeep/transport'
import {
  adoptDisk,
  createVm,
  deleteLooseDisk,
  destroyVm,
  endpointIdOf,
  type ManagedObjectReference,
  readVm,
  releaseDisk,
  type Session,
} from '@vmkeep/vsphere'
import { requireWhole } from '../damaged-parts.ts'
import { fail } from '../errors.ts'
import type { DiskRestoreReport, RestoreReport } from '../report.ts'
import { type DiskContext, restoreDisk } from '../to-vsphere/restore-disk.ts'
import { type AttachPlan, type AttachWish, planAttach, slotOf } from './plan-attach.ts'

export interface RestoreToOtherVmRequest extends AttachWish {
  readonly session: Session
  readonly repository: Repository
  readonly point: VmPoint
  readonly transport: TransportSettings
  /** Reads the disk back and compares it with the restore point. */
  readonly verify: boolean
  readonly allowDamaged?: boolean
  readonly stateFolder: string
  readonly onEvent: OnRunEvent
  readonly signal: AbortSignal
  readonly clock?: Clock
  readonly random?: Random
}

interface Work extends DiskContext {
  readonly attach: AttachPlan
  readonly journal: Journal
  readonly marker: Marker
  readonly asked: string | undefined
}

/**
 * Restores one disk of a point and hangs it on a VM that is there, running or not.
 *
 * Nothing can be written from outside to a disk of a VM that runs, so it is filled and compared on a temporary VM of ours that never does. Only then it
 * changes hands: off the temporary VM, its files kept, and on the target. Whatever happens before that, the temporary VM takes the disk with it;
 * for the moment in between the journal has the disk itself.
 *
 * @throws `restore.not-attachable`, `restore.no-such-disk`, `restore.point-damaged`, `restore.verify-failed`, `vsphere.…`
 */
export async function restoreToOtherVm(request: RestoreToOtherVmRequest): Promise<RestoreReport> {
  const { session, point, stateFolder, onEvent, signal, clock = systemClock, random = systemRandom } = request
  const startedMs = clock.monotonicMs()
  requireThatWrite(request.transport, request.disk)
  await cleanUpLeftovers({ session, stateFolder, onEvent, signal, endHold: holdEnder(request.transport.vddk) })
  const runId = newRunId(clock, random)
  const vmUuid = point.instanceUuid.toLowerCase()
  const marker: Marker = { instanceId: await instanceId(stateFolder, random), runId, vmUuid }
  const attach = await planAttach({ ...request, marker }, signal)
  if (request.allowDamaged !== true) await requireWhole(request, [attach.disk], signal)
  const vm = attach.target.name
  for (const { code, message } of attach.warnings) onEvent({ type: 'note', level: 'warn', vm, message, code })
  await using journal = await Journal.start(stateFolder, runId)
  const plan = { name: vm }
  const work: Work = { ...request, clock, random, plan, attach, journal, marker, asked: request.slot }
  const disk = await withHelper(work, (helper) => fillAndHandOver(work, helper))
  onEvent({ type: 'vm-phase', vm, phase: 'done' })
  return {
    point: point.id,
    vm,
    target: attach.target.inventoryPath,
    disks: [disk],
    files: [],
    verified: request.verify,
    warnings: attach.warnings,
    seconds: (clock.monotonicMs() - startedMs) / 1000,
  }
}

/** The temporary VM goes whatever happens, with the disk if that still hangs on it. Not cancelled by the run's signal. */
async function withHelper<T>(work: Work, use: (helper: ManagedObjectReference) => Promise<T>): Promise<T> {
  const { session, journal, marker, attach, onEvent, signal } = work
  const { name, spec } = attach.helper
  const entry = await journal.intend({ kind: 'vm', endpointId: endpointIdOf(session), vmName: name, marker })
  let helper: ManagedObjectReference | undefined
  try {
    onEvent({ type: 'vm-phase', vm: attach.target.name, phase: 'create' })
    crashPoint('attach.before-vm')
    helper = await createVm(session, { ...attach.place, spec }, signal)
    crashPoint('attach.after-vm')
    await entry.created(helper.value)
    return await use(helper)
  } finally {
    await destroyVm(session, { ref: helper?.value, marker: formatMarker(marker) }).then(entry.gone, (error: unknown) =>
      tellLeft(work, `the temporary VM ${name}`, error),
    )
  }
}

async function fillAndHandOver(work: Work, helper: ManagedObjectReference): Promise<DiskRestoreReport> {
  const { attach } = work
  const { report } = await restoreDisk(work, helper, { disk: attach.disk, spec: attach.helper.disk })
  crashPoint('attach.after-disk')
  const address = await handOver(work, helper, report)
  return { ...report, address }
}

/** Until it hangs on the target the disk belongs to no VM, so this is done to its end once it is begun. Tells the slot the disk got. */
async function handOver(
  work: Work,
  helper: ManagedObjectReference,
  { target: path }: DiskRestoreReport,
): Promise<string> {
  const { attach, session, journal, marker, signal } = work
  const { target, place, disk } = attach
  const slot = slotOf(await readVm(session, target.ref, signal), work.asked) // hours may have passed
  if (typeof slot === 'string')
    throw fail('restore.not-attachable', { disk: disk.label, vm: target.name, reasons: [slot] })
  const loose = { path, datacenter: place.datacenter, target: target.ref }
  const entry = await journal.intend({
    kind: 'loose-disk',
    endpointId: endpointIdOf(session),
    vmName: target.name,
    vmRef: target.ref.value,
    marker,
    loose: { path, datacenter: place.datacenter.value, target: target.ref.value },
  })
  try {
    crashPoint('attach.before-release')
    await releaseDisk(session, helper, { path })
    crashPoint('attach.after-release')
    await adoptDisk(session, target.ref, { ...slot, path, capacityBytes: disk.image.capacityBytes })
    crashPoint('attach.after-adopt')
  } catch (error) {
    await takeBack(work, loose, entry)
    throw error
  }
  await entry.gone()
  return slot.address
}

/** Where the target has the disk after all, or the temporary VM still has it, there is nothing loose. Not cancelled by the run's signal. */
async function takeBack(work: Work, loose: Parameters<typeof deleteLooseDisk>[1], entry: JournalEntry): Promise<void> {
  await deleteLooseDisk(work.session, loose).then(entry.gone, (error: unknown) => tellLeft(work, loose.path, error))
}

function tellLeft({ attach, onEvent }: Work, what: string, error: unknown): void {
  const message = `${what} could not be removed; vmkeep tries again at its next start: ${messageOf(error)}`
  onEvent({ type: 'note', level: 'error', vm: attach.target.name, message, code: 'run.leftover-not-removed' })
}
