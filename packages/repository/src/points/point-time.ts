import type { RestorePoint } from '../restore-point.ts'

/**
 * When a point counts as made, for whoever decides by its age: the storage's word, for a writer's clock may be wrong or lie. Only where the
 * storage says nothing, the writer's.
 */
export const timeOfPoint = ({ storedAt, committedAt }: RestorePoint): number => Date.parse(storedAt ?? committedAt)
