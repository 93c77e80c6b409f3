import { between, type Extent } from '@vmkeep/disk'
import { hasCode } from '@vmkeep/kit'
import { fromHex } from '../formats/hex.ts'
import { idBytes } from '../formats/blob.ts'
import { MappedImageReader } from '../images/image-reader.ts'
import { type Difference, mapDifferences, type MappedImage } from '../map/map-difference.ts'
import { MapReader } from '../map/map-reader.ts'
import type { Plain } from '../plain.ts'
import { pinForLong } from '../points/pin.ts'
import type { ImageReader, ImageRun, ImageWriter } from '../repository.ts'
import type { PointImage, PointManifest, RestorePoint, StoredImage } from '../restore-point.ts'
import type { OpenSession } from '../sessions/writer-session.ts'
import { type Base, chooseBase } from './choose-base.ts'
import type { PointMaps } from './known-points.ts'
import { fromSource, sourcePages } from './source-damage.ts'
import type { CopyWork, SyncEnd } from './sync-ends.ts'

/** A point of the source, and the copy of it that the target has already. */
export interface CopiedPoint extends PointMaps {
  readonly copy: PointMaps
}

/**
 * Copies a point into a repository with other keys: opens what has changed since a point that was copied before, and has it sealed
 * anew. Returns what is different in the manifest of the copy: roots, and the ids of small files.
 *
 * @throws `repository.copy-damaged`
 */
export async function copyAnew(
  work: CopyWork,
  session: OpenSession,
  point: RestorePoint,
  copied: readonly CopiedPoint[],
): Promise<Pick<PointManifest, 'images' | 'blobs' | 'attributes'>> {
  const images: PointImage[] = []
  for (const image of point.images)
    images.push({ ...image, image: await copyImage(work, session, point, image, copied) })
  const renamed = await copyFiles(work, session, point)
  const blobs = Object.fromEntries(Object.entries(point.blobs).map(([name, id]) => [name, renamed.get(id)!]))
  return { images, blobs, attributes: withNames(point.attributes, renamed) as typeof point.attributes }
}

/** About how many sealed bytes a copy would have to read: what the target may know by its content cannot be told before. */
export async function changedBytes(
  { from, signal }: Pick<CopyWork, 'from' | 'signal'>,
  point: RestorePoint,
  { candidates, isCounted }: { candidates: readonly PointMaps[]; isCounted: (id: Uint8Array) => boolean },
): Promise<number> {
  let bytes = 0
  for (const { key, image } of point.images) {
    const base = chooseBase(candidates, point, key)
    for await (const differences of changes(from, point, image, base?.image, signal))
      for (const { id, kind } of differences) {
        if (kind === 'page' || id === null || isCounted(id)) continue
        bytes += (await fromSource(point.id, () => from.parts.reader.locate(id, signal))).storedBytes
      }
  }
  return bytes
}

async function copyImage(
  work: CopyWork,
  session: OpenSession,
  point: RestorePoint,
  { key, image }: PointImage,
  copied: readonly CopiedPoint[],
): Promise<StoredImage> {
  const { from, signal } = work
  await using held = await holdBase(from, chooseBase(copied, point, key), signal)
  const { base } = held
  const known = base?.point.copy.images.find((each) => each.key === key)
  const { capacityBytes, chunkSizeBytes } = image
  const writer = await session.beginImage({
    capacityBytes,
    chunkSizeBytes,
    ...(known === undefined ? {} : { base: { point: base!.point.copy.id, image: known.image } }),
    unwritten: known === undefined ? 'zero' : 'inherit',
  })
  await using reader = readerOf(from, point, image)
  const differences = changes(from, point, image, known && base!.image, signal)
  return await copyRuns(work, { reader, writer, extents: toWrite(differences, image, writer) })
}

