import type { DiskReader } from '@vmkeep/disk'
import { FormatError, type Struct } from '@vmkeep/kit'
import { fail } from './errors.ts'

/** Reads bytes of a device or volume. Asks whether they are there before it makes room for them. @throws FormatError */
export async function readBytes(disk: DiskReader, offsetBytes: number, sizeBytes: number): Promise<Uint8Array> {
  if (!(offsetBytes >= 0 && offsetBytes + sizeBytes <= disk.capacityBytes))
    throw new FormatError(`${sizeBytes} bytes at ${offsetBytes}, where there are ${disk.capacityBytes}`)
  const bytes = new Uint8Array(sizeBytes)
  await disk.read(offsetBytes, bytes)
  return bytes
}

export async function readRecord<T>(disk: DiskReader, offsetBytes: number, record: Struct<T>): Promise<T> {
  return record.decode(await readBytes(disk, offsetBytes, record.sizeBytes))
}

/** Codecs say what is wrong; here it is said where. @throws `vmfs.damaged` instead of FormatError */
export async function explained<T>(place: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof FormatError) throw fail('vmfs.damaged', { place, fact: error.message }, error)
    throw error
  }
}
