// System files that hold resources: file descriptors, sub-blocks, pointer blocks. Clusters in groups, each group behind the locks and
// bitmaps of its clusters. docs/formats/vmfs.md §5.
// Source: the documentation in dissect.vmfs 3.13 (resource.py). Evidence: observed on VMFS 5.81 and 6.82 that ESXi 8 made.
import { type Decoded, FormatError, ignored, struct, u16le, u32le } from '@vmkeep/kit'
import type { Geometry } from './fs-header-format.ts'

export const resourceSignature = 0x7266_6d64 // rfmd

export const ResourceHeader = struct('vmfs.resource-header', 0x58, {
  perCluster: u32le,
  clustersPerGroup: u32le,
  groupsAtBytes: u32le,
  resourceBytes: u32le,
  groupBytes: u32le,
  resourcesLow: u32le,
  groups: u32le,
  resourcesHigh: u32le,
  signature: u32le,
  version: u32le,
  flags: u32le,
  affinityPerCluster: u16le,
  affinityPerResource: u16le,
  bitsPerResource: u32le,
  childAtBytes: u32le,
  parentPerCluster: u32le,
  parentClustersPerGroup: u32le,
  parentGroupBytes: u32le,
  unknown: ignored(16),
  convertedClusters: u32le,
})
export type ResourceHeader = Decoded<typeof ResourceHeader>

export interface ResourcePlace {
  readonly cluster: number
  readonly resource: number
}

/** @throws FormatError if it cannot be a header of resources of this size */
export function checkResourceHeader(header: ResourceHeader, { generation }: Geometry): ResourceHeader {
  if (generation === 6 && header.signature !== resourceSignature) throw new FormatError('no header of a resource file')
  const { perCluster, clustersPerGroup, resourceBytes, groupsAtBytes } = header
  const plausible =
    perCluster <= 0x10_0000 && clustersPerGroup >= 1 && clustersPerGroup <= 0x1_0000 && resourceBytes <= 0x100_0000
  if (!plausible || groupsAtBytes > 0x1000_0000)
    throw new FormatError(
      `resources of ${resourceBytes} bytes, ${perCluster} to a cluster, ${clustersPerGroup} to a group`,
    )
  return header
}

/** Where a resource lies in its file. @throws FormatError for one that its header does not have */
export function resourceOffsetBytes(
  header: ResourceHeader,
  { clusterHeaderBytes }: Geometry,
  place: ResourcePlace,
): number {
  const { perCluster, clustersPerGroup, groupsAtBytes, groupBytes, resourceBytes, groups } = header
  const { cluster, resource } = place
  const group = Math.floor(cluster / clustersPerGroup)
  if (resource >= perCluster || group >= groups)
    throw new FormatError(
      `resource ${resource} of cluster ${cluster}, where ${groups * clustersPerGroup} clusters have ${perCluster}`,
    )
  const offsetBytes =
    groupsAtBytes +
    group * groupBytes +
    clustersPerGroup * clusterHeaderBytes +
    ((cluster % clustersPerGroup) * perCluster + resource) * resourceBytes
  if (!Number.isSafeInteger(offsetBytes))
    throw new FormatError(`resource ${resource} of cluster ${cluster} beyond 2^53`)
  return offsetBytes
}
