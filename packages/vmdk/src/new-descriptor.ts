import { encodeDescriptor } from './descriptor-bytes.ts'
import { type DescriptorExtent, noParent } from './descriptor-format.ts'
import { ddbOf, type DiskMetadata } from './disk-metadata.ts'
import { sectorsFor } from './sectors.ts'

/** A disk that was never written to. Source: VMware "Virtual Disk Format 5.0", "CID". Evidence: documented. */
const freshContentId = 0xffff_fffe

/** The descriptor of a disk of one extent and no parent, as bytes. @throws FormatError if a name or value cannot be written */
export function newDescriptor(
  createType: string,
  extent: Omit<DescriptorExtent, 'sizeSectors'>,
  capacityBytes: number,
  metadata: DiskMetadata,
): Uint8Array {
  const sizeSectors = sectorsFor(capacityBytes)
  return encodeDescriptor({
    version: 1,
    cid: metadata.contentId ?? freshContentId,
    parentCid: noParent,
    createType,
    settings: { encoding: 'UTF-8' },
    extents: [{ ...extent, sizeSectors }],
    ddb: ddbOf(metadata, sizeSectors),
  })
}
