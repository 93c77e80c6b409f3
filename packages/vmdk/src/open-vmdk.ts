import { basename, dirname, join } from 'node:path'
import type { DiskReader, Extent } from '@vmkeep/disk'
import { type ByteSource, damagedAt, decodedFrom, openFileSource, readBytes } from './byte-source.ts'
import { decodeDescriptor, descriptorSizeBytesMax } from './descriptor-bytes.ts'
import { type Descriptor, type DescriptorExtent, noParent } from './descriptor-format.ts'
import { fail } from './errors.ts'
import { ExtentsReader, FlatReader, type Part } from './extents-reader.ts'
import { bytesOf } from './sectors.ts'
import { readEmbeddedDescriptor } from './sparse-header.ts'
import { SparseReader } from './sparse-reader.ts'

/**
 * Opens a VMDK by its descriptor or, where the descriptor is inside, by its only file.
 *
 * Reads monolithicFlat, vmfs (flat), monolithicSparse, streamOptimized and the disks split into 2 GB extents.
 * Extents are opened only as plain files beside the descriptor: a descriptor is somebody's text, and may name any file of this machine.
 *
 * @throws `vmdk.not-found`, `vmdk.read-failed`, `vmdk.damaged`, `vmdk.extent-outside`;
 * `vmdk.unsupported` for a snapshot's delta disk and for formats that only hosts read
 */
export async function openVmdk(path: string): Promise<DiskReader> {
  const source = await openFileSource(path)
  try {
    const magic = Buffer.from(await readBytes(source, 0, 4)).toString('latin1')
    if (magic === 'KDMV') return await openSparseFile(source)
    if (magic === 'COWD') throw unsupported(path, 'is a snapshot delta of a host (vmfsSparse)')
    const disk = await openDescriptor(source)
    await source[Symbol.asyncDispose]()
    return disk
  } catch (error) {
    await source[Symbol.asyncDispose]()
    throw error
  }
}

async function openSparseFile(source: ByteSource): Promise<DiskReader> {
  const reader = await SparseReader.open(source)
  const descriptor = await readEmbeddedDescriptor(source, reader.header)
  if (descriptor !== undefined) refuseChild(source.path, descriptor)
  return reader
}

async function openDescriptor(source: ByteSource): Promise<DiskReader> {
  const { path, sizeBytes } = source
  if (sizeBytes > descriptorSizeBytesMax)
    throw damagedAt(
      source,
      0,
      'neither a VMDK descriptor nor a sparse extent; to read a "-flat" file, open its descriptor',
    )
  const bytes = await readBytes(source, 0, sizeBytes)
  const descriptor = decodedFrom(source, 0, () => decodeDescriptor(bytes))
  refuseChild(path, descriptor)
  const parts: Part[] = []
  try {
    for (const { extent, placed } of placedExtents(descriptor)) parts.push(await openPart(path, extent, placed))
    if (parts.length === 0) throw damagedAt(source, 0, 'the descriptor lists no extents')
    return new ExtentsReader(path, parts)
  } catch (error) {
    for (const { reader } of parts) await reader?.[Symbol.asyncDispose]()
    throw error
  }
}

function* placedExtents({ extents }: Descriptor): Iterable<{ extent: DescriptorExtent; placed: Extent }> {
  let offsetBytes = 0
  for (const extent of extents) {
    const lengthBytes = bytesOf(extent.sizeSectors)
    yield { extent, placed: { offsetBytes, lengthBytes } }
    offsetBytes += lengthBytes
  }
}

async function openPart(path: string, extent: DescriptorExtent, placed: Extent): Promise<Part> {
  switch (extent.type) {
    case 'ZERO':
      return { extent: placed, reader: undefined }
    case 'FLAT':
    case 'VMFS':
      return { extent: placed, reader: await openFlat(path, extent, placed.lengthBytes) }
    case 'SPARSE':
      return { extent: placed, reader: await openSparse(path, extent, placed.lengthBytes) }
    default:
      throw unsupported(path, `has an extent of type ${extent.type}`)
  }
}

async function openFlat(path: string, extent: DescriptorExtent, lengthBytes: number): Promise<DiskReader> {
  const source = await openExtent(path, extent)
  const startBytes = bytesOf(extent.offsetSectors ?? 0)
  if (startBytes + lengthBytes <= source.sizeBytes) return new FlatReader(source, startBytes, lengthBytes)
  await source[Symbol.asyncDispose]()
  throw damagedAt(
    source,
    source.sizeBytes,
    `the file ends here, but ${path} says it goes on to byte ${startBytes + lengthBytes}`,
  )
}

async function openSparse(path: string, extent: DescriptorExtent, lengthBytes: number): Promise<DiskReader> {
  const source = await openExtent(path, extent)
  try {
    const reader = await SparseReader.open(source)
    if (reader.capacityBytes >= lengthBytes) return reader
    throw damagedAt(source, 0, `an extent of ${reader.capacityBytes} bytes, but ${path} says ${lengthBytes}`)
  } catch (error) {
    await source[Symbol.asyncDispose]()
    throw error
  }
}

async function openExtent(path: string, { fileName = '' }: DescriptorExtent): Promise<ByteSource> {
  if (
    fileName === '' ||
    fileName === '.' ||
    fileName === '..' ||
    fileName !== basename(fileName) ||
    /[\\\0]/.test(fileName)
  )
    throw fail('vmdk.extent-outside', { path, extent: fileName })
  return await openFileSource(join(dirname(path), fileName), path)
}

function refuseChild(path: string, { parentCid, settings }: Descriptor): void {
  if (parentCid === noParent) return
  throw unsupported(path, `is the child of a snapshot (its parent is ${settings['parentFileNameHint'] ?? 'not named'})`)
}

const unsupported = (path: string, fact: string): Error =>
  fail('vmdk.unsupported', { path, fact, instead: 'consolidate the VM or clone the disk, and open the result' })
