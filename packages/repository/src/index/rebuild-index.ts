import type { Core } from '../core.ts'
import { deltasPrefix } from '../formats/object-names.ts'
import type { PackStore } from '../packs/pack-store.ts'
import type { RebuildIndexOptions, RebuildIndexReport } from '../repository.ts'
import { adoptPacks } from '../sessions/adopt-packs.ts'
import { asSession } from '../sessions/as-session.ts'
import { removeProofs } from '../verify/proofs.ts'

/** Makes the index whole again from what the packs say themselves, and into one run. */
export async function rebuildIndex(
  core: Core,
  packs: PackStore,
  { dryRun = false, onProgress = () => {}, signal }: RebuildIndexOptions,
): Promise<RebuildIndexReport> {
  const found = await lookAround(core, signal)
  if (dryRun) return { ...found, dryRun, packsRead: 0, root: core.indexStore.root.number, entries: 0 }
  return await asSession(
    core,
    'rebuilding the index',
    async (sessionId) => {
      await removeProofs(core, signal) // what is lost together with what named it would be missed from now on
      let deltas = 0
      const owner = { sessionId, signal, nextDelta: () => ++deltas }
      const { unlisted } = await core.indexStore.checkPresence(signal) // anew: a writer may have stored some before it saw us
      const standing = unlisted.filter((name) => !core.condemned.isCondemned(name))
      const onPacks = (done: number) => onProgress({ phase: 'read', done, total: standing.length })
      const packsRead = await adoptPacks(core, packs, owner, standing, { scan: true, onPacks })
      const damagedDeltas = [...core.indexStore.damaged.keys()].filter((key) => key.startsWith(deltasPrefix))
      const total = core.indexStore.index.table.blobsInAll()
      const onEntries = (done: number) => onProgress({ phase: 'merge', done, total })
      const written = await core.compactor.compact(sessionId, { whole: 'rebuild', onEntries, signal })
      await core.compactor.sweep(signal)
      for (const key of damagedDeltas) {
        await core.objects.delete(key, signal) // its packs speak for themselves by now
        core.indexStore.forgetDelta(key)
      }
      return { ...found, dryRun, packsRead, root: core.indexStore.root.number, entries: written?.entries ?? 0 }
    },
    signal,
  )
}

async function lookAround(core: Core, signal: AbortSignal | undefined) {
  const { indexStore, condemned } = core
  await condemned.refresh(signal)
  await indexStore.refresh(signal)
  const { unlisted } = await indexStore.checkPresence(signal)
  return {
    deltas: indexStore.deltas.size,
    segments: indexStore.root.runs.reduce((sum, { segments }) => sum + segments.length, 0),
    packsUnlisted: unlisted.filter((name) => !condemned.isCondemned(name)).length,
    damaged: [...indexStore.damaged].map(([object, reason]) => ({ object, reason })),
  }
}
