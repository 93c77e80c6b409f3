import {
  aligned,
  allocatedCanBeTrusted,
  type DiskReader,
  endOf,
  type Extent,
  totalBytes,
  united,
  whole,
} from '@vmkeep/disk'
import { codeOf, hasCode, messageOf } from '@vmkeep/kit'
import type { ImageProgress, ImageWriter, PointImage, WriterSession } from '@vmkeep/repository'
import {
  attachmentLog,
  type Cause,
  type DiskSizes,
  plainOf,
  transportNotes,
  type VmPoint,
  type VmPointDisk,
} from '@vmkeep/run'
import { defaultTransport, openVmDisk, type TransportChoice, type VmDiskReader } from '@vmkeep/transport'
import { changedExtents, type SnapshotRef, type Vm, type VmDisk } from '@vmkeep/vsphere'
import { type FullReadCause, fullReadCause, type PreviousDisk, type ReadDecision } from './decide-read.ts'
import { decideDisk } from './decide-transport.ts'
import { fail } from './errors.ts'
import type { DiskReport } from './report.ts'
import { placeOf, type RunContext } from './run-context.ts'
import { slowedDisk } from './slowed-disk.ts'
import { transportsFor } from './standstill.ts'
import { copyRuns } from './stages/copy-runs.ts'
import { planReads, type PlannedRun } from './stages/plan-reads.ts'
import { type DiskAudit, auditDisk } from './tracking/audit-disk.ts'
import { auditWindow } from './tracking/audit-window.ts'
import type { Comparison } from './tracking/compare-unchanged.ts'

export interface DiskJob {
  readonly vm: Vm
  /** Absent: the disk is read as it lies there. */
  readonly snapshot: SnapshotRef | undefined
  /** The disk as the snapshot's config has it: its file, size and change id are those of the instant. */
  readonly disk: VmDisk
  readonly previous: PreviousDisk | undefined
  /** The point that `previous` belongs to. */
  readonly previousPoint: Pick<VmPoint, 'id' | 'createdAt'> | undefined
  readonly writer: WriterSession
}

export interface DiskBackup {
  readonly image: PointImage
  readonly report: DiskReport
}

const runBytes = 2 * 1024 * 1024 // what an ESXi host serves in one request through vCenter, see nfc-wire.md §5
const readsInFlightMax = 4

/** Reads one disk of a snapshot into the repository. Steps 6 and 7 of the order in `design.md` §5. */
export async function backupDisk(run: RunContext, job: DiskJob): Promise<DiskBackup> {
  const { vm, disk } = job
  const tell = (phase: 'waiting' | 'query' | 'read' | 'done' | 'failed', detail?: string) =>
    run.onEvent({
      type: 'disk-phase',
      vm: vm.name,
      disk: disk.label,
      phase,
      ...(detail === undefined ? {} : { detail }),
    })
  const host = hostNameOf(vm)
  using _place = await run.disksPerHost.for(host).acquire(run.signal, () => tell('waiting', `a place on host ${host}`))
  const inSnapshot = job.snapshot !== undefined
  const now = { ...disk, vm: vm.ref, path: disk.fileName, backingUuid: disk.uuid, inSnapshot }
  const options = transportsFor(vm, run.options)
  const { read: decision, transport: choice } = decideDisk(now, job.previous, options)
  notePassedOver(run, job, choice)
  try {
    await using opened = await openVmDisk({
      session: run.session,
      vm: vm.ref,
      snapshot: job.snapshot,
      deviceKey: disk.key,
      path: disk.fileName,
      capacityBytes: disk.capacityBytes,
      uuid: disk.uuid,
      inPart: decision.mode === 'incremental',
      address: disk.address,
      device: disk.device,
      attachments: attachmentLog({ ...run, ...placeOf(run, vm) }),
      nfcConnections: run.nfcConnections,
      onWait: (busyHost) => tell('waiting', `a connection to host ${busyHost}`),
      settings: options.transport,
      clock: run.clock,
      random: run.random,
      ...transportNotes(run.onEvent, { vm: vm.name, disk: disk.label }),
      signal: run.signal,
    })
    const slowed = slowedDisk(run.latency, job.vm, job.disk, opened)
    const backup = await readDisk(run, job, slowed ?? opened, decision, tell)
    tell('done')
    return slowed === undefined || slowed.slowedSeconds === 0
      ? backup
      : { ...backup, report: { ...backup.report, slowedSeconds: slowed.slowedSeconds } }
  } catch (error) {
    tell('failed', messageOf(error))
    run.signal.throwIfAborted()
    if (isOfRepository(error)) throw error // what can't be kept is no fault of the disk that was read
    throw fail('backup.reading-disk', { vm: vm.name, disk: disk.label, why: messageOf(error) }, error)
  }
}

