import type { RetentionPoint } from './point.ts'

const dayMs = 24 * 3_600_000
/** Clocks of machines that are well kept differ by less. */
const toleranceMs = 10 * 60_000

export type TimeDoubt =
  | { readonly kind: 'of-the-future'; readonly timeMs: number }
  | { readonly kind: 'clocks-disagree'; readonly timeMs: number; readonly writerTimeMs: number }

/**
 * Why a point's time cannot be believed, if so. Such a point is kept and takes no part in the rules. Otherwise a storage whose clock was ahead for a
 * day, a writer that lies, or a repository that was copied without its files' times would have the rules remove the wrong points.
 */
export function doubtOfTime({ timeMs, writerTimeMs = timeMs }: RetentionPoint, nowMs: number): TimeDoubt | undefined {
  if (timeMs > nowMs + toleranceMs) return { kind: 'of-the-future', timeMs }
  if (Math.abs(timeMs - writerTimeMs) > dayMs) return { kind: 'clocks-disagree', timeMs, writerTimeMs }
  return undefined
}

export const isTimeKnown = (point: RetentionPoint, nowMs: number): boolean => doubtOfTime(point, nowMs) === undefined
