import type { StoredImage } from '../restore-point.ts'
import type { PointMaps } from './known-points.ts'

/** An image that another may be told as a difference from, and its point. */
export interface Base<Point extends PointMaps = PointMaps> {
  readonly point: Point
  readonly image: StoredImage
}

/**
 * What to compare an image with: the same image of the nearest point before, or else of the first one after. Chunks of another
 * size have nothing in common with it.
 */
export function chooseBase<Point extends PointMaps>(
  candidates: readonly Point[],
  point: PointMaps,
  imageKey: string,
): Base<Point> | undefined {
  const { chunkSizeBytes } = point.images.find(({ key }) => key === imageKey)!.image
  const bases = candidates.flatMap((candidate) =>
    candidate.subject.id !== point.subject.id || candidate.domain !== point.domain
      ? []
      : candidate.images.flatMap(({ key, image }) =>
          key === imageKey && image.chunkSizeBytes === chunkSizeBytes ? [{ point: candidate, image }] : [],
        ),
  )
  const byTime = bases.toSorted((a, b) => (a.point.id < b.point.id ? -1 : 1))
  return byTime.findLast((base) => base.point.createdAt <= point.createdAt) ?? byTime[0]
}
