import type { Core } from '../core.ts'
import { condemnedPacksMax } from '../formats/condemned-packs.ts'
import { packKey } from '../formats/object-names.ts'
import type { PackLocks } from '../lock/pack-locks.ts'
import type { CollectOptions } from '../repository.ts'
import { newestOf } from '../workers/seal-blob.ts'
import { planRenewal } from './plan-renewal.ts'
import { type PartlyNeeded, planRepack } from './plan-repack.ts'
import type { Survey } from './survey.ts'

const deadShareMaxDefault = 0.2

/**
 * Which packs to copy out of: to be rid of what is dead in them, or of a data key that was replaced. None that would have to stay for
 * its lock: that would cost room instead of freeing it.
 */
export async function planMoves(
  core: Core,
  { partly, dead }: Pick<Survey, 'partly' | 'dead'>,
  locks: PackLocks,
  options: CollectOptions,
): Promise<PartlyNeeded<number>[]> {
  const { table } = core.indexStore.index
  for (let rest = partly; ;) {
    const plan = plannedOf(core, rest, dead.length, options)
    const names = plan.map(({ pack }) => table.nameOf(pack))
    const locked = await locks.lockedOf(names, options.signal)
    if (locked.size === 0) return plan
    rest = rest.filter(({ pack }) => !locked.has(packKey(table.nameOf(pack))))
  }
}

function plannedOf(
  { ring, indexStore }: Core,
  partly: readonly PartlyNeeded<number>[],
  deadPacks: number,
  { deadShareMax = deadShareMaxDefault, renewKeysBytesMax = 0 }: CollectOptions,
): PartlyNeeded<number>[] {
  const totalBytes = partly.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const packsMax = Math.max(0, condemnedPacksMax - deadPacks)
  const emptying = planRepack(partly, { deadShareMax, totalBytes, packsMax })
  const others = partly.filter((pack) => !emptying.includes(pack))
  const { table } = indexStore.index
  const keys = {
    generationOf: (pack: number) => table.keyGenerationOf(pack),
    isReplaced: (generation: number) => newestOf(ring.keys, generation) !== generation,
  }
  const bounds = { bytesMax: renewKeysBytesMax, packsMax: packsMax - emptying.length }
  return [...emptying, ...planRenewal(others, keys, bounds)]
}
