import type { StoredImage } from '@vmkeep/repository'
import { type DiskSizes, plainOf, type VmPointDisk } from '@vmkeep/run'
import type { Decided, DiskBackup, DiskReading } from './disk-job.ts'

interface Copied {
  readonly stored: StoredImage
  /** The VMDK's own. */
  readonly metadata: Readonly<Record<string, string>>
  readonly sizes: DiskSizes
}

/** What the point and the report say of a disk that was copied. */
export function describeBackup(
  reading: DiskReading,
  decision: Decided,
  { stored, metadata, sizes }: Copied,
): DiskBackup {
  const { job, source } = reading
  const { key, label, address } = job.disk
  const how = { mode: decision.mode, ...(decision.mode === 'full' && { cause: decision.cause }) }
  const auditedToBytes = decision.audited?.toBytes ?? job.previous?.auditedToBytes ?? 0
  const attributes = plainOf({ ...describeDisk(reading), metadata, ...how, auditedToBytes })
  return {
    image: { key: String(key), label, image: stored, attributes },
    report: {
      key,
      label,
      address,
      ...how,
      transport: source.transport,
      ...(decision.audited === undefined ? {} : { auditedBytes: decision.audited.checkedBytes }),
      sizes,
    },
  }
}

const describeDisk = ({
  job: { disk, snapshot, trackingDoubted },
  source,
}: DiskReading): Omit<VmPointDisk, 'metadata' | 'mode' | 'cause'> => ({
  key: disk.key,
  label: disk.label,
  address: disk.address,
  fileName: disk.fileName,
  provisioning: disk.thinProvisioned ? 'thin' : disk.eagerlyScrub ? 'eager' : 'lazy',
  sectorSizeBytes: disk.sectorBytes ?? source.sectorSizeBytes, // not every transport is told
  transport: source.transport,
  ...(disk.uuid === undefined ? {} : { backingUuid: disk.uuid }),
  ...(disk.changeId && snapshot !== undefined // only a snapshot's tells an instant
    ? { [trackingDoubted ? 'doubtedTracking' : 'changeId']: disk.changeId }
    : {}),
})
