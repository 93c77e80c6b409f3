import { type DiskReader, whole } from '@vmkeep/disk'

const stepBytes = 4 * 1024 * 1024

/** Whether two disks hold the same bytes. What both call unallocated is zero by contract and is not looked at. */
export async function disksEqual(a: DiskReader, b: DiskReader): Promise<boolean> {
  if (a.capacityBytes !== b.capacityBytes) return false
  const [left, right] = [Buffer.alloc(stepBytes), Buffer.alloc(stepBytes)]
  for (const disk of [a, b])
    for await (const { offsetBytes, lengthBytes } of disk.allocated(whole(disk.capacityBytes)))
      for (let at = offsetBytes; at < offsetBytes + lengthBytes; at += stepBytes) {
        const length = Math.min(stepBytes, offsetBytes + lengthBytes - at)
        await Promise.all([a.read(at, left.subarray(0, length)), b.read(at, right.subarray(0, length))])
        if (left.compare(right, 0, length, 0, length) !== 0) return false
      }
  return true
}
