import type { DiskReader, DiskWriter } from '@vmkeep/disk'
import { createRawFile, openRawFile } from '@vmkeep/disk'
import { createVmdk, openVmdk } from '@vmkeep/vmdk'

/** `raw`: the disk's bytes, sparse. The others are VMDK subformats by VMware's own names. */
export const diskFileFormats = ['raw', 'monolithicFlat', 'monolithicSparse', 'streamOptimized'] as const
export type DiskFileFormat = (typeof diskFileFormats)[number]

export const extensionOf = (format: DiskFileFormat): string => (format === 'raw' ? 'raw' : 'vmdk')

export async function createDiskFile(
  path: string,
  format: DiskFileFormat,
  { capacityBytes, metadata }: { readonly capacityBytes: number; readonly metadata: Readonly<Record<string, string>> },
): Promise<DiskWriter> {
  if (format === 'raw') return createRawFile(path, capacityBytes)
  return createVmdk(path, { kind: format, capacityBytes, metadata })
}

export function openDiskFile(path: string, format: DiskFileFormat): Promise<DiskReader> {
  return format === 'raw' ? openRawFile(path) : openVmdk(path)
}
