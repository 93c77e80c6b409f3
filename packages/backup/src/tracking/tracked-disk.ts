export interface TrackedDisk {
  readonly key: number
  readonly label: string
  /** Where change tracking stands; absent: it is not active on this disk. */
  readonly changeId?: string
}

/** The disks whose tracking was not started anew: their change ids are of an epoch that was there before. */
export function goesOn(before: readonly TrackedDisk[], after: readonly TrackedDisk[]): TrackedDisk[] {
  const old = new Set(before.map(epochOf))
  return after.filter((disk) => disk.changeId !== undefined && old.has(epochOf(disk)))
}

/** Source: vadp.md §1, a change id is `uuid/sequence`. Evidence: documented. */
const epochOf = ({ changeId }: TrackedDisk) => changeId?.replace(/\/.*/, '')
