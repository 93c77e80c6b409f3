import type { PointMarks } from '../formats/point-marks.ts'
import type { RestorePoint } from '../restore-point.ts'
import type { Fate } from './trash.ts'

/** A point with what its fate says of it. One whose fate cannot be understood is kept as if it were protected: it may be. */
export function withFate(point: RestorePoint, fate: Fate | undefined): RestorePoint {
  if (fate?.kind !== 'unreadable') return withMarks(point, fate?.marks ?? {})
  const reason = `the last entry of its fate cannot be understood: ${fate.reason}`
  return withMarks(point, { protection: { at: point.createdAt, reason } })
}

export const withMarks = (point: RestorePoint, { tags = point.tags, ...marks }: PointMarks): RestorePoint => ({
  ...point,
  tags,
  ...marks,
})
