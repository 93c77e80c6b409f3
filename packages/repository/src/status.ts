import { type Core, nowMs } from './core.ts'
import type { PackRow } from './formats/delta.ts'
import { packKind } from './formats/pack.ts'
import { pointKey, sessionIdOf, sessionsPrefix } from './formats/object-names.ts'
import { listPoints } from './points/points.ts'
import type { RepositoryStatus, VerifiedShare } from './repository.ts'
import { VerifyJournal } from './verify/journal.ts'

/** Counts what is there. Reads every point and the whole index, no data. */
export async function readStatus(core: Core, signal?: AbortSignal): Promise<RepositoryStatus> {
  let points = 0
  let damagedPoints = 0
  for await (const { damaged } of listPoints(core, signal))
    if (damaged === undefined) points++
    else damagedPoints++
  await core.indexStore.refresh(signal)
  await core.indexStore.checkPresence(signal)
  const { indexStore } = core
  const { entries, runs } = indexStore.index
  const stored = { packs: 0, chunks: 0, plainBytes: 0, storedBytes: 0 }
  for (const { kind, blobs, plainBytes, sizeBytes } of standingRows(core)) {
    stored.packs++
    stored.storedBytes += sizeBytes
    if (kind !== packKind.data) continue
    stored.chunks += blobs
    stored.plainBytes += plainBytes
  }
  return {
    points,
    damagedPoints,
    ...stored,
    verified: await verifiedShare(core, signal),
    sessionsOpen: await openSessions(core, signal),
    index: {
      entries: entries.size + runs.reduce((sum, run) => sum + run.entries, 0),
      segments: indexStore.root.runs.reduce((sum, { segments }) => sum + segments.length, 0),
      deltas: indexStore.deltas.size,
      cacheBytes: await indexStore.objects.cache.sizeBytes(),
      damaged: [...indexStore.damaged.keys()],
    },
  }
}

const withinMs = 30 * 24 * 60 * 60_000

async function verifiedShare(core: Core, signal: AbortSignal | undefined): Promise<VerifiedShare> {
  const journal = await VerifyJournal.read(core, signal)
  const since = nowMs(core) - withinMs
  const share = { withinMs, totalBytes: 0, checksumBytes: 0, fullBytes: 0 }
  for (const { name, sizeBytes } of standingRows(core)) {
    share.totalBytes += sizeBytes
    if (journal.lastMs(name, 'checksum') > since) share.checksumBytes += sizeBytes
    if (journal.lastMs(name, 'full') > since) share.fullBytes += sizeBytes
  }
  return share
}

/** One at a time: there may be more than a million. */
function* standingRows({ indexStore: { index } }: Core): Iterable<PackRow> {
  const { table } = index
  for (let ordinal = 0; ordinal < table.count; ordinal++)
    if (table.hasRow(ordinal) && table.stateOf(ordinal) !== 'gone') yield table.rowOf(ordinal)!
}

async function openSessions({ objects }: Core, signal: AbortSignal | undefined): Promise<number> {
  const ids = new Set<string>()
  for await (const { key } of objects.list(sessionsPrefix, signal)) {
    const id = sessionIdOf(key)
    if (id !== undefined) ids.add(id)
  }
  let open = 0
  for (const id of ids) if ((await objects.size(pointKey(id), signal)) === undefined) open++
  return open
}
