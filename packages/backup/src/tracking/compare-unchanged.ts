import { differences, type DifferencesOptions, type DiskReader, type Extent } from '@vmkeep/disk'

/** More would tell nobody more. */
const differencesMax = 1000

export interface Comparison {
  readonly checkedBytes: number
  /** Where the disk is not what the last restore point holds, ascending; the first thousand. */
  readonly differing: readonly Extent[]
}

/** Compares parts of a disk that change tracking calls unchanged with the image of the last restore point. */
export async function compareUnchanged(
  extents: AsyncIterable<Extent>,
  disk: DiskReader,
  image: DiskReader,
  { onCompared, signal }: DifferencesOptions,
): Promise<Comparison> {
  const differing: Extent[] = []
  let checkedBytes = 0
  const count = (bytes: number) => {
    checkedBytes = bytes
    onCompared?.(bytes)
  }
  for await (const page of differences(extents, disk, image, { onCompared: count, signal })) {
    differing.push(page)
    if (differing.length >= differencesMax) break
  }
  return { checkedBytes, differing }
}
