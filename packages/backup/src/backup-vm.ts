import { crashPoint, errorToData, hasCode, messageOf } from '@vmkeep/kit'
import type { RestorePoint, WriterSession } from '@vmkeep/repository'
import { type Cause, lockVm, plainOf, type VmHomeFile, type VmPointAttributes, vmPointFormat } from '@vmkeep/run'
import {
  type Captured,
  captureSnapshot,
  type Consistency,
  describePlace,
  downloadFile,
  enableChangeTracking,
  readVm,
  type Vm,
  vmHomeFiles,
  type VmSummary,
} from '@vmkeep/vsphere'
import { backupDisk } from './backup-disk.ts'
import type { DiskBackup } from './disk-job.ts'
import { fail } from './errors.ts'
import { identityOf } from './identity.ts'
import { waitUntilCalm } from './place-to-start.ts'
import { planVm, type VmPlan } from './plan.ts'
import { keepingOf, suspicionAbout } from './keeping.ts'
import type { VmHistory } from './previous-points.ts'
import { blankReport, type DiskReport, failureOf, type VmReport } from './report.ts'
import type { RunContext } from './run-context.ts'
import { readGuestOf } from './read-guest-of.ts'
import { readPoliciesOf } from './read-policies-of.ts'
import { readTagsOf } from './read-tags-of.ts'
import { asItLies, inSnapshot, type Standstill } from './standstill.ts'
import { recreateWarnings, tryRecreate } from './try-recreate.ts'
import { whileSnapshotIsYoung } from './snapshot-watchdog.ts'
import { type DiskPaths, diskPaths, storageMoved } from './storage-moved.ts'
import { doubtedDisks, warningsOfDoubted } from './tracking/doubted-disks.ts'
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
  if (plan.enableChangeTracking)
    await run.tasks.run(() => enableChangeTracking(run.session, vm.ref, run.signal), run.signal)
  const work = (within: RunContext, standstill: Standstill) => capture(within, vm, plan, history, writer, standstill)
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
  const { lockFailure } = value.point
  const unlocked: Cause[] =
    lockFailure === undefined
      ? []
      : [{ code: 'not-locked', message: `the restore point could not be locked: ${lockFailure.message}` }]
  for (const cause of unlocked) run.onEvent({ type: 'note', level: 'warn', vm: vm.name, ...cause })
  run.onEvent({ type: 'vm-phase', vm: vm.name, phase: 'done' })
  return {
    ...described,
    warnings: [...described.warnings, ...value.warnings, ...ofRemoval, ...unlocked],
    outcome: plan.skippedDisks.length > 0 || leftover !== undefined || unlocked.length > 0 ? 'partial' : 'ok',
    point: value.point.id,
    consistency: value.consistency,
    reasons: [],
    disks: value.disks,
    ...(leftover === undefined ? {} : { error: errorToData(leftover) }),
  }
}

const heldForPlan = ({ options }: RunContext, { disks }: VmPlan) =>
  heldFor(
    disks.map(({ transport }) => transport),
    options.transport,
  )

function tellPlan(run: RunContext, plan: VmPlan): void {
  const about = { type: 'note', vm: plan.vm } as const
  for (const { code, message } of plan.reasons)
    run.onEvent({ ...about, level: 'warn', message: `skipped: ${message}`, code })
  for (const { code, message } of plan.warnings) run.onEvent({ ...about, level: 'warn', message, code })
  for (const { label, cause } of plan.skippedDisks)
    run.onEvent({ type: 'disk-phase', vm: plan.vm, disk: label, phase: 'skipped', detail: cause.message })
  for (const { label } of plan.disks) run.onEvent({ type: 'disk-phase', vm: plan.vm, disk: label, phase: 'queued' })
}

interface CapturedPoint {
  readonly point: RestorePoint
  readonly consistency: Consistency
  readonly disks: readonly DiskReport[]
  readonly warnings: readonly Cause[]
}

