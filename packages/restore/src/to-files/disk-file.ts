import type { DiskReader, DiskWriter } from '@vmkeep/disk'
import { createRawFile, openRawFile } from '@vmkeep/disk'
import { createVmdk, flatPathOf, openVmdk } from '@vmkeep/vmdk'

/** `raw`: the disk's bytes, sparse. The others are VMDK subformats by VMware's own names. */
export const diskFileFormats = ['raw', 'monolithicFlat', 'monolithicSparse', 'streamOptimized'] as const
export type DiskFileFormat = (typeof diskFileFormats)[number]

/** The files that a disk's file consists of, in the order in which they get their names. */
export const pathsOf = (path: string, format: DiskFileFormat): string[] =>
  format === 'monolithicFlat' ? [flatPathOf(path), path] : [path]

export const extensionOf = (format: DiskFileFormat): string => (format === 'raw' ? 'raw' : 'vmdk')

/** What of the original VMDK's metadata still holds for a copy. The rest speaks of snapshots, filters and clones it no longer has. */
const carriedKeys = [
  'adapterType',
  'geometry.cylinders',
  'geometry.heads',
  'geometry.sectors',
  'toolsVersion',
  'uuid',
  'virtualHWVersion',
]

export async function createDiskFile(
  path: string,
  format: DiskFileFormat,
  { capacityBytes, metadata }: { readonly capacityBytes: number; readonly metadata: Readonly<Record<string, string>> },
): Promise<DiskWriter> {
  if (format === 'raw') return createRawFile(path, capacityBytes)
  const carried = Object.entries(metadata).filter(([key]) => carriedKeys.includes(key))
  const ddb = Object.fromEntries(carried.map(([key, value]) => [`ddb.${key}`, value]))
  return createVmdk(path, { kind: format, capacityBytes, metadata: { ddb } })
}

export function openDiskFile(path: string, format: DiskFileFormat): Promise<DiskReader> {
  return format === 'raw' ? openRawFile(path) : openVmdk(path)
}