/** Holds the base in the source while its map is read. Without it, if its data was released meanwhile. */
async function holdBase(
  { core }: SyncEnd,
  base: Base<CopiedPoint> | undefined,
  signal: AbortSignal | undefined,
): Promise<AsyncDisposable & { readonly base: Base<CopiedPoint> | undefined }> {
  const nothing = { base: undefined, async [Symbol.asyncDispose]() {} }
  if (base === undefined) return nothing
  try {
    const hold = await pinForLong(core, base.point.id, signal)
    return { base, [Symbol.asyncDispose]: () => hold[Symbol.asyncDispose]() }
  } catch (error) {
    if (!hasCode(error, 'repository.point-buried', 'repository.domain-erased')) throw error
    return nothing
  }
}

const changes = (
  { parts: { pages } }: SyncEnd,
  point: RestorePoint,
  image: StoredImage,
  base: StoredImage | undefined,
  signal: AbortSignal | undefined,
): AsyncIterable<readonly Difference[]> => {
  const mapped = (of: StoredImage): MappedImage => ({ image: of, pages: sourcePages(pages, point.id) })
  return mapDifferences(mapped(image), base && mapped(base), signal)
}

/** The extents that hold something new. What has become zeroes is written on the way. */
async function* toWrite(
  differences: AsyncIterable<readonly Difference[]>,
  { capacityBytes, chunkSizeBytes }: StoredImage,
  writer: ImageWriter,
): AsyncIterable<Extent> {
  for await (const some of differences)
    for (const { id, kind, firstChunk, chunks } of some) {
      const start = firstChunk * chunkSizeBytes
      if (start >= capacityBytes) continue // the base was larger
      const extent = between(start, Math.min(start + chunks * chunkSizeBytes, capacityBytes))
      if (id === null) await writer.zero(extent)
      else if (kind === 'chunk') yield extent
    }
}

async function copyRuns(
  { limit, onStored, signal }: CopyWork,
  { reader, writer, extents }: { reader: ImageReader; writer: ImageWriter; extents: AsyncIterable<Extent> },
): Promise<StoredImage> {
  let countedBytes = 0
  const count = async () => {
    const freshBytes = writer.progress.storedBytes - countedBytes
    countedBytes += freshBytes
    if (freshBytes > 0) onStored(freshBytes)
    await limit?.take(freshBytes, signal)
  }
  for await (const run of reader.runs(extents, signal === undefined ? {} : { signal })) {
    using _run = run
    await writeRun(writer, run, signal)
    await count()
  }
  const image = await writer.finish(signal)
  await count() // what was on its way
  return image
}

async function writeRun(writer: ImageWriter, { offsetBytes, bytes }: ImageRun, signal: AbortSignal | undefined) {
  for (let at = 0; at < bytes.length; at += writer.leaseBytesMax) {
    const part = bytes.subarray(at, at + writer.leaseBytesMax)
    const lease = await writer.lease(part.length, signal)
    lease.set(part)
    await writer.write(offsetBytes + at, lease)
  }
}

function readerOf({ parts }: SyncEnd, point: RestorePoint, image: StoredImage): ImageReader {
  const { fetcher, cache } = parts
  return new MappedImageReader({
    image,
    map: new MapReader(sourcePages(parts.pages, point.id), image),
    fetcher: {
      inFlightMax: fetcher.inFlightMax,
      fetchBytesFor: (chunkSizeBytes) => fetcher.fetchBytesFor(chunkSizeBytes),
      fetch: (...chunks) => fromSource(point.id, () => fetcher.fetch(...chunks)),
    },
    cache,
  })
}

/** Copies the small files. Returns their new ids by the old ones. */
async function copyFiles({ from, signal }: CopyWork, session: OpenSession, point: RestorePoint) {
  const renamed = new Map<string, string>()
  for (const id of new Set(Object.values(point.blobs))) {
    const bytes = await fromSource(point.id, () => from.parts.reader.read(fromHex(id, idBytes)!, undefined, signal))
    renamed.set(id, await session.putBlob(bytes, signal))
  }
  return renamed
}

/** Attributes name small files by their ids, too: they get the new ones. */
function withNames(value: Plain, renamed: ReadonlyMap<string, string>): Plain {
  if (typeof value === 'string') return renamed.get(value) ?? value
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  if (Array.isArray(value)) return value.map((each: Plain) => withNames(each, renamed))
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withNames(each, renamed)]))
}
