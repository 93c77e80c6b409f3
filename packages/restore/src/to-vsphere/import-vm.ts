import { StreamOptimizedWriter } from '@vmkeep/vmdk'
import {
  type ManagedObjectReference,
  type NfcLease,
  openImportLease,
  readDisks,
  type VmDisk,
  withDisks,
} from '@vmkeep/vsphere'
import { DamagedParts } from '../damaged-parts.ts'
import { diskProgress } from '../disk-progress.ts'
import { fail } from '../errors.ts'
import { writeImage } from '../write-image.ts'
import { LeaseSink } from './lease-sink.ts'
import type { PlannedDisk } from './plan-restore.ts'
import { checkCapacity, doneWith, type RestoredDisk, verifyDisk } from './restore-disk.ts'
import type { RestoreContext } from './restore-to-vsphere.ts'

/**
 * Makes the VM with all its disks by ImportVApp and sends their bytes as they come from the repository, each as one stream-optimized VMDK.
 * Until the lease is completed vSphere itself removes the VM if we fail or die.
 *
 * @param created told as soon as the VM has a name in vSphere
 */
export async function importVm(
  context: RestoreContext,
  created: (vm: ManagedObjectReference) => Promise<void>,
): Promise<{ readonly vm: ManagedObjectReference; readonly disks: readonly RestoredDisk[] }> {
  const { session, plan, clock, signal } = context
  const spec = withDisks(
    plan.spec,
    plan.disks.map((planned) => planned.spec),
    plan.place.datastoreName,
  )
  const sent: Sent[] = []
  await using lease = await openImportLease(session, { ...plan.place, spec }, { clock, signal })
  await created(lease.entity)
  const disks = await readDisks(session, lease.entity, signal)
  for (const planned of plan.disks) sent.push(await send(context, lease, planned, disks))
  await lease.complete()
  const restored: RestoredDisk[] = []
  for (const { planned, added, writtenBytes, damage } of sent) {
    await using image = await context.repository.openImage(planned.disk.image, signal, damage)
    if (context.verify) await verifyDisk(context, lease.entity, { planned, added, image })
    restored.push(await doneWith(context, { planned, added, writtenBytes, damage }))
  }
  return { vm: lease.entity, disks: restored }
}

interface Sent {
  readonly planned: PlannedDisk
  readonly added: VmDisk
  readonly writtenBytes: number
  readonly damage: DamagedParts
}

async function send(
  context: RestoreContext,
  lease: NfcLease,
  planned: PlannedDisk,
  disks: readonly VmDisk[],
): Promise<Sent> {
  const { plan, repository, signal, onEvent } = context
  const { disk, spec } = planned
  const { capacityBytes } = disk.image
  const slot = `${spec.slot.bus}${spec.slot.busNumber}:${spec.slot.unitNumber}`
  const added = disks.find(({ address }) => address === slot)
  const file = lease.files.find((one) => one.isDisk && one.slot === slot)
  if (added === undefined || file === undefined)
    throw fail('restore.disk-not-offered', { disk: disk.label, slot, offered: lease.files.map(({ key }) => key) })
  checkCapacity(planned, added)
  const about = { vm: plan.name, disk: disk.label } as const
  const progress = diskProgress(onEvent, about, capacityBytes)
  const damage = new DamagedParts(context.allowDamaged)
  await using image = await repository.openImage(disk.image, signal, damage)
  onEvent({ type: 'disk-phase', ...about, phase: 'write', detail: `${added.fileName}, through a lease` })
  const metadata = { adapterType: spec.slot.bus === 'ide' ? 'ide' : 'lsilogic' }
  const sink = new LeaseSink(lease, file, signal)
  await using writer = await StreamOptimizedWriter.create(sink, { name: 'disk.vmdk', capacityBytes, metadata })
  const report = (writtenBytes: number) => {
    progress(writtenBytes)
    lease.report((writtenBytes / capacityBytes) * 100)
  }
  const writtenBytes = await writeImage(image, writer, (now) => report(now.writtenBytes), signal)
  await writer.finish(signal)
  return { planned, added, writtenBytes, damage }
}