/** Steps 5 to 8: everything from the snapshot's own config, never the VM's unless it has none, up to the commit. */
async function capture(
  run: RunContext,
  vm: Vm,
  plan: VmPlan,
  history: VmHistory | undefined,
  writer: WriterSession,
  standstill: Standstill,
): Promise<CapturedPoint> {
  const { configOf, snapshot, consistency, scripts } = standstill
  const captured = await captureSnapshot(run.session, configOf, run.signal)
  const home = await withManifest(await storeHomeFiles(run, vm, writer), standstill, writer, run.signal)
  const wanted = captured.disks.filter(({ key }) => plan.disks.some((disk) => disk.key === key))
  if (wanted.length < plan.disks.length) throw fail('backup.snapshot-lost', { vm: vm.name, snapshot: configOf.value })
  const guest = await readGuestOf(run, vm, snapshot, wanted)
  const paths = await diskPaths(run, vm)
  const doubted = await doubtedDisks(run, vm, wanted, history?.newest)
  const doubts = tellAll(run, vm, warningsOfDoubted(doubted))
  const reading = allOrNone(
    wanted.map((disk) =>
      backupDisk(run, {
        vm,
        snapshot,
        disk,
        previous: history?.newest.disks.find(({ key }) => key === disk.key),
        trackingDoubted: doubted.includes(disk),
        previousPoint: history?.newest,
        writer,
      }),
    ),
  )
  const backups = await reading.catch(async (error: unknown) =>
    Promise.reject(await explained(run, vm, { paths, standstill }, error)),
  )
  await standstill.requireUnchanged()
  const moved = await storageMoved(run, vm, paths)
  const moves = moved === undefined ? [] : [moved]
  crashPoint('backup.before-commit')
  run.onEvent({ type: 'vm-phase', vm: vm.name, phase: 'commit' })
  const before = history?.points ?? []
  const keeping = keepingOf(run.options, before, run.clock.nowMs())
  const { warnings: ofTags, ...tags } = await readTagsOf(run, vm)
  const { warnings: ofPolicies, ...policies } = await readPoliciesOf(run, vm, captured.disks)
  const place = { ...(await describePlace(run.session, vm, run.signal)), ...tags, ...policies }
  const recreate = tryRecreate(vm.name, captured, home.files, place, run.session)
  const warnings = [
    ...home.warnings,
    ...doubts,
    ...tellAll(run, vm, [...moves, ...ofTags, ...ofPolicies, ...recreateWarnings(recreate)]),
  ]
  const saved = { ...guest, place, recreate, scripts, homeFiles: home.files, warnings: [...plan.warnings, ...warnings] }
  const point = await commit(run, vm, plan, writer, captured, consistency, saved, backups, keeping)
  crashPoint('backup.after-commit')
  const suspicion = suspicionAbout(point, before)
  return {
    point,
    consistency,
    disks: backups.map(({ report }) => report),
    warnings: [...warnings, ...tellAll(run, vm, suspicion)],
  }
}

function tellAll(run: RunContext, vm: Vm, causes: readonly Cause[]): readonly Cause[] {
  for (const cause of causes) run.onEvent({ type: 'note', level: 'warn', vm: vm.name, ...cause })
  return causes
}

/** Waits for every disk before it fails: no read may go on while the snapshot beneath it is removed. */
async function allOrNone<T>(work: Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(work)
  return Promise.all(work)
}

interface ReadFrom {
  readonly paths: DiskPaths
  readonly standstill: Standstill
}

/**
 * Why a disk could not be read to the end: what it was read from is no more, it is somewhere else now, where the next run finds it, or its
 * host serves none.
 */
async function explained(run: RunContext, vm: Vm, { paths, standstill }: ReadFrom, error: unknown): Promise<unknown> {
  if (run.signal.aborted || !hasCode(error, 'backup.reading-disk')) return error
  const changed = await standstill.requireUnchanged().catch((reason: unknown) => reason)
  if (hasCode(changed, 'backup.snapshot-lost', 'backup.template-changed')) return changed
  const moved = await storageMoved(run, vm, paths).catch(() => undefined)
  if (moved !== undefined) return fail('backup.storage-moved', { vm: vm.name, how: moved.message }, error)
  const host = await readVm(run.session, vm.ref, run.signal).then((now) => now.host, noHost)
  if (host?.inMaintenance !== true) return error
  return fail('backup.host-in-maintenance', { vm: vm.name, host: host.name, why: messageOf(error) }, error)
}

