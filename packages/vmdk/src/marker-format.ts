// Markers: what comes next in a stream-optimized extent. Each begins on a sector.
// Source: VMware "Virtual Disk Format 5.0", "Stream-Optimized Compressed Sparse Extents". Evidence: documented.
import { type Decoded, exactly, ignored, size64le, struct, u32le } from '@vmkeep/kit'
import { roundUp, sectorSizeBytes } from './sectors.ts'

export const markerType = { endOfStream: 0, grainTable: 1, grainDirectory: 2, footer: 3 } as const
export type MarkerType = (typeof markerType)[keyof typeof markerType]

/** One sector before a grain table, the directory, the footer; the last sector of the stream. */
export const MetadataMarker = struct('vmdk.metadata-marker', 512, {
  /** Of what follows. */
  sizeSectors: size64le,
  size: exactly(u32le, 0), // what tells it from a grain marker
  type: u32le,
  pad: ignored(496),
})
export type MetadataMarker = Decoded<typeof MetadataMarker>

/** Before a compressed grain, which follows at once and is padded to a whole sector. */
export const GrainMarker = struct('vmdk.grain-marker', 12, {
  /** Where on the disk the grain belongs. */
  lbaSectors: size64le,
  /** Of the compressed bytes that follow. */
  sizeBytes: u32le,
})
export type GrainMarker = Decoded<typeof GrainMarker>

export const encodeMarker = (type: MarkerType, sizeSectors: number): Uint8Array =>
  MetadataMarker.encode({ type, sizeSectors })

/** A compressed grain as it stands in the stream: marker, bytes, padding. */
export function encodeGrain(lbaSectors: number, deflated: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(roundUp(GrainMarker.sizeBytes + deflated.length, sectorSizeBytes))
  bytes.set(GrainMarker.encode({ lbaSectors, sizeBytes: deflated.length }))
  bytes.set(deflated, GrainMarker.sizeBytes)
  return bytes
}