/** Of transports that somebody has asked for: the default order says with every disk that nothing is mounted here. */
function notePassedOver({ onEvent }: RunContext, { vm, disk }: DiskJob, choice: TransportChoice | undefined): void {
  for (const { name, whyNot } of choice?.passedOver ?? []) {
    if (defaultTransport.order.includes(name)) continue
    const message = `not read by ${name}: ${whyNot}`
    onEvent({ type: 'note', level: 'info', vm: vm.name, disk: disk.label, message, code: 'transport-passed-over' })
  }
}

const isOfRepository = (error: unknown) => /^(storage|repository)\./.test(codeOf(error) ?? '')

/** What is read beside what changed: what the repository has lost of the base is still on the disk, or was overwritten there. */
type Decided = ReadDecision & { readonly lost?: readonly Extent[]; readonly audited?: Audited }

type Tell = (phase: 'query' | 'read', detail?: string) => void

async function readDisk(
  run: RunContext,
  job: DiskJob,
  source: VmDiskReader,
  decision: ReadDecision,
  tell: Tell,
): Promise<DiskBackup> {
  if (decision.mode === 'full') return copyDisk(run, job, source, decision, tell)
  const lost = await run.repository.lostExtents(decision.base, run.signal)
  if (lost.mapLost) return copyDisk(run, job, source, fullBecause('base-damaged', decision), tell)
  if (lost.extents.length > 0) noteLost(run, job, lost.extents)
  try {
    const audited = await auditPart(run, job, { source, decision, lost: lost.extents })
    if (audited.differing.length > 0) {
      noteLie(run, job, audited.differing)
      return await copyDisk(run, job, source, { ...fullBecause('tracking-lied', decision), audited }, tell)
    }
    return await copyDisk(run, job, source, { ...decision, lost: lost.extents, audited }, tell)
  } catch (error) {
    const code = untrusted(error)
    if (code === undefined) throw error
    const { message } = fullReadCause(code)
    run.onEvent({
      type: 'note',
      level: 'warn',
      vm: job.vm.name,
      disk: job.disk.label,
      message: `${message}: ${messageOf(error)}`,
      code,
    })
    return copyDisk(run, job, source, fullBecause(code, decision), tell)
  }
}

interface Audited extends Comparison {
  /** Up to where this round of audits has come. */
  readonly toBytes: number
}

/** Looks whether change tracking tells the truth about a part of the disk, another one each time. */
async function auditPart(
  run: RunContext,
  { vm, snapshot, disk, previous, previousPoint }: DiskJob,
  read: Pick<DiskAudit, 'source' | 'decision' | 'lost'>,
): Promise<Audited> {
  const { session, repository, signal } = run
  const fromBytes = previous?.auditedToBytes ?? 0
  const elapsedMs = run.clock.nowMs() - Date.parse(previousPoint!.createdAt)
  const size = { capacityBytes: disk.capacityBytes, chunkSizeBytes: read.decision.base.chunkSizeBytes }
  const window = auditWindow(size, { fromBytes, elapsedMs }, run.options.auditDays)
  if (window === undefined) return { toBytes: fromBytes, checkedBytes: 0, differing: [] }
  const compared = await auditDisk({ ...read, session, repository, vm, snapshot, disk, window, signal })
  return { ...compared, toBytes: endOf(window) }
}

