import type { Extent } from '@vmkeep/disk'
import { type ByteSource, damagedAt, decodedFrom, readBytes } from './byte-source.ts'
import { CowdGrainMap } from './cowd-grain-map.ts'
import { decodeDescriptor, descriptorSizeBytesMax } from './descriptor-bytes.ts'
import type { Descriptor, DescriptorExtent } from './descriptor-format.ts'
import { fail } from './errors.ts'
import { ExtentsReader, FlatReader, type Part } from './extents-reader.ts'
import type { GrainMap } from './grain-map.ts'
import { HostedGrainMap } from './hosted-grain-map.ts'
import type { Layer } from './layer.ts'
import { bytesOf } from './sectors.ts'
import { SeSparseGrainMap } from './sesparse-grain-map.ts'
import { readEmbeddedDescriptor, readSparseHeader } from './sparse-header.ts'
import { SparseReader } from './sparse-reader.ts'
import { besideDescriptor, type VmdkFiles } from './vmdk-files.ts'

export interface OpenedLayer {
  readonly layer: Layer
  /** An extent of a split disk, opened by itself, has none. */
  readonly descriptor: Descriptor | undefined
}

/**
 * Opens one VMDK, without its parents, by its descriptor or, where the descriptor is inside, by its only file.
 * Extents are opened only as plain files beside the descriptor: a descriptor is somebody's text, and may name any file of this machine.
 */
export async function openLayer(files: VmdkFiles, path: string, neededBy?: string): Promise<OpenedLayer> {
  const source = await files.open(path, neededBy)
  try {
    const magic = Buffer.from(await readBytes(source, 0, 4)).toString('latin1')
    if (magic === 'KDMV') return await openSparseFile(source)
    const opened = await openDescriptor(files, source)
    await source[Symbol.asyncDispose]()
    return opened
  } catch (error) {
    await source[Symbol.asyncDispose]()
    throw error
  }
}

async function openSparseFile(source: ByteSource): Promise<OpenedLayer> {
  const header = await readSparseHeader(source)
  const layer = new SparseReader(source, await HostedGrainMap.read(source, header))
  return { layer, descriptor: await readEmbeddedDescriptor(source, header) }
}

async function openDescriptor(files: VmdkFiles, source: ByteSource): Promise<OpenedLayer> {
  const { path, sizeBytes } = source
  if (sizeBytes > descriptorSizeBytesMax)
    throw damagedAt(
      source,
      0,
      'neither a VMDK descriptor nor a sparse extent; to read a "-flat", "-delta" or "-sesparse" file, open its descriptor',
    )
  const bytes = await readBytes(source, 0, sizeBytes)
  const descriptor = decodedFrom(source, 0, () => decodeDescriptor(bytes))
  const parts: Part[] = []
  try {
    for (const { extent, placed } of placedExtents(descriptor))
      parts.push(await openPart({ files, path, extent }, placed))
    if (parts.length === 0) throw damagedAt(source, 0, 'the descriptor lists no extents')
    return { layer: new ExtentsReader(path, parts), descriptor }
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

/** An extent, and the descriptor that names it. */
interface NamedExtent {
  readonly files: VmdkFiles
  readonly path: string
  readonly extent: DescriptorExtent
}

/** How the grains of a sparse extent are found, by the type that the descriptor gives it. */
const grainMaps: Readonly<Record<string, (source: ByteSource) => Promise<GrainMap>>> = {
  SPARSE: async (source) => HostedGrainMap.read(source, await readSparseHeader(source)),
  VMFSSPARSE: (source) => CowdGrainMap.read(source),
  SESPARSE: (source) => SeSparseGrainMap.read(source),
}

async function openPart(named: NamedExtent, placed: Extent): Promise<Part> {
  const { path } = named
  const { type } = named.extent
  if (type === 'ZERO') return { extent: placed, reader: undefined }
  if (type === 'FLAT' || type === 'VMFS') return { extent: placed, reader: await openFlat(named, placed.lengthBytes) }
  const grainMap = grainMaps[type]
  if (grainMap !== undefined) return { extent: placed, reader: await openSparse(named, placed, grainMap) }
  throw fail('vmdk.unsupported', {
    path,
    fact: `has an extent of type ${type}`,
    instead: 'clone the disk on its host, and open the clone',
  })
}

async function openFlat(named: NamedExtent, lengthBytes: number): Promise<Layer> {
  const { path, extent } = named
  const source = await openExtent(named)
  const startBytes = bytesOf(extent.offsetSectors ?? 0)
  if (startBytes + lengthBytes <= source.sizeBytes) return new FlatReader(source, startBytes, lengthBytes)
  await source[Symbol.asyncDispose]()
  throw damagedAt(
    source,
    source.sizeBytes,
    `the file ends here, but ${path} says it goes on to byte ${startBytes + lengthBytes}`,
  )
}

async function openSparse(
  named: NamedExtent,
  { lengthBytes }: Extent,
  grainMap: (source: ByteSource) => Promise<GrainMap>,
): Promise<Layer> {
  const { path } = named
  const source = await openExtent(named)
  try {
    const reader = new SparseReader(source, await grainMap(source))
    if (reader.capacityBytes >= lengthBytes) return reader
    throw damagedAt(source, 0, `an extent of ${reader.capacityBytes} bytes, but ${path} says ${lengthBytes}`)
  } catch (error) {
    await source[Symbol.asyncDispose]()
    throw error
  }
}

const openExtent = ({ files, path, extent }: NamedExtent): Promise<ByteSource> =>
  files.open(besideDescriptor(path, extent.fileName ?? ''), path)
