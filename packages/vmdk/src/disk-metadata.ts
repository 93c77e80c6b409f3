import { bytesOf } from './sectors.ts'

/** What a VMDK says about its disk beside the bytes. */
export interface DiskMetadata {
  /** `lsilogic` (also for pvscsi and SAS), `buslogic`, `ide`. `lsilogic` if left out. */
  readonly adapterType?: string
  /** Computed from the capacity if left out. */
  readonly geometry?: Geometry
  /** The disk's `backing.uuid`, `6000C29a-5cf5-8872-daa0-3de79d6750e2`. Left out if not given. */
  readonly uuid?: string
  /** `4` if left out: every product reads it. */
  readonly virtualHardwareVersion?: string
  readonly thinProvisioned?: boolean
  /** The content id, `CID`. `0xfffffffe`, a fresh disk's, if left out. */
  readonly contentId?: number
  /** Further settings by full name, `ddb.longContentID` …; they win over the fields above. */
  readonly ddb?: Readonly<Record<string, string>>
}

export interface Geometry {
  readonly cylinders: number
  readonly heads: number
  readonly sectors: number
}

/** The disk data base of a descriptor. */
export function ddbOf(metadata: DiskMetadata, capacitySectors: number): Record<string, string> {
  const adapterType = metadata.adapterType ?? 'lsilogic'
  const geometry = metadata.geometry ?? geometryOf(capacitySectors, adapterType)
  return {
    'ddb.adapterType': adapterType,
    'ddb.geometry.cylinders': String(geometry.cylinders),
    'ddb.geometry.heads': String(geometry.heads),
    'ddb.geometry.sectors': String(geometry.sectors),
    'ddb.virtualHWVersion': metadata.virtualHardwareVersion ?? '4',
    ...(metadata.uuid === undefined ? {} : { 'ddb.uuid': ddbUuid(metadata.uuid) }),
    ...(metadata.thinProvisioned === undefined ? {} : { 'ddb.thinProvisioned': metadata.thinProvisioned ? '1' : '0' }),
    ...metadata.ddb,
  }
}

/**
 * The geometry that VMware-made disks of this size carry. Guests boot by LBA: no reader has been seen to care.
 * Evidence: inferred (from descriptors in the wild) for SCSI; IDE's 16 heads, 63 sectors and at most 16383 cylinders are ATA's own limits.
 */
export function geometryOf(capacitySectors: number, adapterType: string): Geometry {
  const capacityBytes = bytesOf(capacitySectors)
  const [heads, sectors] =
    adapterType === 'ide'
      ? [16, 63]
      : capacityBytes < 2 ** 30
        ? [64, 32]
        : capacityBytes < 2 ** 31
          ? [128, 32]
          : [255, 63]
  const cylinders = Math.max(1, Math.floor(capacitySectors / (heads * sectors)))
  return { cylinders: adapterType === 'ide' ? Math.min(cylinders, 16_383) : cylinders, heads, sectors }
}

/** `6000C29a-5cf5-…` → `60 00 C2 9a 5c f5 88 72-da a0 3d e7 9d 67 50 e2`, as descriptors write it. */
function ddbUuid(uuid: string): string {
  const pairs = uuid.replaceAll('-', '').match(/../g) ?? []
  return `${pairs.slice(0, 8).join(' ')}-${pairs.slice(8).join(' ')}`
}
