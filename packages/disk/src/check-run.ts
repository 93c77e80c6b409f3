import { fail } from './errors.ts'

/** @throws `disk.out-of-range` unless the run lies inside a disk of `capacityBytes` */
export function checkRun(disk: string, capacityBytes: number, offsetBytes: number, lengthBytes: number): void {
  if (!Number.isSafeInteger(offsetBytes) || offsetBytes < 0 || offsetBytes + lengthBytes > capacityBytes)
    throw fail('disk.out-of-range', { disk, offsetBytes, lengthBytes, capacityBytes })
}
