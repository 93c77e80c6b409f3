import { forEachConcurrent, hasCode } from '@vmkeep/kit'
import type { Core } from '../core.ts'
import { type PackKind, packKind } from '../formats/pack.ts'
import { planReads } from '../images/plan-reads.ts'
import type { IndexedPack } from '../index/chunk-index.ts'
import { type BlobsToCopy, type CopiedBlob, copyBlobs } from '../packs/copy-blobs.ts'
import type { PackStore } from '../packs/pack-store.ts'
import { PackStream } from '../packs/pack-stream.ts'
import { wrongBlobs } from '../packs/wrong-blobs.ts'
import { asSession } from '../sessions/as-session.ts'
import type { Liveness } from './liveness.ts'
import { packEntries } from '../packs/pack-entries.ts'
import type { SafeCopies } from './safe-copies.ts'

const readsAtOnce = 4

export interface Repacking {
  readonly packs: PackStore
  readonly liveness: Liveness
  readonly safe: SafeCopies
  /** Whether to seal what is copied with the newest data key. */
  readonly renewKeys: boolean
  /** The copies out of one pack are stored and were read back. */
  readonly onCopied: (blobs: readonly CopiedBlob[]) => void
  readonly signal: AbortSignal | undefined
}

/**
 * Copies what is needed of some packs into new ones, through a session of its own that ends in a fence: other collectors leave its
 * packs alone while it runs. Returns those of which every needed blob was copied; all of them may be missing some when the storage is full.
 */
export async function repack(core: Core, from: readonly IndexedPack[], repacking: Repacking): Promise<IndexedPack[]> {
  return await asSession(core, 'collecting', (sessionId) => copyAll(core, from, sessionId, repacking), repacking.signal)
}

async function copyAll(
  core: Core,
  from: readonly IndexedPack[],
  sessionId: string,
  repacking: Repacking,
): Promise<IndexedPack[]> {
  const { packs, liveness, renewKeys, signal } = repacking
  let deltas = 0
  const owner = { sessionId, signal, nextDelta: () => ++deltas }
  const storing: Promise<void>[] = []
  let failed = false as boolean
  const onStoring = (stored: Promise<void>) => {
    stored.catch(() => (failed = true)) // why is asked below
    storing.push(stored)
  }
  const streamOf = (kind: PackKind) => new PackStream(core, packs, { kind, owner, onStoring })
  const streams = { [packKind.data]: streamOf(packKind.data), [packKind.metadata]: streamOf(packKind.metadata) }
  const copies: { pack: IndexedPack; blobs: CopiedBlob[] }[] = []
  try {
    for (const pack of from.toSorted(byKey)) {
      if (failed) break
      const needed = (await packEntries(core, pack.name, signal)).filter(({ id, offsetBytes }) => {
        const found = liveness.isNeeded(id) ? core.indexStore.index.find(id) : undefined
        return found?.pack === pack && found.offsetBytes === offsetBytes // a pack may hold a blob twice: once is enough
      })
      const kind = pack.row?.kind === packKind.metadata ? packKind.metadata : packKind.data
      const blobs = await copyOrSkip(core, { pack, entries: needed, renewKeys }, streams[kind], signal)
      if (blobs !== undefined) copies.push({ pack, blobs })
    }
  } finally {
    for (const stream of Object.values(streams)) stream.close()
    await Promise.allSettled(storing)
  }
  const done: IndexedPack[] = []
  for (const { pack, blobs } of copies) if (await moved(core, blobs, repacking)) done.push(pack)
  await Promise.all(storing).catch((error: unknown) => {
    if (!hasCode(error, 'storage.full')) throw error
  })
  return done
}

const cannotBeCopied = [
  'storage.not-found',
  'storage.short-read',
  'repository.chunk-corrupt',
  'repository.pack-corrupt',
] as const

/** A pack has one data key: those with the same one go together. */
const byKey = (a: IndexedPack, b: IndexedPack) => (a.row?.keyGeneration ?? 0) - (b.row?.keyGeneration ?? 0)

/** `undefined` if the pack cannot be copied whole: then it stays as it is. */
async function copyOrSkip(
  core: Core,
  blobs: BlobsToCopy,
  stream: PackStream,
  signal: AbortSignal | undefined,
): Promise<CopiedBlob[] | undefined> {
  try {
    return await copyBlobs(core, blobs, stream, signal)
  } catch (error) {
    if (!hasCode(error, ...cannotBeCopied)) throw error
    return undefined
  }
}

/** Reads copies back, and has them found from now on. */
async function moved(core: Core, blobs: readonly CopiedBlob[], repacking: Repacking): Promise<boolean> {
  if (!blobs.every(({ pack }) => pack.state === 'live')) return false
  try {
    await readBack(core, blobs, repacking)
  } catch (error) {
    if (!hasCode(error, 'repository.pack-missing')) throw error
    return false // another collector gave this session up, and has removed what it stored
  }
  for (const { pack, entry } of blobs) core.indexStore.index.prefer(pack, entry)
  repacking.onCopied(blobs)
  return true
}

/** Neighbours at once. @throws what is wrong with a blob that is not right, not even alone */
async function readBack(
  core: Core,
  blobs: readonly CopiedBlob[],
  { safe, signal }: Pick<Repacking, 'safe' | 'signal'>,
): Promise<void> {
  const placed = blobs.map(({ pack, entry }) => ({ ...entry, pack }))
  await forEachConcurrent(planReads(placed), readsAtOnce, async (read) => {
    for (const i of await wrongBlobs(core, read, placed, signal)) {
      const blob = placed[read.blobs[i]!.index]!
      await safe.readBack(blob, blob, signal)
    }
  })
}
