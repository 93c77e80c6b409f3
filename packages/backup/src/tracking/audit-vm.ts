import { type Extent, totalBytes } from '@vmkeep/disk'
import type { Repository } from '@vmkeep/repository'
import { attachmentLog, type Cause, lockVm, transportNotes } from '@vmkeep/run'
import { chooseTransport, openVmDisk, prepareTransports, type TransportSettings } from '@vmkeep/transport'
import { captureSnapshot, readVm, type SnapshotRef, type Vm, type VmDisk } from '@vmkeep/vsphere'
import { decideRead, type PreviousDisk } from '../decide-read.ts'
import { identityOf } from '../identity.ts'
import { openLatencyGuard } from '../latency-guard.ts'
import type { BackupOptions } from '../options.ts'
import { previousPoints } from '../previous-points.ts'
import { placeOf, type SnapshotContext } from '../run-context.ts'
import { slowedDisk } from '../slowed-disk.ts'
import { startRun } from '../start-run.ts'
import { heldFor } from '../while-held.ts'
import { withSnapshot } from '../with-snapshot.ts'
import { auditDisk } from './audit-disk.ts'
import type { TrackingRequest } from './switch-tracking.ts'

export interface AuditRequest extends TrackingRequest {
  readonly repository: Repository
  readonly transport: TransportSettings
  /** As of a backup: an audit takes a snapshot and reads as much. */
  readonly guards: Pick<BackupOptions, 'freeSpace' | 'latency'>
}

export interface AuditedDisk {
  readonly key: number
  readonly label: string
  /** Why change tracking makes no claim about this disk that could be audited. */
  readonly notAudited?: Cause
  readonly checkedBytes: number
  /** Where the disk differs from the last restore point though it is called unchanged; the first thousand places. */
  readonly differing: readonly Extent[]
}

export interface AuditReport {
  readonly vm: string
  /** The restore point that the disks were compared with. */
  readonly point?: string
  readonly honest: boolean
  readonly disks: readonly AuditedDisk[]
  readonly leftover?: unknown
}

/** Reads all that change tracking calls unchanged and compares it with the VM's last restore point. Stores nothing. */
export async function auditVm(request: AuditRequest): Promise<AuditReport> {
  await using started = await startRun(
    request,
    { snapshotsPerDatastoreMax: 1, tasksPerVcenterMax: 1 },
    request.transport.vddk,
  )
  const { freeSpace, latency: limits } = request.guards
  await using latency = await openLatencyGuard(started, limits)
  const run = {
    ...started,
    latency,
    options: { quiesce: 'off', quiesceTimeoutMinutes: 5, ...(freeSpace !== undefined && { freeSpace }) },
  } as const
  const vm = await readVm(run.session, request.vm.ref, run.signal)
  await using _lock = await lockVm(request.stateFolder, { name: vm.name, uuid: identityOf(vm) }, `run ${run.runId}`)
  const history = (await previousPoints(request.repository, { anyDomain: true, signal: run.signal })).get(
    identityOf(vm).toLowerCase(),
  )
  const point = history?.newest
  const transport = await prepareTransports(run.session, request.transport, run.signal)
  const held = heldFor(
    vm.disks.map((disk) => chooseTransport({ ...disk, vm: vm.ref, path: disk.fileName, inPart: true }, transport)),
    transport,
  )
  const { value: disks, leftover } = await withSnapshot(run, vm, { quiesce: false, heldFor: held }, async ({ ref }) => {
    const captured = await captureSnapshot(run.session, ref, run.signal)
    const audited: AuditedDisk[] = []
    for (const disk of captured.disks) {
      const previous = point?.disks.find(({ key }) => key === disk.key)
      audited.push(await audit(run, { ...request, transport }, { vm, snapshot: ref, disk, previous }))
    }
    return audited
  })
  const honest = disks.every(({ differing }) => differing.length === 0)
  const about = { vm: vm.name, ...(point === undefined ? {} : { point: point.id }) }
  return { ...about, honest, disks, ...(leftover === undefined ? {} : { leftover }) }
}

interface Subject {
  readonly vm: Vm
  readonly snapshot: SnapshotRef
  readonly disk: VmDisk
  readonly previous: PreviousDisk | undefined
}

async function audit(
  run: SnapshotContext,
  { repository, transport }: Pick<AuditRequest, 'repository' | 'transport'>,
  { vm, snapshot, disk, previous }: Subject,
): Promise<AuditedDisk> {
  const { key, label, capacityBytes } = disk
  const decision = decideRead({ ...disk, backingUuid: disk.uuid }, previous, { full: false })
  if (decision.mode === 'full') return { key, label, notAudited: decision.cause, checkedBytes: 0, differing: [] }
  const { session, clock, random, signal, onEvent } = run
  await using opened = await openVmDisk({
    session,
    vm: vm.ref,
    snapshot,
    deviceKey: key,
    path: disk.fileName,
    capacityBytes,
    uuid: disk.uuid,
    inPart: true,
    address: disk.address,
    device: disk.device,
    attachments: attachmentLog({ ...run, ...placeOf(run, vm) }),
    settings: transport,
    clock,
    random,
    ...transportNotes(onEvent, { vm: vm.name, disk: label }),
    signal,
  })
  const source = slowedDisk(run.latency, vm, disk, opened) ?? opened
  onEvent({ type: 'disk-phase', vm: vm.name, disk: label, phase: 'read', detail: 'audit of change tracking' })
  const { extents: lost } = await repository.lostExtents(decision.base, signal)
  const about = { session, repository, vm, snapshot, disk, source, decision, lost, signal }
  const { checkedBytes, differing } = await auditDisk(about)
  const found = `${totalBytes(differing)} bytes differ though they are called unchanged`
  if (differing.length > 0)
    onEvent({ type: 'note', level: 'error', vm: vm.name, disk: label, message: found, code: 'tracking-lied' })
  onEvent({ type: 'disk-phase', vm: vm.name, disk: label, phase: 'done' })
  return { key, label, checkedBytes, differing }
}
