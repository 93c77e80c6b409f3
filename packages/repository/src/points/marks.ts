import { type Core, nowMs } from '../core.ts'
import { fail } from '../errors.ts'
import type { PointMarks } from '../formats/point-marks.ts'
import type { PointMark } from '../repository.ts'
import type { RestorePoint } from '../restore-point.ts'
import { findPointId, readPoint } from './points.ts'
import { checkTags } from './tags.ts'
import { isProtected } from './protection.ts'
import { appendFate, isListed } from './trash.ts'
import { withMarks } from './with-fate.ts'

/**
 * Says something of a point that stands. What it says already is not said again.
 *
 * @throws `repository.point-not-found`, `repository.point-ambiguous`, `repository.point-corrupt`, `repository.fate-unreadable`,
 *   `repository.tags-invalid`, `repository.invalid-option`
 */
export async function markPoint(
  core: Core,
  idOrPrefix: string,
  mark: PointMark,
  signal?: AbortSignal,
): Promise<RestorePoint> {
  const id = await findPointId(core, idOrPrefix, isListed, signal)
  const point = await readWhole(core, id, signal)
  let marks: PointMarks = {}
  await appendFate(
    core,
    id,
    (fate) => {
      if (!isListed(fate)) throw fail('repository.point-not-found', { id }) // forgotten since it was found
      const before = fate?.marks ?? {}
      marks = changed(core, before, mark, point.tags)
      return marks === before ? undefined : { kind: 'stands', marks }
    },
    signal,
  )
  return withMarks(point, marks)
}

/** The point itself, without marks: its tags are those it was given. */
async function readWhole(core: Core, id: string, signal: AbortSignal | undefined): Promise<RestorePoint> {
  const point = await readPoint(core, id, signal)
  if (point === undefined) throw fail('repository.point-not-found', { id })
  if (point.damaged !== undefined) throw point.damaged
  return point
}

/** The marks with one more, or the very same if it says nothing new. */
function changed(core: Core, marks: PointMarks, mark: PointMark, givenTags: readonly string[]): PointMarks {
  switch (mark.kind) {
    case 'protect': {
      const { reason, until } = mark
      if (until !== undefined && !(Date.parse(until) > nowMs(core)))
        throw fail('repository.invalid-option', { option: 'until', reason: `${until} is not in the future` })
      const same = isProtected(core, marks) && marks.protection?.reason === reason && marks.protection.until === until
      const protection = { at: isoNow(core), reason, ...(until === undefined ? {} : { until }) }
      return same ? marks : { ...marks, protection }
    }
    case 'unprotect': {
      const { protection, ...rest } = marks
      return protection === undefined ? marks : rest
    }
    case 'tag': {
      const before = marks.tags ?? givenTags
      const tags = checkTags([...new Set([...before, ...mark.add])].filter((tag) => !mark.remove.includes(tag)))
      return tags.length === before.length && tags.every((tag) => before.includes(tag)) ? marks : { ...marks, tags }
    }
    case 'clear':
      return marks.clearance?.reason === mark.reason
        ? marks
        : { ...marks, clearance: { at: isoNow(core), reason: mark.reason } }
  }
}

const isoNow = (core: Core) => new Date(nowMs(core)).toISOString()
