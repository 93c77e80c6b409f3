import { aligned, allocatedCanBeTrusted, type DiskReader, type Extent, united, whole } from '@vmkeep/disk'
import { changedExtents } from '@vmkeep/vsphere'
import { describeBackup } from './describe-backup.ts'
import type { Decided, DiskBackup, DiskJob, DiskReading } from './disk-job.ts'
import { DiskProgress, type DiskTotals } from './disk-progress.ts'
import type { RunContext } from './run-context.ts'
import { copyRuns } from './stages/copy-runs.ts'
import { planReads, type PlannedRun } from './stages/plan-reads.ts'
import { whyUntrusted } from './tracking/why-untrusted.ts'

const runBytes = 2 * 1024 * 1024 // what an ESXi host serves in one request through vCenter, see nfc-wire.md §5
const readsInFlightMax = 4

/** Copies what is to be read of a disk into the repository. */
export async function copyDisk(reading: DiskReading, decision: Decided): Promise<DiskBackup> {
  const { run, job, source, tell } = reading
  tell('query', decision.mode === 'full' ? `full read: ${decision.cause.message}` : 'incremental')
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
  const progress = new DiskProgress(run, job, image, { ...totals, mode: decision.mode })
  try {
    await copyRuns(planned(), source, image, { runBytes, readsInFlightMax }, (done) => progress.add(done), run.signal)
  } catch (error) {
    if (whyUntrusted(error) !== undefined) await image.finish(run.signal) // it goes into no point; another one takes its place
    throw error
  }
  const stored = await image.finish(run.signal)
  progress.tell()
  const metadata = await source.metadata(run.signal)
  return describeBackup(reading, decision, { stored, metadata, sizes: progress.sizes })
}

function noteUntrusted(run: RunContext, { vm, disk }: DiskJob): void {
  const message = 'the host calls areas unallocated that hold data; its allocation map is ignored and all of it is read'
  run.onEvent({ type: 'note', level: 'warn', vm: vm.name, disk: disk.label, message, code: 'allocation-map-wrong' })
}

/** What is to be looked at of a disk: what changed, and what the repository has lost; or all of it. */
export function changedIn(run: RunContext, { vm, snapshot, disk }: DiskJob, decision: Decided): AsyncIterable<Extent> {
  if (decision.mode === 'full') return one(whole(disk.capacityBytes))
  const { key: deviceKey, capacityBytes } = disk
  const since = { vm: vm.ref, snapshot, deviceKey, capacityBytes, changeId: decision.changeId }
  const changed = changedExtents(run.session, since, run.signal)
  const { lost = [] } = decision
  return lost.length === 0 ? changed : united(changed, lost)
}

async function measure(
  planned: AsyncIterable<PlannedRun>,
  changed: AsyncIterable<Extent>,
  chunkSizeBytes: number,
  disk: DiskReader,
): Promise<DiskTotals> {
  let [changedBytes, toReadBytes] = [0, 0]
  for await (const extent of aligned(changed, chunkSizeBytes, disk.capacityBytes)) changedBytes += extent.lengthBytes
  for await (const { extent, kind } of planned) if (kind === 'read') toReadBytes += extent.lengthBytes
  return { changedBytes, toReadBytes }
}

async function* one<T>(item: T): AsyncIterable<T> {
  yield item
}
