import { type Clock, crashPoint, hasCode, messageOf, type Random, systemClock, systemRandom } from '@vmkeep/kit'
import type { Repository } from '@vmkeep/repository'
import {
  cleanUpLeftovers,
  formatMarker,
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
  destroyVm,
  endpointIdOf,
  inventoryPathOf,
  type ManagedObjectReference,
  powerOn,
  type Session,
  setBootOrder,
  uploadNvram,
} from '@vmkeep/vsphere'
import type { DiskRestoreReport, RestoreReport } from '../report.ts'
import { requireWhole } from '../damaged-parts.ts'
import { type Destination, planRestore, type RestorePlan } from './plan-restore.ts'
import { checkPolicies } from './check-policies.ts'
import { giveBack } from './give-back.ts'
import { importVm } from './import-vm.ts'
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
 * Restores a point as a new VM, on vCenter or ESXi. The original, if it lives, is not touched.
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
  const plan = await planRestore({ ...request, marker }, signal)
  const disks = plan.disks.map(({ disk }) => disk)
  if (request.allowDamaged !== true) await requireWhole(request, disks, signal)
  for (const { code, message } of plan.warnings) onEvent({ type: 'note', level: 'warn', vm: plan.name, message, code })
  await using journal = await Journal.start(stateFolder, runId)
  const entry = await journal.intend({ kind: 'vm', endpointId: endpointIdOf(session), vmName: plan.name, marker })
  const context: RestoreContext = { ...request, clock, random, plan }
  const made: { vm?: ManagedObjectReference } = {}
  const created = async (vm: ManagedObjectReference) => {
    made.vm = vm
    crashPoint('restore.after-vm')
    await entry.created(vm.value)
  }
  try {
    onEvent({ type: 'vm-phase', vm: plan.name, phase: 'create' })
    crashPoint('restore.before-vm')
    const fill = importsWholeVm(request.transport) ? importVm : makeVm
    const { vm, disks: restored } = await fill(context, created)
    const report = await complete(context, vm, restored)
    crashPoint('restore.before-marker-off')
    await clearMarker(session, vm, signal)
    crashPoint('restore.after-marker-off')
    await entry.gone()
    if (request.powerOn) await powerOn(session, vm, signal)
    onEvent({ type: 'vm-phase', vm: plan.name, phase: 'done' })
    return { ...report, seconds: (clock.monotonicMs() - startedMs) / 1000 }
  } catch (error) {
    await takeBack(context, made.vm, marker).then(entry.gone, (left: unknown) => tellLeftover(context, left))
    tellOfPolicies(context, error)
    throw error
  }
}

/** Makes the VM, then adds and fills one disk after the other. */
async function makeVm(context: RestoreContext, created: (vm: ManagedObjectReference) => Promise<void>) {
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
  const { plan, point, session, signal } = context
  const disks: DiskRestoreReport[] = restored.map(({ report }) => report)
  const newKeys = new Map(restored.map(({ savedKey, key }) => [savedKey, key] as const))
  if (plan.bootOrder !== undefined) await setBootOrder(session, vm, { bootOrder: plan.bootOrder, newKeys }, signal)
  const warnings = [
    ...plan.warnings,
    ...(await restoreNvram(context, vm)),
    ...(await giveBack(context, vm)),
    ...(await checkPolicies(context, vm, newKeys)),
  ]
  const target = await inventoryPathOf(session, vm, signal)
  return { point: point.id, vm: plan.name, target, disks, files: [], verified: context.verify, warnings, seconds: 0 }
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

/** Not cancelled by the run's signal: a cancelled restore must not leave half a VM. */
async function takeBack(
  { session }: RestoreContext,
  vm: ManagedObjectReference | undefined,
  marker: Marker,
): Promise<void> {
  await destroyVm(session, { ref: vm?.value, marker: formatMarker(marker) })
}

function tellLeftover({ onEvent, plan }: RestoreContext, error: unknown): void {
  const message = `the half-restored VM could not be removed; vmkeep tries again at its next start: ${messageOf(error)}`
  onEvent({ type: 'note', level: 'error', vm: plan.name, message, code: 'run.leftover-not-removed' })
}
