import { type Clock, crashPoint, hasCode, messageOf, type Random, systemClock, systemRandom } from '@vmkeep/kit'
import type { Repository } from '@vmkeep/repository'
import {
  cleanUpLeftovers,
  instanceId,
  Journal,
  type Marker,
  newRunId,
  type OnRunEvent,
  type VmPoint,
} from '@vmkeep/run'
import { holdEnder, importsWholeVm, requireThatWrite, type TransportSettings } from '@vmkeep/transport'
import {
  clearMarker,
  createVm,
  endpointIdOf,
  inventoryPathOf,
  type ManagedObjectReference,
  powerOn,
  type Session,
  setBootOrder,
  uploadNvram,
} from '@vmkeep/vsphere'
import { fail } from '../errors.ts'
import type { RestoreReport } from '../report.ts'
import { requireWhole } from '../damaged-parts.ts'
import { type Destination, planRestore, type RestorePlan } from './plan-restore.ts'
import { checkPolicies } from './check-policies.ts'
import { giveBack } from './give-back.ts'
import { importVm } from './import-vm.ts'
import { type Making, takeBack } from './making.ts'
import { makeSuspended, restoreNamedDisks, takeSnapshotAway } from './suspended/make-suspended.ts'
import { tellOfPolicies } from './tell-of-policies.ts'
import { type RestoredDisk, restoreDisk } from './restore-disk.ts'

