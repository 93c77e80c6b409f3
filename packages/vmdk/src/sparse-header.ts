import { type ByteSource, damagedAt, decodedFrom, readBytes, readRecord } from './byte-source.ts'
import { type Descriptor } from './descriptor-format.ts'
import { decodeDescriptor, descriptorSizeBytesMax } from './descriptor-bytes.ts'
import { type MarkerType, MetadataMarker, markerType } from './marker-format.ts'
import { bytesOf, sectorSizeBytes } from './sectors.ts'
import { decodeSparseHeader, gdAtEnd, SparseHeader } from './sparse-header-format.ts'

/** The header of an extent; of a stream, its footer, which knows where the directory is. @throws `vmdk.damaged` */
export async function readSparseHeader(source: ByteSource): Promise<SparseHeader> {
  const header = await readHeaderAt(source, 0)
  if (header.gdOffsetSectors !== gdAtEnd) return header
  const footer = await readFooter(source)
  for (const key of ['capacitySectors', 'grainSectors', 'flags'] as const)
    if (footer[key] !== header[key])
      throw damagedAt(
        source,
        source.sizeBytes - 2 * sectorSizeBytes,
        `the footer's ${key} is ${footer[key]}, the header's ${header[key]}`,
      )
  return {
    ...footer,
    descriptorOffsetSectors: header.descriptorOffsetSectors,
    descriptorSizeSectors: header.descriptorSizeSectors,
  }
}

/** The end of a stream: footer marker, footer, end-of-stream marker, a sector each. */
async function readFooter(source: ByteSource): Promise<SparseHeader> {
  const startBytes = source.sizeBytes - 3 * sectorSizeBytes
  if (startBytes < sectorSizeBytes) throw damagedAt(source, 0, `a stream of ${source.sizeBytes} bytes has no footer`)
  await expectMarker(source, startBytes, markerType.footer)
  await expectMarker(source, startBytes + 2 * sectorSizeBytes, markerType.endOfStream)
  const footer = await readHeaderAt(source, startBytes + sectorSizeBytes)
  if (footer.gdOffsetSectors === gdAtEnd)
    throw damagedAt(source, startBytes + sectorSizeBytes, 'the footer does not say where the grain directory is')
  return footer
}

async function expectMarker(source: ByteSource, offsetBytes: number, wanted: MarkerType): Promise<void> {
  const { type } = await readRecord(source, offsetBytes, MetadataMarker)
  if (type !== wanted) throw damagedAt(source, offsetBytes, `expected the marker ${wanted}, found ${type}`)
}

async function readHeaderAt(source: ByteSource, offsetBytes: number): Promise<SparseHeader> {
  const bytes = await readBytes(source, offsetBytes, SparseHeader.sizeBytes)
  return decodedFrom(source, offsetBytes, () => decodeSparseHeader(bytes))
}

/** The descriptor inside an extent; an extent of a split disk has none. @throws `vmdk.damaged` */
export async function readEmbeddedDescriptor(
  source: ByteSource,
  header: SparseHeader,
): Promise<Descriptor | undefined> {
  const offsetBytes = bytesOf(header.descriptorOffsetSectors)
  const sizeBytes = bytesOf(header.descriptorSizeSectors)
  if (offsetBytes === 0) return undefined
  if (sizeBytes > descriptorSizeBytesMax) throw damagedAt(source, offsetBytes, `a descriptor of ${sizeBytes} bytes`)
  const bytes = await readBytes(source, offsetBytes, sizeBytes)
  return decodedFrom(source, offsetBytes, () => decodeDescriptor(bytes))
}
