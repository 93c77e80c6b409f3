import { cut, type DiskReader, type Extent } from '@vmkeep/disk'

const runBytes = 2 * 1024 * 1024
/** What a difference is told in: the coarsest block that change tracking of any version reports is a multiple of it. */
const pageBytes = 64 * 1024
/** More would tell nobody more. */
const differencesMax = 1000

export interface Comparison {
  readonly checkedBytes: number
  /** Where the disk is not what the last restore point holds, ascending; the first thousand. */
  readonly differing: readonly Extent[]
}

/** Compares parts of a disk that change tracking calls unchanged with the image of the last restore point. Two buffers of 2 MiB. */
export async function compareUnchanged(
  extents: AsyncIterable<Extent>,
  disk: DiskReader,
  image: DiskReader,
  { onCompared, signal }: { readonly onCompared?: (bytes: number) => void; readonly signal?: AbortSignal | undefined },
): Promise<Comparison> {
  const [now, then] = [new Uint8Array(runBytes), new Uint8Array(runBytes)]
  const differing: Extent[] = []
  let checkedBytes = 0
  for await (const extent of extents)
    for (const run of cut(extent, runBytes)) {
      const [a, b] = [now.subarray(0, run.lengthBytes), then.subarray(0, run.lengthBytes)]
      await Promise.all([disk.read(run.offsetBytes, a, signal), image.read(run.offsetBytes, b, signal)])
      checkedBytes += run.lengthBytes
      onCompared?.(checkedBytes)
      if (Buffer.compare(a, b) === 0) continue
      for (const page of cut(run, pageBytes)) {
        const at = page.offsetBytes - run.offsetBytes
        const [pageNow, pageThen] = [a, b].map((bytes) => bytes.subarray(at, at + page.lengthBytes))
        if (Buffer.compare(pageNow!, pageThen!) !== 0) differing.push(page)
      }
      if (differing.length >= differencesMax) return { checkedBytes, differing: differing.slice(0, differencesMax) }
    }
  return { checkedBytes, differing }
}
