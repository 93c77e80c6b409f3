import type { VmPoint } from '@vmkeep/run'
import { fail } from './errors.ts'

export type PointDisk = VmPoint['disks'][number]

/** The point's disks that were asked for, by label, address or key; all if none were. @throws `restore.no-such-disk` */
export function chooseDisks(point: VmPoint, asked: readonly string[]): PointDisk[] {
  if (asked.length === 0) return [...point.disks]
  const named = (disk: PointDisk, text: string) => [disk.label, disk.address, String(disk.key)].includes(text)
  for (const text of asked)
    if (!point.disks.some((disk) => named(disk, text))) {
      const disks = point.disks.map(({ label, address }) => `"${label}" (${address})`).join(', ')
      throw fail('restore.no-such-disk', { point: point.id, disk: text, disks })
    }
  return point.disks.filter((disk) => asked.some((text) => named(disk, text)))
}
