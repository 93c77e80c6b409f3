import type { Config } from './config/schema.ts'

const MiB = 2 ** 20

// Measured at the peak of backups from the lab with 1 to 64 disks at once and 1 to 16 threads, Node 24 on Linux x64.
const programBytes = 120 * MiB
const threadBytes = 40 * MiB
const diskBytes = 4 * MiB

/** What the repository may take for its buffers: half of `memoryMiB`. No disk, however large, and no number of disks makes it more. */
export function bufferBytesOf({ memoryMiB }: Config['limits']): number {
  return (memoryMiB / 2) * MiB // no shift: that ends at 2 GiB
}

/** What a backup takes at its peak, about: its buffers, and what no setting bounds. With one ESXi host; each further one reads as many disks. */
export function wantedBytesOf(limits: Config['limits'], cores: number): number {
  return bufferBytesOf(limits) + programBytes + cores * threadBytes + limits.disksPerHost * diskBytes
}
