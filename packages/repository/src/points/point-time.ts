import type { RestorePoint } from '../restore-point.ts'

/**
 * When a point counts as made, for whoever decides by its age: the storage's word, for a writer's clock may be wrong or lie. Only where the
 * storage says nothing, the writer's. A copy counts as its origin.
 */
export const timeOfPoint = ({ origin, storedAt, committedAt }: RestorePoint): number =>
  Date.parse(origin?.committedAt ?? storedAt ?? committedAt)
