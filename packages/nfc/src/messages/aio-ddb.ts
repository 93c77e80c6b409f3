// AIO DDB_GET: one value of a VMDK descriptor's disk data base (`ddb.*`).
// Source: cloudbase/OpenVixDiskLib docs. Evidence: observed there on ESXi 8.0.
import { type Decoded, ignored, struct, u32le, u64le } from '@vmkeep/kit'

/** C → S. Extra: the key, without `ddb.`. */
export const DdbGet = struct('nfc.DDB_GET', 16, { handle: u64le, keyBytes: u32le, zero: ignored(4) })
export type DdbGet = Decoded<typeof DdbGet>

/** S → C. Extra: the value as ASCII, not padded. A length of 0 says that the key is not set. */
export const DdbGetReply = struct('nfc.DDB_GET reply', 16, { unknown: ignored(12), valueBytes: u32le })
export type DdbGetReply = Decoded<typeof DdbGetReply>

/** No value seen is longer than a few hundred bytes; a peer that announces more is refused. */
export const ddbValueBytesMax = 65_536

/** The keys the vendor's client asks for. */
export const ddbKeys = [
  'adapterType',
  'uuid',
  'geometry.cylinders',
  'geometry.heads',
  'geometry.sectors',
  'geometry.biosCylinders',
  'geometry.biosHeads',
  'geometry.biosSectors',
  'logicalSectorSize',
  'physicalSectorSize',
  'iofilters',
  'KMFilters',
  'isDigest',
  'isNativeLinkedClone',
  'sidecars',
  'resumeConsolidateSector',
  'longContentID',
  'toolsVersion',
  'virtualHWVersion',
] as const
export type DdbKey = (typeof ddbKeys)[number]
