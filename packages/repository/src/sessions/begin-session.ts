import { crashPoint } from '@vmkeep/kit'
import { type Core, nowMs, writerName } from '../core.ts'
import { sessionStartKey } from '../formats/object-names.ts'
import { encodeSessionStart } from '../formats/session-start.ts'
import { refreshLost } from '../lost/lost-extents.ts'
import type { PackOwner, PackStore } from '../packs/pack-store.ts'
import { adoptPacks } from './adopt-packs.ts'

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
  await adoptPacks(core, packs, owner, standing)
  await core.compactor.foldMany(sessionId, signal)
}
