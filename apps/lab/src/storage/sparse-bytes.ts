import { createHash } from 'node:crypto'
import { aligned, cut, type DiskReader, isZero, whole } from '@vmkeep/disk'
import type { DatastoreWriter, SparseBytes } from './model.ts'
import { pageSizeBytes } from './page-file.ts'

/** Tells contents apart, whatever their holes: the same for a disk and for a copy of it that has zeroes where that has nothing. */
export async function contentDigest(bytes: SparseBytes): Promise<string> {
  const hash = createHash('sha256').update(`${bytes.sizeBytes}\n`)
  for await (const { offsetBytes, page } of dataPages(bytes)) hash.update(`${offsetBytes}\n`).update(page)
  return hash.digest('hex')
}

/** Writes all of it to a fresh file; holes stay holes. @throws `lab.no-space` */
export async function copyInto(file: DatastoreWriter, bytes: SparseBytes): Promise<void> {
  for await (const { offsetBytes, page } of dataPages(bytes)) file.write(offsetBytes, page)
  file.extendTo(bytes.sizeBytes)
}

/** A disk's bytes as those of a file. */
export const bytesOfDisk = (disk: DiskReader): SparseBytes => ({
  sizeBytes: disk.capacityBytes,
  read: (offsetBytes, target, signal) => disk.read(offsetBytes, target, signal),
  allocated: (within, signal) => disk.allocated(within, signal),
})

/** Pages that hold something other than zeroes, ascending. */
async function* dataPages(bytes: SparseBytes): AsyncIterable<{ offsetBytes: number; page: Uint8Array }> {
  const { sizeBytes } = bytes
  for await (const extent of aligned(bytes.allocated(whole(sizeBytes)), pageSizeBytes, sizeBytes))
    for (const { offsetBytes, lengthBytes } of cut(extent, pageSizeBytes)) {
      const page = new Uint8Array(lengthBytes)
      await bytes.read(offsetBytes, page)
      if (!isZero(page)) yield { offsetBytes, page }
    }
}