export interface RestoreToVsphereRequest {
  readonly session: Session
  readonly repository: Repository
  readonly point: VmPoint
  readonly destination: Destination
  readonly transport: TransportSettings
  /** Reads every disk back over NFC and compares it with the restore point. */
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
export interface RestoreContext extends RestoreToVsphereRequest {
  readonly clock: Clock
  readonly random: Random
  readonly plan: RestorePlan
}

/**
 * Restores a point as a new VM, on vCenter or ESXi: switched off, or suspended with its memory. The original, if it lives, is not touched.
 *
 * Until it is complete the VM carries a marker and is listed in the journal: a restore that fails, is cancelled or is killed
 * leaves no half VM behind, at the latest after the next start.
 */
export async function restoreToVsphere(request: RestoreToVsphereRequest): Promise<RestoreReport> {
  const { session, point, stateFolder, onEvent, signal, clock = systemClock, random = systemRandom } = request
  const startedMs = clock.monotonicMs()
  if (!importsWholeVm(request.transport)) requireThatWrite(request.transport, point.name)
  await cleanUpLeftovers({ session, stateFolder, onEvent, signal, endHold: holdEnder(request.transport.vddk) })
  const runId = newRunId(clock, random)
  const marker: Marker = {
    instanceId: await instanceId(stateFolder, random),
    runId,
    vmUuid: point.instanceUuid.toLowerCase(),
  }
  if (request.destination.memory === true && importsWholeVm(request.transport))
    throw fail('restore.memory-impossible', { vm: point.name, reasons: [noLease] })
  const plan = await planRestore({ ...request, marker }, signal)
  const images = [...plan.disks.map(({ disk }) => disk), ...memoryOf(request)]
  if (request.allowDamaged !== true) await requireWhole(request, images, signal)
  for (const { code, message } of plan.warnings) onEvent({ type: 'note', level: 'warn', vm: plan.name, message, code })
  await using journal = await Journal.start(stateFolder, runId)
  const entry = await journal.intend({ kind: 'vm', endpointId: endpointIdOf(session), vmName: plan.name, marker })
  const context: RestoreContext = { ...request, clock, random, plan }
  const making: Making = { journal, marker, entries: [entry], isWhole: false }
  const created = async (vm: ManagedObjectReference) => {
    making.vm = vm
    crashPoint('restore.after-vm')
    await entry.created(vm.value)
  }
  try {
    onEvent({ type: 'vm-phase', vm: plan.name, phase: 'create' })
    crashPoint('restore.before-vm')
    const made = await (request.destination.memory === true ? restoreSuspended : restoreOff)(context, making, created)
    await entry.gone()
    if (request.powerOn) await powerOn(session, made.vm, signal)
    onEvent({ type: 'vm-phase', vm: plan.name, phase: 'done' })
    return { ...made.report, seconds: (clock.monotonicMs() - startedMs) / 1000 }
  } catch (error) {
    if (making.isWhole) await entry.gone()
    else await takeBack(context, making)
    tellOfPolicies(context, error)
    throw error
  }
}

const noLease = 'by the transport lease vSphere names the disks: put nbdssl before it in the transports'

/** For the search for lost parts. */
const memoryOf = ({ point, destination }: RestoreToVsphereRequest) =>
  destination.memory === true ? point.memory.map(({ name, image }) => ({ label: `Memory (${name})`, image })) : []

type Created = (vm: ManagedObjectReference) => Promise<void>
type Made = { readonly vm: ManagedObjectReference; readonly report: RestoreReport }

async function restoreOff(context: RestoreContext, making: Making, created: Created): Promise<Made> {
  const { session, signal } = context
  const fill = importsWholeVm(context.transport) ? importVm : makeVm
  const { vm, disks } = await fill(context, created)
  const report = await complete(context, vm, disks)
  crashPoint('restore.before-marker-off')
  await clearMarker(session, vm, signal)
  making.isWhole = true
  crashPoint('restore.after-marker-off')
  return { vm, report }
}

/** Its configuration comes with its memory, nvram and boot order too. */
async function restoreSuspended(context: RestoreContext, making: Making, created: Created): Promise<Made> {
  const { session, plan, signal } = context
  const off = await createVm(session, { ...plan.place, spec: plan.spec }, signal)
  await created(off)
  const disks = await restoreNamedDisks(context, off)
  const made = await makeSuspended(context, off, making)
  const { vm } = made
  const keys = new Map(disks.map(({ savedKey }) => [savedKey, savedKey] as const))
  const warnings = [...(await giveBack(context, vm)), ...(await checkPolicies(context, vm, keys))]
  try {
    if (context.powerOn) await powerOn(session, vm, signal)
  } finally {
    warnings.push(...(await takeSnapshotAway(context, made)))
  }
  return { vm, report: await reportOf(context, vm, disks, warnings) }
}

/** Makes the VM, then adds and fills one disk after the other. */
async function makeVm(context: RestoreContext, created: Created) {
  const { session, plan, signal } = context
  const vm = await createVm(session, { ...plan.place, spec: plan.spec }, signal)
  await created(vm)
  const disks: RestoredDisk[] = []
  for (const planned of plan.disks) disks.push(await restoreDisk(context, vm, planned))
  return { vm, disks }
}

/** What a VM gets once its disks are there. */
async function complete(
  context: RestoreContext,
  vm: ManagedObjectReference,
  restored: readonly RestoredDisk[],
): Promise<RestoreReport> {
  const { plan, session, signal } = context
  const newKeys = new Map(restored.map(({ savedKey, key }) => [savedKey, key] as const))
  if (plan.bootOrder !== undefined) await setBootOrder(session, vm, { bootOrder: plan.bootOrder, newKeys }, signal)
  const warnings = [
    ...(await restoreNvram(context, vm)),
    ...(await giveBack(context, vm)),
    ...(await checkPolicies(context, vm, newKeys)),
  ]
  return reportOf(context, vm, restored, warnings)
}

async function reportOf(
  { point, plan, session, verify: verified, signal }: RestoreContext,
  vm: ManagedObjectReference,
  restored: readonly RestoredDisk[],
  found: RestoreReport['warnings'],
): Promise<RestoreReport> {
  const disks = restored.map(({ report }) => report)
  const target = await inventoryPathOf(session, vm, signal)
  const warnings = [...plan.warnings, ...found]
  return { point: point.id, vm: plan.name, target, disks, files: [], verified, warnings, seconds: 0 }
}

/** EFI boot entries and secure boot live in nvram; without it the guest may not find its boot loader. A BIOS VM starts without. */
async function restoreNvram(
  { point, repository, session, signal }: RestoreContext,
  vm: ManagedObjectReference,
): Promise<{ code: string; message: string }[]> {
  const nvram = point.homeFiles.find(({ kind }) => kind === 'nvram')
  if (nvram === undefined) return []
  try {
    await uploadNvram(session, vm, await repository.readBlob(nvram.blob, signal), signal)
    return []
  } catch (error) {
    signal.throwIfAborted()
    if (hasCode(error, 'repository.chunk-corrupt', 'repository.chunk-missing')) throw error
    return [
      {
        code: 'nvram-not-restored',
        message: `its nvram could not be restored, firmware settings and boot entries are the defaults: ${messageOf(error)}`,
      },
    ]
  }
}
