import { crashPoint, errorToData, messageOf } from '@vmkeep/kit'
import type { RestorePoint } from '@vmkeep/repository'
import { type Cause, lockVm } from '@vmkeep/run'
import { enableChangeTracking, readVm, type VmSummary } from '@vmkeep/vsphere'
import { type CapturedPoint, captureVm } from './capture-vm.ts'
import { requireMemory } from './memory-plan.ts'
import { waitUntilCalm } from './place-to-start.ts'
import { planVm, type VmPlan } from './plan.ts'
import type { VmHistory } from './previous-points.ts'
import { blankReport, failureOf, type VmReport } from './report.ts'
import type { RunContext } from './run-context.ts'
import { whileSnapshotIsYoung } from './snapshot-watchdog.ts'
import { asItLies, inSnapshot, type Standstill } from './standstill.ts'
import { heldFor } from './while-held.ts'
import { type SnapshotOutcome, withSnapshot } from './with-snapshot.ts'

/** Backs up one VM and says how it went. Never throws: what went wrong is in the report. */
export async function backupVm(
  run: RunContext,
  summary: VmSummary,
  stateFolder: string,
  history: VmHistory | undefined,
): Promise<VmReport> {
  const startedMs = run.clock.monotonicMs()
  const seconds = () => (run.clock.monotonicMs() - startedMs) / 1000
  const blank = blankReport(summary)
  try {
    await using _lock = await lockVm(
      stateFolder,
      { name: summary.name, uuid: summary.instanceUuid ?? summary.ref.value },
      `run ${run.runId}`,
    )
    return { ...blank, ...(await protect(run, summary, history)), seconds: seconds() }
  } catch (error) {
    const failure = failureOf(error, run.signal)
    if (failure.outcome === 'failed')
      run.onEvent({ type: 'note', level: 'error', vm: summary.name, message: messageOf(error) })
    return { ...blank, ...failure, seconds: seconds() }
  }
}

/** The order of `design.md` §5. It must not change. */
async function protect(
  run: RunContext,
  summary: VmSummary,
  history: VmHistory | undefined,
): Promise<Omit<VmReport, 'seconds'>> {
  run.onEvent({ type: 'vm-phase', vm: summary.name, phase: 'preparing' })
  await using writer = await run.repository.beginSession({
    signal: run.signal,
    ...(run.options.domain !== undefined && { domain: run.options.domain }),
  })
  crashPoint('backup.session-started')
  const vm = await readVm(run.session, summary.ref, run.signal)
  const plan = planVm(vm, history?.newest, run.options)
  const described = {
    vm: vm.name,
    inventoryPath: vm.inventoryPath,
    skippedDisks: plan.skippedDisks,
    warnings: plan.warnings,
  }
  tellPlan(run, plan)
  if (plan.action === 'skip') return { ...described, outcome: 'skipped', reasons: plan.reasons, disks: [] }
  requireMemory(plan, run.options)
  if (plan.enableChangeTracking)
    await run.tasks.run(() => enableChangeTracking(run.session, vm.ref, run.signal), run.signal)
  const work = (within: RunContext, standstill: Standstill) =>
    captureVm(within, { vm, plan, history, writer, standstill })
  const {
    value,
    leftover,
    warnings: ofRemoval = [],
  }: SnapshotOutcome<CapturedPoint> = plan.snapshot
    ? await withSnapshot(run, vm, { ...plan, heldFor: heldForPlan(run, plan) }, (snapshot) =>
        whileSnapshotIsYoung(run, vm, (within) => work(within, inSnapshot(within, vm, snapshot))),
      )
    : { value: await work(run, asItLies(run, vm, await waitUntilCalm(run, vm))) }
  run.onEvent({ type: 'vm-phase', vm: vm.name, phase: 'verify' })
  await run.repository.checkPoint(value.point, { since: writer.held, signal: run.signal })
  const unlocked = tellUnlocked(run, value.point)
  run.onEvent({ type: 'vm-phase', vm: vm.name, phase: 'done' })
  return {
    ...described,
    warnings: [...described.warnings, ...value.warnings, ...ofRemoval, ...unlocked],
    outcome: plan.skippedDisks.length > 0 || leftover !== undefined || unlocked.length > 0 ? 'partial' : 'ok',
    point: value.point.id,
    consistency: value.consistency,
    reasons: [],
    disks: value.disks,
    ...(value.memory !== undefined && { memory: value.memory }),
    ...(leftover === undefined ? {} : { error: errorToData(leftover) }),
  }
}

const heldForPlan = ({ options }: RunContext, { disks }: VmPlan) =>
  heldFor(
    disks.map(({ transport }) => transport),
    options.transport,
  )

function tellUnlocked(run: RunContext, { subject, lockFailure }: RestorePoint): readonly Cause[] {
  if (lockFailure === undefined) return []
  const cause = { code: 'not-locked', message: `the restore point could not be locked: ${lockFailure.message}` }
  run.onEvent({ type: 'note', level: 'warn', vm: subject.name, ...cause })
  return [cause]
}

function tellPlan(run: RunContext, plan: VmPlan): void {
  const about = { type: 'note', vm: plan.vm } as const
  for (const { code, message } of plan.reasons)
    run.onEvent({ ...about, level: 'warn', message: `skipped: ${message}`, code })
  for (const { code, message } of plan.warnings) run.onEvent({ ...about, level: 'warn', message, code })
  for (const { label, cause } of plan.skippedDisks)
    run.onEvent({ type: 'disk-phase', vm: plan.vm, disk: label, phase: 'skipped', detail: cause.message })
  for (const { label } of plan.disks) run.onEvent({ type: 'disk-phase', vm: plan.vm, disk: label, phase: 'queued' })
}
