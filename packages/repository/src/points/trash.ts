import { FormatError, forEachConcurrent } from '@vmkeep/kit'
import { type Core, nowMs } from '../core.ts'
import { fail } from '../errors.ts'
import { pointTrashPrefix, trashEntryKey, trashEntryOf, trashPrefix } from '../formats/object-names.ts'
import type { PointMarks } from '../formats/point-marks.ts'
import { sealedObjectBytesMax } from '../formats/sealed-object.ts'
import { decodeTrashEntry, encodeTrashEntry, type TrashEntry } from '../formats/trash-entry.ts'
import { createOnce } from '../storage/create-once.ts'

const readsAtOnce = 8

/**
 * What became of a point: the last entry of its log. `unreadable`: an entry is there and cannot be understood, so that the point
 * is neither read from nor given up.
 */
export interface Fate {
  readonly kind: TrashEntry['kind'] | 'unreadable'
  readonly number: number
  readonly atMs: number
  readonly reason: string
  readonly marks: PointMarks
}

/** The fates of all points that ever had one, or of one point. */
export async function readFates(core: Core, signal?: AbortSignal, pointId?: string): Promise<Map<string, Fate>> {
  const last = new Map<string, number>()
  const prefix = pointId === undefined ? trashPrefix : pointTrashPrefix(pointId)
  for await (const { key } of core.objects.list(prefix, signal)) {
    const entry = trashEntryOf(key)
    if (entry !== undefined) last.set(entry.pointId, entry.number) // ascending
  }
  const fates = new Map<string, Fate>()
  await forEachConcurrent(last, readsAtOnce, async ([id, number]) => {
    fates.set(id, await readFate(core, id, number, signal))
  })
  return fates
}

export const fateOf = async (core: Core, pointId: string, signal?: AbortSignal): Promise<Fate | undefined> =>
  (await readFates(core, signal, pointId)).get(pointId)

/** Whether a point is listed, and can be restored from. */
export const isListed = (fate: Fate | undefined): boolean =>
  fate === undefined || fate.kind === 'stands' || fate.kind === 'unreadable'

/** Whether nothing keeps what a point names. */
export const isBuried = (fate: Fate | undefined): boolean => fate?.kind === 'buried'

/** @throws `repository.point-buried` if nothing may be read from the point */
export async function checkNotBuried(core: Core, pointId: string, signal?: AbortSignal): Promise<void> {
  const fate = await fateOf(core, pointId, signal)
  if (fate?.kind === 'buried' || fate?.kind === 'unreadable') throw fail('repository.point-buried', { id: pointId })
}

/** What to append to a fate. Marks that are not given stay as they are. */
export type NextFate = Pick<TrashEntry, 'kind'> & Partial<Pick<TrashEntry, 'reason' | 'marks'>>

/**
 * Appends to a point's log what `decide` says about its present fate, if anything. Of several who append at once one wins, and
 * the others decide anew.
 *
 * @throws `repository.fate-unreadable` if the last entry cannot be understood: it may forbid just this
 */
export async function appendFate(
  core: Core,
  pointId: string,
  decide: (fate: Fate | undefined) => NextFate | undefined,
  signal?: AbortSignal,
): Promise<void> {
  for (let met: Fate | undefined; ;) {
    signal?.throwIfAborted()
    const listed = await fateOf(core, pointId, signal)
    const fate = (listed?.number ?? 0) < (met?.number ?? 0) ? met : listed // a list may lag behind what we ran into
    if (fate?.kind === 'unreadable')
      throw fail('repository.fate-unreadable', {
        id: pointId,
        object: trashEntryKey(pointId, fate.number),
        reason: fate.reason,
      })
    const next = decide(fate)
    if (next === undefined) return
    const number = (fate?.number ?? 0) + 1
    const { repositoryId, roles, random } = core
    const sealing = { controlKey: roles.control, random }
    const entry = { reason: '', marks: fate?.marks ?? {}, ...next, atMs: nowMs(core) }
    const bytes = encodeTrashEntry({ repositoryId, pointId, number }, entry, sealing)
    const outcome = await createOnce(core, trashEntryKey(pointId, number), bytes, sealedObjectBytesMax, {
      fromReserve: true, // forgetting must always be possible
    })
    if (outcome.kind === 'ours') return
    if (outcome.kind === 'failed') throw outcome.error as Error
    met = understood(core, outcome.bytes, pointId, number)
  }
}

/** An entry never changes: it is asked for once. */
async function readFate(core: Core, pointId: string, number: number, signal: AbortSignal | undefined): Promise<Fate> {
  const known = core.fates.get(pointId)
  if (known?.number === number) return known
  const fate = await loadFate(core, pointId, number, signal)
  if (fate.kind !== 'unreadable') core.fates.set(pointId, fate)
  return fate
}

async function loadFate(core: Core, pointId: string, number: number, signal: AbortSignal | undefined): Promise<Fate> {
  const source = await core.objects.get(trashEntryKey(pointId, number), sealedObjectBytesMax, signal)
  return understood(core, source, pointId, number)
}

function understood(
  { repositoryId, roles }: Core,
  source: Uint8Array | undefined,
  pointId: string,
  number: number,
): Fate {
  try {
    if (source === undefined) throw new FormatError('it is missing')
    return { ...decodeTrashEntry(source, { repositoryId, pointId, number }, roles.control), number }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    return { kind: 'unreadable', number, atMs: 0, reason: error.message, marks: {} }
  }
}