function noteLie(run: RunContext, { vm, disk, previousPoint }: DiskJob, differing: readonly Extent[]): void {
  const message =
    `change tracking has not reported at least ${totalBytes(differing)} bytes that changed, from byte ${differing[0]!.offsetBytes} on: ` +
    `point ${previousPoint!.id} and those before it may lack changes; this one is read whole. Start tracking anew with "vmkeep vm cbt reset"`
  run.onEvent({ type: 'note', level: 'error', vm: vm.name, disk: disk.label, message, code: 'tracking-lied' })
}

const fullBecause = (code: FullReadCause, { base }: ReadDecision): Decided => ({
  mode: 'full',
  cause: fullReadCause(code),
  ...(base === undefined ? {} : { base }),
})

/** Change tracking let us down: the disk is read whole in the same run, and only differences are stored. */
function untrusted(error: unknown): FullReadCause | undefined {
  if (hasCode(error, 'vsphere.change-id-unknown')) return 'change-id-unknown'
  if (hasCode(error, 'repository.point-buried')) return 'base-released'
  return hasCode(error, 'vsphere.change-info-invalid') ? 'change-info-invalid' : undefined
}

async function copyDisk(
  run: RunContext,
  job: DiskJob,
  source: VmDiskReader,
  decision: Decided,
  tell: Tell,
): Promise<DiskBackup> {
  const cause = decision.mode === 'full' ? decision.cause : undefined
  tell('query', cause === undefined ? 'incremental' : `full read: ${cause.message}`)
  const chunkSizeBytes = decision.base?.chunkSizeBytes ?? run.repository.chunkSizeBytes
  const trustAllocated = await allocatedCanBeTrusted(source, run.signal)
  if (!trustAllocated) noteUntrusted(run, job)
  const changed = () => changedIn(run, job, decision)
  const planned = () => planReads(changed(), source, { chunkSizeBytes, trustAllocated }, run.signal)

  // Every page of the answer is asked for once before a byte is read, and again while reading: a contradiction or a dead
  // change id shows now, progress knows its total, and no list of millions of extents is kept in memory.
  const totals = await measure(planned(), changed(), chunkSizeBytes, source)
  const image = await job.writer.beginImage({
    capacityBytes: job.disk.capacityBytes,
    chunkSizeBytes,
    unwritten: decision.mode === 'incremental' ? 'inherit' : 'zero',
    ...(decision.mode === 'full' ? {} : { base: { point: job.previousPoint!.id, image: decision.base } }),
  })
  tell('read')
  const progress = trackProgress(run, job, image, totals, decision)
  try {
    await copyRuns(planned(), source, image, { runBytes, readsInFlightMax }, progress.add, run.signal)
  } catch (error) {
    if (untrusted(error) !== undefined) await image.finish(run.signal) // it goes into no point; another one takes its place
    throw error
  }
  const stored = await image.finish(run.signal)
  progress.tell()
  return {
    image: {
      key: String(job.disk.key),
      label: job.disk.label,
      image: stored,
      attributes: plainOf({
        ...diskAttributes(job, source, decision.mode, cause, await source.metadata(run.signal)),
        auditedToBytes: decision.audited?.toBytes ?? job.previous?.auditedToBytes ?? 0,
      }),
    },
    report: {
      key: job.disk.key,
      label: job.disk.label,
      address: job.disk.address,
      mode: decision.mode,
      ...(cause === undefined ? {} : { cause }),
      transport: source.transport,
      ...(decision.audited === undefined ? {} : { auditedBytes: decision.audited.checkedBytes }),
      sizes: progress.sizes(),
    },
  }
}

