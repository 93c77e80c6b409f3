import type { Plain } from '../plain.ts'
import type { PointClearance, PointProtection } from '../restore-point.ts'
import type { Fields } from './fields.ts'
import { isoTime } from './iso-time.ts'

/** What was said of a point after it was made: docs/formats/repository.md §9.1. */
export interface PointMarks {
  readonly protection?: PointProtection
  /** Take the place of the tags the point was given. */
  readonly tags?: readonly string[]
  readonly clearance?: PointClearance
}

/** `undefined` if nothing was said. */
export function encodeMarks({ protection, tags, clearance }: PointMarks): Plain | undefined {
  const marks = {
    ...(protection === undefined ? {} : { protected: encodeProtection(protection) }),
    ...(tags === undefined ? {} : { tags: [...tags] }),
    ...(clearance === undefined ? {} : { cleared: { at: Date.parse(clearance.at), reason: clearance.reason } }),
  }
  return Object.keys(marks).length === 0 ? undefined : marks
}

/** @throws FormatError */
export function decodeMarks(fields: Fields): PointMarks {
  return {
    ...(fields.has('protected') ? { protection: decodeProtection(fields.map('protected')) } : {}),
    ...(fields.has('tags') ? { tags: fields.texts('tags') } : {}),
    ...(fields.has('cleared') ? { clearance: decodeClearance(fields.map('cleared')) } : {}),
  }
}

const encodeProtection = ({ at, reason, until }: PointProtection): Plain => ({
  at: Date.parse(at),
  reason,
  ...(until === undefined ? {} : { until: Date.parse(until) }),
})

const decodeProtection = (fields: Fields): PointProtection => ({
  ...decodeClearance(fields),
  ...(fields.has('until') ? { until: isoTime(fields.count('until')) } : {}),
})

const decodeClearance = (fields: Fields): PointClearance => ({
  at: isoTime(fields.count('at')),
  reason: fields.text('reason'),
})
