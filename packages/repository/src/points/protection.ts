import { type Core, nowMs } from '../core.ts'
import { fail } from '../errors.ts'
import type { PointMarks } from '../formats/point-marks.ts'

/** Whether a protection holds now. One that has run out is none. */
export const isProtected = (core: Core, { protection }: PointMarks): boolean =>
  protection !== undefined && (protection.until === undefined || Date.parse(protection.until) > nowMs(core))

/** @throws `repository.point-protected` */
export function checkNotProtected(core: Core, id: string, marks: PointMarks = {}): void {
  if (isProtected(core, marks)) throw fail('repository.point-protected', { id, ...marks.protection! })
}
