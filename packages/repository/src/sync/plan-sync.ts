import { errorToData } from '@vmkeep/kit'
import type { Core } from '../core.ts'
import type { SyncedPoint, SyncOptions } from '../repository.ts'
import type { RestorePoint } from '../restore-point.ts'
import type { CopiedPoint } from './copy-anew.ts'
import { identityOf, type KnownPoint } from './known-points.ts'

/** What two repositories know before anything is copied. */
export interface Survey {
  readonly from: Core
  readonly to: Core
  readonly source: readonly KnownPoint[]
  readonly target: readonly KnownPoint[]
}

/** What is to become of each chosen point of the source, ascending: `pending` means that it is to be copied. */
export function planSync(survey: Survey, { points, again = false }: SyncOptions): SyncedPoint[] {
  const copies = copiesIn(survey)
  return survey.source.flatMap(({ point, state }): SyncedPoint[] => {
    if (state !== 'listed' || points?.includes(point.id) === false) return []
    if (point.damaged === undefined && point.erasedAt !== undefined) return [] // nothing is left to be copied
    const about = { point: point.id, createdAt: point.createdAt, bytes: 0 }
    if (point.damaged !== undefined) return [{ ...about, outcome: 'damaged', error: errorToData(point.damaged) }]
    const states = copies.get(identityOf(survey.from, point))?.map((copy) => copy.state) ?? []
    const outcome = states.includes('listed') ? 'there' : states.length > 0 && !again ? 'forgotten' : 'pending'
    return [{ ...about, subject: point.subject, outcome }]
  })
}

/** Points of the target that another may be compared with. */
export const standingIn = ({ target }: Survey): RestorePoint[] =>
  target.flatMap(({ point, state }) => (state === 'listed' && point.damaged === undefined ? [point] : []))

/** Points of the source that can be read still, and of which the target has a copy. */
export function copiedIn(survey: Survey): CopiedPoint[] {
  const copies = copiesIn(survey)
  return survey.source.flatMap(({ point, state }) => {
    if (state === 'gone' || point.damaged !== undefined) return []
    const found = copies.get(identityOf(survey.from, point))?.find((copy) => copy.state === 'listed')
    return found === undefined ? [] : [{ ...point, copy: found.point }]
  })
}

/** The points of the target by what they have in common with their origins and all other copies. */
function copiesIn({ to, target }: Survey): Map<string, (KnownPoint & { readonly point: RestorePoint })[]> {
  const whole = target.flatMap(({ point, state }) => (point.damaged === undefined ? [{ point, state }] : []))
  return Map.groupBy(whole, ({ point }) => identityOf(to, point))
}
