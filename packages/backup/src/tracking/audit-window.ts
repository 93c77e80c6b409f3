import { between, type Extent } from '@vmkeep/disk'

const dayMs = 24 * 60 * 60_000

/**
 * Which part of a disk this run audits: as much as brings the whole disk round within `auditDays`, from where the last audit ended.
 *
 * @returns `undefined` where auditing is switched off
 */
export function auditWindow(
  disk: { readonly capacityBytes: number; readonly chunkSizeBytes: number },
  since: { readonly fromBytes: number; readonly elapsedMs: number },
  auditDays: number,
): Extent | undefined {
  if (auditDays === 0) return undefined
  const { capacityBytes, chunkSizeBytes } = disk
  const share = Math.max(since.elapsedMs, 0) / (auditDays * dayMs)
  const chunks = Math.max(1, Math.ceil((capacityBytes / chunkSizeBytes) * Math.min(share, 1)))
  const offsetBytes = since.fromBytes < capacityBytes ? since.fromBytes : 0
  return between(offsetBytes, Math.min(offsetBytes + chunks * chunkSizeBytes, capacityBytes))
}
