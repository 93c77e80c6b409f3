import { endOf, type Extent, totalBytes } from '@vmkeep/disk'
import { messageOf } from '@vmkeep/kit'
import { copyDisk } from './copy-disk.ts'
import { type FullReadCause, fullReadCause, type ReadDecision } from './decide-read.ts'
import type { Audited, Decided, DiskBackup, DiskJob, DiskReading } from './disk-job.ts'
import type { RunContext } from './run-context.ts'
import { type DiskAudit, auditDisk } from './tracking/audit-disk.ts'
import { auditWindow } from './tracking/audit-window.ts'
import { whyUntrusted } from './tracking/why-untrusted.ts'

/** Reads a disk by what change tracking says of it, as long as that can be believed; else all of it, in the same run. */
export async function readDisk(reading: DiskReading, decision: ReadDecision): Promise<DiskBackup> {
  if (decision.mode === 'full') return copyDisk(reading, decision)
  const { run, job } = reading
  const lost = await run.repository.lostExtents(decision.base, run.signal)
  if (lost.mapLost) return copyDisk(reading, fullBecause('base-damaged', decision))
  if (lost.extents.length > 0) noteLost(run, job, lost.extents)
  try {
    const audited = await auditPart(reading, { decision, lost: lost.extents })
    if (audited.differing.length > 0) {
      noteLie(run, job, audited.differing)
      return await copyDisk(reading, { ...fullBecause('tracking-lied', decision), audited })
    }
    return await copyDisk(reading, { ...decision, lost: lost.extents, audited })
  } catch (error) {
    const code = whyUntrusted(error)
    if (code === undefined) throw error
    const wayOut =
      code === 'change-id-unknown' ? '; if it says so every time, start tracking anew with "vmkeep vm cbt reset"' : ''
    const message = `${fullReadCause(code).message}: ${messageOf(error)}${wayOut}`
    run.onEvent({ type: 'note', level: 'warn', vm: job.vm.name, disk: job.disk.label, message, code })
    return copyDisk(reading, fullBecause(code, decision))
  }
}

/** Looks whether change tracking tells the truth about a part of the disk, another one each time. */
async function auditPart(
  { run, job: { vm, snapshot, disk, previous, previousPoint }, source }: DiskReading,
  read: Pick<DiskAudit, 'decision' | 'lost'>,
): Promise<Audited> {
  const { session, repository, signal } = run
  const fromBytes = previous?.auditedToBytes ?? 0
  const elapsedMs = run.clock.nowMs() - Date.parse(previousPoint!.createdAt)
  const size = { capacityBytes: disk.capacityBytes, chunkSizeBytes: read.decision.base.chunkSizeBytes }
  const window = auditWindow(size, { fromBytes, elapsedMs }, run.options.auditDays)
  if (window === undefined) return { toBytes: fromBytes, checkedBytes: 0, differing: [] }
  const compared = await auditDisk({ ...read, source, session, repository, vm, snapshot, disk, window, signal })
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

function noteLost(run: RunContext, { vm, disk }: DiskJob, lost: readonly Extent[]): void {
  const message = `${totalBytes(lost)} bytes of the last restore point are lost in the repository; they are read again, and older points heal where the disk still holds the same`
  run.onEvent({ type: 'note', level: 'warn', vm: vm.name, disk: disk.label, message, code: 'lost-data-read-again' })
}
