import { errorToData } from '@vmkeep/kit'
import type { SyncedPoint, SyncOptions } from '../repository.ts'
import type { CopiedPoint } from './copy-anew.ts'
import type { KnownOrDamaged, KnownPoint } from './known-points.ts'

/** What two repositories know before anything is copied. */
export interface Survey {
  readonly source: readonly KnownOrDamaged[]
  readonly target: readonly KnownOrDamaged[]
}

/** What is to become of each chosen point of the source, ascending: `pending` means that it is to be copied. */
export function planSync(survey: Survey, { points, again = false }: SyncOptions): SyncedPoint[] {
  const copies = copiesIn(survey)
  return survey.source.flatMap((point): SyncedPoint[] => {
    if (point.state !== 'listed' || points?.includes(point.id) === false) return []
    if (point.damaged === undefined && point.isErased) return [] // nothing is left to be copied
    const about = { point: point.id, createdAt: point.createdAt, bytes: 0 }
    if (point.damaged !== undefined) return [{ ...about, outcome: 'damaged', error: errorToData(point.damaged) }]
    const states = copies.get(point.identity)?.map(({ state }) => state) ?? []
    const outcome = states.includes('listed') ? 'there' : states.length > 0 && !again ? 'forgotten' : 'pending'
    return [{ ...about, subject: point.subject, outcome }]
  })
}

/** Points of the target that another may be compared with. */
export const standingIn = ({ target }: Survey): KnownPoint[] =>
  wholeOf(target).filter(({ state }) => state === 'listed')

/** Points of the source that can be read still, and of which the target has a copy. */
export function copiedIn(survey: Survey): CopiedPoint[] {
  const copies = copiesIn(survey)
  return wholeOf(survey.source).flatMap((point) => {
    const copy = copies.get(point.identity)?.find(({ state }) => state === 'listed')
    return copy === undefined ? [] : [{ ...point, copy }]
  })
}

/** The points of the target by what they have in common with their origins and all other copies. */
const copiesIn = ({ target }: Survey): Map<string, KnownPoint[]> =>
  Map.groupBy(wholeOf(target), ({ identity }) => identity)

export const wholeOf = (points: readonly KnownOrDamaged[]): KnownPoint[] =>
  points.flatMap((point) => (point.damaged === undefined ? [point] : []))
