import { isZero } from '@vmkeep/disk'
import { PassingStream } from '@vmkeep/vmdk'
import type { OpenDisk } from '../storage/model.ts'

/** Writes a stream-optimized VMDK to a disk as it arrives. @throws `vmdk.*` for what is none; `lab.*` */
export async function receiveDisk(
  pieces: AsyncIterable<Uint8Array>,
  disk: OpenDisk,
  { name, cutAtBytes = Infinity }: { readonly name: string; readonly cutAtBytes?: number | undefined },
): Promise<'whole' | 'cut' | 'other-size'> {
  await using stream = await PassingStream.open(pieces, name)
  if (stream.capacityBytes !== disk.capacityBytes) return 'other-size'
  for await (const { offsetBytes, bytes } of stream.grains()) {
    if (offsetBytes >= cutAtBytes) return 'cut'
    if (!isZero(bytes)) await disk.write(offsetBytes, bytes)
  }
  return cutAtBytes < Infinity ? 'cut' : 'whole'
}
