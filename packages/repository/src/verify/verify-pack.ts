import { type AppError, forEachConcurrent, FormatError } from '@vmkeep/kit'
import type { Core } from '../core.ts'
import { fail } from '../errors.ts'
import { blobType } from '../formats/blob.ts'
import { sameBytes, toHex } from '../formats/hex.ts'
import type { PackEntry } from '../formats/pack.ts'
import { planReads } from '../images/plan-reads.ts'
import type { BlobLocation, IndexedPack } from '../index/chunk-index.ts'
import type { BlobReader } from '../packs/blob-reader.ts'
import { readTrailer } from '../packs/read-trailer.ts'
import { scanPack } from '../packs/scan-pack.ts'
import { wrongBlobs } from '../packs/wrong-blobs.ts'
import { type DamageList, everything, isDamage, nothing, packCorrupt } from './damage-list.ts'

/** Of one pack: the next is on its way while one is opened. */
const readsAtOnce = 2

export interface PackCheck {
  readonly core: Core
  readonly reader: BlobReader
  readonly damages: DamageList
  /** Whether to read a blob. */
  readonly chooses: (entry: PackEntry) => boolean
  readonly onRead: (chunks: number, bytes: number) => void
  readonly signal: AbortSignal | undefined
}

/** Checks that a pack is there and is the one its delta names, and reads the chosen blobs back. */
export async function verifyPack(check: PackCheck, pack: IndexedPack): Promise<void> {
  const { damages, signal } = check
  try {
    const entries = await entriesOf(check, pack)
    if (entries !== undefined) await readBlobs(check, pack, entries)
  } catch (error) {
    signal?.throwIfAborted()
    if (!isDamage(error)) throw error
    damages.addObject(pack.key, error, everything)
  }
}

/** What a pack holds; if its trailer is gone, by looking at every blob. `undefined` if the pack is absent. */
async function entriesOf(
  { core, damages, signal }: PackCheck,
  pack: IndexedPack,
): Promise<readonly PackEntry[] | undefined> {
  const { objects, repositoryId, roles } = core
  const sizeBytes = await objects.size(pack.key, signal)
  if (sizeBytes === undefined) {
    damages.addObject(pack.key, await packMissing(core, pack.key, signal), everything)
    return undefined
  }
  try {
    return await twice(async () => {
      const contents = await readTrailer(objects, { repositoryId, name: pack.name }, roles.index, signal)
      checkRow(pack, contents)
      return contents.entries
    })
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    const entries = await scanPack(objects, pack.key, sizeBytes, signal)
    const found = new Set(entries.map(({ offsetBytes }) => offsetBytes))
    const loses = entries.length === pack.row?.blobs ? nothing : (offsetBytes: number) => !found.has(offsetBytes)
    damages.addObject(pack.key, packCorrupt(pack.key, error), loses)
    return entries
  }
}

/** What makes no sense is read once more: a bit may have flipped on the way. */
async function twice<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    return await read()
  }
}

function checkRow(
  { row }: IndexedPack,
  found: { sizeBytes: number; sha256: Uint8Array; entries: readonly PackEntry[] },
): void {
  if (row === undefined) return
  if (found.sizeBytes !== row.sizeBytes || found.entries.length !== row.blobs || !sameBytes(found.sha256, row.sha256))
    throw new FormatError('it is not the pack its delta names')
}

/** That an object is not there is believed on the word of two calls: one that asks for it, and one that lists. */
export async function packMissing({ objects }: Core, key: string, signal?: AbortSignal): Promise<AppError> {
  let isThere = (await objects.size(key, signal)) !== undefined
  for await (const object of objects.list(key.slice(0, key.lastIndexOf('/') + 1), signal))
    isThere ||= object.key === key
  return isThere ? fail('repository.object-unsteady', { object: key }) : fail('repository.pack-missing', { pack: key })
}

async function readBlobs(check: PackCheck, pack: IndexedPack, entries: readonly PackEntry[]): Promise<void> {
  // What was sealed with erased keys can be read by nobody, and is not damaged; nor is what we have no keys for.
  const { ring } = check.core
  const hidden = ring.maintenanceOnly || ring.isErased(pack.row?.keyGeneration ?? 0)
  const chosen = entries.filter((entry) => !(hidden && entry.type !== blobType.mapPage) && check.chooses(entry))
  const locations = chosen.map((entry) => locationOf(pack, entry))
  await forEachConcurrent(planReads(locations), readsAtOnce, async (read) => {
    check.signal?.throwIfAborted()
    for (const i of await wrongBlobs(check.core, read, chosen, check.signal)) {
      const { index } = read.blobs[i]!
      await recheck(check, chosen[index]!, locations[index]!)
    }
    check.onRead(read.blobs.length, read.lengthBytes)
  })
}

/** Looks at one blob again, alone: only what is wrong twice is bad. */
async function recheck(
  { reader, damages, signal }: PackCheck,
  entry: PackEntry,
  location: BlobLocation,
): Promise<void> {
  try {
    await reader.readAt(location, { id: entry.id, type: entry.type }, signal)
  } catch (error) {
    signal?.throwIfAborted()
    if (!isDamage(error)) throw error
    damages.addChunk(toHex(entry.id), location.pack.key, error)
  }
}

const locationOf = (pack: IndexedPack, { offsetBytes, storedBytes, type }: PackEntry): BlobLocation => ({
  pack,
  offsetBytes,
  storedBytes,
  type,
})
