import { crashPoint } from '@vmkeep/kit'
import type { RestorePoint } from '@vmkeep/repository'
import type { Cause, DiskSizes } from '@vmkeep/run'
import { captureSnapshot, type Consistency, describePlace, type Vm, type VmDisk } from '@vmkeep/vsphere'
import { backupDisk } from './backup-disk.ts'
import { commitPoint } from './commit-point.ts'
import type { DiskBackup } from './disk-job.ts'
import { fail } from './errors.ts'
import { suspicionAbout } from './keeping.ts'
import { readGuestOf } from './read-guest-of.ts'
import { readPoliciesOf } from './read-policies-of.ts'
import type { DiskReport } from './report.ts'
import type { RunContext } from './run-context.ts'
import { diskPaths, storageMoved } from './storage-moved.ts'
import { storeHome } from './store-home.ts'
import { storeMemory } from './store-memory.ts'
import { tagsOf } from './tags-of.ts'
import { doubtedDisks, warningsOfDoubted } from './tracking/doubted-disks.ts'
import { recreateWarnings, tryRecreate } from './try-recreate.ts'
import type { VmJob } from './vm-job.ts'
import { whyNotRead } from './why-not-read.ts'

export interface CapturedPoint {
  readonly point: RestorePoint
  readonly consistency: Consistency
  readonly disks: readonly DiskReport[]
  /** What the guest's memory came to, where it is kept. */
  readonly memory?: DiskSizes
  readonly warnings: readonly Cause[]
}

/** Steps 5 to 8: everything from the snapshot's own config, never the VM's unless it has none, up to the commit. */
export async function captureVm(run: RunContext, job: VmJob): Promise<CapturedPoint> {
  const { vm, plan, history, standstill } = job
  const captured = await captureSnapshot(run.session, standstill.configOf, run.signal)
  const home = await storeHome(run, job)
  const memory = await storeMemory(run, job)
  const wanted = wantedOf(captured.disks, job)
  const guest = await readGuestOf(run, vm, standstill.snapshot, wanted)
  const doubted = await doubtedDisks(run, vm, wanted, history?.newest)
  const doubts = tellAll(run, vm, warningsOfDoubted(doubted))
  const { backups, moves } = await readDisks(run, job, wanted, doubted)
  crashPoint('backup.before-commit')
  run.onEvent({ type: 'vm-phase', vm: vm.name, phase: 'commit' })
  const { warnings: ofTags, ...tags } = tagsOf(run, vm)
  const { warnings: ofPolicies, ...policies } = await readPoliciesOf(run, vm, captured.disks)
  const place = { ...(await describePlace(run.session, vm, run.signal)), ...tags, ...policies }
  const recreate = tryRecreate(vm.name, captured, home.files, place, run.session)
  const found = tellAll(run, vm, [...moves, ...ofTags, ...ofPolicies, ...recreateWarnings(recreate)])
  const warnings = [...home.warnings, ...memory.warnings, ...doubts, ...found]
  const homeFiles = [...home.files, ...memory.homeFiles]
  const saved = { ...guest, place, recreate, homeFiles, warnings: [...plan.warnings, ...warnings] }
  const point = await commitPoint(run, job, { captured, backups, memory: memory.images, saved })
  crashPoint('backup.after-commit')
  const suspicion = tellAll(run, vm, suspicionAbout(point, history?.points ?? []))
  return {
    point,
    consistency: standstill.consistency,
    disks: backups.map(({ report }) => report),
    ...(memory.sizes !== undefined && { memory: memory.sizes }),
    warnings: [...warnings, ...suspicion],
  }
}

function wantedOf(disks: readonly VmDisk[], { vm, plan, standstill }: VmJob): readonly VmDisk[] {
  const wanted = disks.filter(({ key }) => plan.disks.some((disk) => disk.key === key))
  if (wanted.length === plan.disks.length) return wanted
  throw fail('backup.snapshot-lost', { vm: vm.name, snapshot: standstill.configOf.value })
}

/** Reads the disks, and looks that they were what they seemed to be until the last was read. */
async function readDisks(
  run: RunContext,
  job: VmJob,
  disks: readonly VmDisk[],
  doubted: readonly VmDisk[],
): Promise<{ readonly backups: readonly DiskBackup[]; readonly moves: readonly Cause[] }> {
  const { vm, history, writer, standstill } = job
  const paths = await diskPaths(run, vm)
  const reading = disks.map((disk) =>
    backupDisk(run, {
      vm,
      snapshot: standstill.snapshot,
      disk,
      previous: history?.newest.disks.find(({ key }) => key === disk.key),
      trackingDoubted: doubted.includes(disk),
      previousPoint: history?.newest,
      writer,
    }),
  )
  const backups = await allOrNone(reading).catch(async (error: unknown) =>
    Promise.reject(await whyNotRead(run, job, paths, error)),
  )
  await standstill.requireUnchanged()
  const moved = await storageMoved(run, vm, paths)
  return { backups, moves: moved === undefined ? [] : [moved] }
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
