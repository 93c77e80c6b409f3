import { codeOf, messageOf } from '@vmkeep/kit'
import { attachmentLog, transportNotes } from '@vmkeep/run'
import { defaultTransport, openVmDisk, type TransportChoice } from '@vmkeep/transport'
import type { Vm } from '@vmkeep/vsphere'
import { changedIn } from './copy-disk.ts'
import { decideDisk } from './decide-transport.ts'
import type { DiskBackup, DiskJob } from './disk-job.ts'
import { fail } from './errors.ts'
import { readDisk } from './read-disk.ts'
import { placeOf, type RunContext } from './run-context.ts'
import { slowedDisk } from './slowed-disk.ts'
import { transportsFor } from './standstill.ts'

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
  const { trackingDoubted } = job
  const now = { ...disk, vm: vm.ref, path: disk.fileName, backingUuid: disk.uuid, inSnapshot, trackingDoubted }
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
      changed: decision.mode === 'incremental' ? () => changedIn(run, job, decision) : undefined,
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
    const backup = await readDisk({ run, job, source: slowed ?? opened, tell }, decision)
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

const hostNameOf = (vm: Vm) => vm.host?.name ?? 'unknown'
