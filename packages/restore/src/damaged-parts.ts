import { type Extent, joined } from '@vmkeep/disk'
import { collect } from '@vmkeep/kit'
import type { OnDamaged, Repository } from '@vmkeep/repository'
import type { PointDisk } from './choose-disks.ts'
import { fail } from './errors.ts'

/** @throws `restore.point-damaged` if parts of these disks are known to be lost */
export async function requireWhole(
  { repository, point }: { readonly repository: Repository; readonly point: { readonly id: string } },
  disks: readonly Pick<PointDisk, 'label' | 'image'>[],
  signal: AbortSignal,
): Promise<void> {
  const ranges = []
  for (const { label, image } of disks)
    for (const extent of (await repository.lostExtents(image, signal)).extents) ranges.push({ disk: label, ...extent })
  if (ranges.length > 0) throw fail('restore.point-damaged', { point: point.id, ranges })
}

/** Gathers what could not be had, when that is allowed. */
export class DamagedParts {
  readonly onDamaged: OnDamaged | undefined
  readonly #lengths = new Map<number, number>() // by offset: the same part is told again when it is compared

  constructor(isAllowed = false) {
    this.onDamaged = isAllowed
      ? ({ offsetBytes, lengthBytes }) => this.#lengths.set(offsetBytes, lengthBytes)
      : undefined
  }

  /** Ascending, joined where they touch. */
  extents(): Promise<Extent[]> {
    const parts = [...this.#lengths].map(([offsetBytes, lengthBytes]) => ({ offsetBytes, lengthBytes }))
    return collect(joined(parts.toSorted((a, b) => a.offsetBytes - b.offsetBytes)))
  }
}
