import { crashPoint } from '@vmkeep/kit'
import { type Core, nowMs, writerName } from '../core.ts'
import { deltaEntriesMax, deltaPacksMax, type PackRow } from '../formats/delta.ts'
import { sessionStartKey } from '../formats/object-names.ts'
import { encodeSessionStart } from '../formats/session-start.ts'
import type { SalvagedPack } from '../index/index-store.ts'
import { refreshLost } from '../lost/lost-extents.ts'
import type { PackOwner, PackStore } from '../packs/pack-store.ts'

/**
 * Registers a session and only then reads what the repository holds: so a collector sees the writer before the writer relies on
 * a pack (docs/formats/repository.md §2), and it knows every list whose collector may not have seen it. Packs that a crash left without a delta are listed anew, so that nothing is stored twice.
 */
export async function registerSession(core: Core, packs: PackStore, owner: PackOwner): Promise<void> {
  const { objects, repositoryId, roles, random, indexStore, condemned, ring } = core
  const { sessionId, signal } = owner
  const start = { startedAtMs: nowMs(core), writer: writerName, keyGeneration: ring.ring.last }
  const encoded = encodeSessionStart({ repositoryId, sessionId }, start, { controlKey: roles.control, random })
  await objects.putUnique(sessionStartKey(sessionId), encoded, signal)
  crashPoint('repository.after-session-start')
  await condemned.refresh(signal)
  await refreshLost(core, signal)
  await ring.refresh(signal) // once it is registered: it uses no key that was replaced before
  const { unlisted } = await indexStore.checkPresence(signal)
  const standing = unlisted.filter((name) => !condemned.isCondemned(name))
  await adopt(packs, owner, await indexStore.salvage(standing, signal))
}

async function adopt(packs: PackStore, owner: PackOwner, salvaged: readonly SalvagedPack[]): Promise<void> {
  for (const group of groupsOf(salvaged)) {
    const rows = group.map((found) => ({ row: rowOf(found), entries: found.entries }))
    await packs.putDelta(rows, owner)
    group.forEach(({ pack }, i) => Object.assign(pack, { row: rows[i]!.row, state: 'live' }))
  }
}

/** As many packs as one delta may name. */
function* groupsOf(salvaged: readonly SalvagedPack[]): Iterable<SalvagedPack[]> {
  let group: SalvagedPack[] = []
  let entries = 0
  for (const found of salvaged) {
    if (group.length === deltaPacksMax || entries + found.entries.length > deltaEntriesMax) {
      yield group
      group = []
      entries = 0
    }
    group.push(found)
    entries += found.entries.length
  }
  if (group.length > 0) yield group
}

const rowOf = ({ pack, entries, sizeBytes, sha256, kind, keyGeneration }: SalvagedPack): PackRow => ({
  name: pack.name,
  sizeBytes,
  sha256,
  kind,
  blobs: entries.length,
  plainBytes: entries.reduce((sum, { plainBytes }) => sum + plainBytes, 0),
  keyGeneration,
})
