import { FormatError } from '@vmkeep/kit'
import { type Core, nowMs } from '../core.ts'
import { condemnedBytesMax, decodeCondemnedPacks, encodeCondemnedPacks } from '../formats/condemned-packs.ts'
import {
  collectionOf,
  collectionsPrefix,
  condemnedFinalKey,
  condemnedListKey,
  pointIdOf,
  pointsPrefix,
} from '../formats/object-names.ts'
import { createOnce } from '../storage/create-once.ts'

/**
 * Ends collections whose list cannot be read and that have no final: with one that condemns nothing. Whoever works on such a
 * collection finds it published and goes by it. Until then nobody knows what may be relied upon, and nobody can write.
 * Returns the names of the lists.
 */
export async function settleLists(
  core: Core,
  { dryRun }: { dryRun: boolean },
  signal?: AbortSignal,
): Promise<string[]> {
  const finished = new Set<number>()
  const lists: number[] = []
  for await (const { key } of core.objects.list(collectionsPrefix, signal)) {
    const name = collectionOf(key)
    if (name?.part === 'final') finished.add(name.number)
    if (name?.part === 'list') lists.push(name.number)
  }
  const settled: string[] = []
  for (const number of lists.filter((each) => !finished.has(each))) {
    if (await isReadable(core, number, signal)) continue
    if (!dryRun) await publishEmptyFinal(core, number, signal)
    settled.push(condemnedListKey(number))
  }
  return settled
}

async function isReadable(core: Core, number: number, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    return (await core.condemned.read('list', number, signal)) !== undefined
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    return false
  }
}

async function publishEmptyFinal(core: Core, number: number, signal: AbortSignal | undefined): Promise<void> {
  const { repositoryId, roles, random } = core
  const points: string[] = []
  for await (const { key } of core.objects.list(pointsPrefix, signal)) {
    const id = pointIdOf(key)
    if (id !== undefined) points.push(id)
  }
  const final = { part: 'final', number, atMs: nowMs(core), packs: [], points } as const
  const bytes = encodeCondemnedPacks(repositoryId, final, { controlKey: roles.control, random })
  const outcome = await createOnce(core, condemnedFinalKey(number), bytes, condemnedBytesMax)
  if (outcome.kind === 'failed') throw outcome.error as Error
  if (outcome.kind === 'other')
    decodeCondemnedPacks(outcome.bytes, { repositoryId, part: 'final', number }, roles.control)
}