const noHost = () => undefined

interface StoredHome {
  readonly files: readonly VmHomeFile[]
  readonly warnings: readonly Cause[]
}

const homeFileBytesMax = 4 * 1024 * 1024 // nvram is 8 KiB to 512 KiB, a vmx a few KiB
const homeKinds = ['config', 'nvram']

/** The vmx and nvram. Without them the VM still comes back, so their loss is a warning and not a failure. */
async function storeHomeFiles(run: RunContext, vm: Vm, writer: WriterSession): Promise<StoredHome> {
  const files: VmHomeFile[] = []
  const warnings: Cause[] = []
  for (const { path, kind } of vmHomeFiles(vm).filter((file) => homeKinds.includes(file.kind))) {
    const name = path.slice(path.lastIndexOf('/') + 1)
    try {
      const bytes = await downloadFile(run.session, path, {
        datacenterPath: vm.datacenterPath,
        sizeBytesMax: homeFileBytesMax,
        signal: run.signal,
      })
      files.push({ name, kind, blob: await writer.putBlob(bytes, run.signal) })
    } catch (error) {
      run.signal.throwIfAborted()
      warnings.push({ code: 'home-file-missing', message: `${name} could not be saved: ${messageOf(error)}` })
      run.onEvent({ type: 'note', level: 'warn', vm: vm.name, ...warnings.at(-1)! })
    }
  }
  return { files, warnings }
}

/** VSS's manifest lies beside the home files, and goes with the snapshot. */
async function withManifest(
  { files, warnings }: StoredHome,
  { manifest, warnings: more }: Standstill,
  writer: WriterSession,
  signal: AbortSignal,
): Promise<StoredHome> {
  const all = [...warnings, ...more]
  if (manifest === undefined) return { files, warnings: all }
  const blob = await writer.putBlob(manifest, signal)
  return { files: [...files, { name: 'vss-manifest.zip', kind: 'vss-manifest', blob }], warnings: all }
}

async function commit(
  run: RunContext,
  vm: Vm,
  plan: VmPlan,
  writer: WriterSession,
  captured: Captured,
  consistency: Standstill['consistency'],
  {
    scripts = [],
    ...saved
  }: Pick<VmPointAttributes, 'guest' | 'place' | 'recreate' | 'homeFiles' | 'warnings' | 'scripts'>,
  backups: readonly DiskBackup[],
  keeping: ReturnType<typeof keepingOf>,
): Promise<RestorePoint> {
  const configXml = await writer.putBlob(Buffer.from(captured.configXml), run.signal)
  const attributes: VmPointAttributes = {
    format: vmPointFormat,
    inventoryPath: vm.inventoryPath,
    instanceUuid: identityOf(vm),
    biosUuid: vm.biosUuid ?? '',
    ref: vm.ref.value,
    endpointId: run.endpointId,
    powerState: vm.powerState,
    consistency,
    quiesceAsked: run.options.quiesce,
    runId: run.runId,
    skippedDisks: plan.skippedDisks,
    configXml,
    ...(scripts.length > 0 && { scripts }),
    ...saved,
  }
  const blobs = Object.fromEntries([
    ['config.xml', configXml],
    ...saved.homeFiles.map(({ name, blob }) => [name, blob] as const),
  ])
  return writer.commit(
    {
      subject: { id: identityOf(vm), name: vm.name, kind: 'vm' },
      images: backups.map(({ image }) => image),
      blobs,
      attributes: plainOf(attributes),
      stats: sumSizes(backups),
      ...keeping,
    },
    run.signal,
  )
}

function sumSizes(backups: readonly DiskBackup[]): Record<string, number> {
  const total = { provisionedBytes: 0, changedBytes: 0, readBytes: 0, sentBytes: 0, storedBytes: 0 }
  for (const { report } of backups)
    for (const key of Object.keys(total) as (keyof typeof total)[]) total[key] += report.sizes[key]
  return total
}