function noteUntrusted(run: RunContext, { vm, disk }: DiskJob): void {
  const message = 'the host calls areas unallocated that hold data; its allocation map is ignored and all of it is read'
  run.onEvent({ type: 'note', level: 'warn', vm: vm.name, disk: disk.label, message, code: 'allocation-map-wrong' })
}

function noteLost(run: RunContext, { vm, disk }: DiskJob, lost: readonly Extent[]): void {
  const message = `${totalBytes(lost)} bytes of the last restore point are lost in the repository; they are read again, and older points heal where the disk still holds the same`
  run.onEvent({ type: 'note', level: 'warn', vm: vm.name, disk: disk.label, message, code: 'lost-data-read-again' })
}

function changedIn(run: RunContext, { vm, snapshot, disk }: DiskJob, decision: Decided): AsyncIterable<Extent> {
  if (decision.mode === 'full') return one(whole(disk.capacityBytes))
  const { key: deviceKey, capacityBytes } = disk
  const since = { vm: vm.ref, snapshot, deviceKey, capacityBytes, changeId: decision.changeId }
  const changed = changedExtents(run.session, since, run.signal)
  const { lost = [] } = decision
  return lost.length === 0 ? changed : united(changed, lost)
}

interface Totals {
  readonly changedBytes: number
  readonly toReadBytes: number
}

async function measure(
  planned: AsyncIterable<PlannedRun>,
  changed: AsyncIterable<Extent>,
  chunkSizeBytes: number,
  disk: DiskReader,
): Promise<Totals> {
  let [changedBytes, toReadBytes] = [0, 0]
  for await (const extent of aligned(changed, chunkSizeBytes, disk.capacityBytes)) changedBytes += extent.lengthBytes
  for await (const { extent, kind } of planned) if (kind === 'read') toReadBytes += extent.lengthBytes
  return { changedBytes, toReadBytes }
}

function trackProgress(
  run: RunContext,
  { vm, disk }: DiskJob,
  image: ImageWriter,
  totals: Totals,
  { mode }: ReadDecision,
) {
  let readBytes = 0
  const provisionedBytes = disk.capacityBytes
  const changedBytes = mode === 'full' ? provisionedBytes : totals.changedBytes
  const sizes = (): DiskSizes => ({ provisionedBytes, changedBytes, readBytes, ...sentAndStored(image.progress) })
  const tell = () =>
    run.onEvent({ type: 'disk-progress', vm: vm.name, disk: disk.label, totalBytes: totals.toReadBytes, ...sizes() })
  const add = ({ extent, kind }: PlannedRun) => {
    if (kind === 'read') readBytes += extent.lengthBytes
    tell()
  }
  return { add, tell, sizes }
}

const sentAndStored = ({ newBytes, storedBytes }: ImageProgress) => ({ sentBytes: newBytes, storedBytes })

function diskAttributes(
  { disk, snapshot }: DiskJob,
  source: VmDiskReader,
  mode: 'full' | 'incremental',
  cause: Cause | undefined,
  metadata: Readonly<Record<string, string>>,
): VmPointDisk {
  return {
    key: disk.key,
    label: disk.label,
    address: disk.address,
    fileName: disk.fileName,
    provisioning: disk.thinProvisioned ? 'thin' : disk.eagerlyScrub ? 'eager' : 'lazy',
    sectorSizeBytes: disk.sectorBytes ?? source.sectorSizeBytes, // not every transport is told
    ...(disk.uuid === undefined ? {} : { backingUuid: disk.uuid }),
    ...(disk.changeId && snapshot !== undefined ? { changeId: disk.changeId } : {}), // only a snapshot's tells an instant
    metadata,
    mode,
    ...(cause === undefined ? {} : { cause }),
  }
}

const hostNameOf = (vm: Vm) => vm.host?.name ?? 'unknown'

async function* one<T>(item: T): AsyncIterable<T> {
  yield item
}
