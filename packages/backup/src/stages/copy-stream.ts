import type { ImageWriter } from '@vmkeep/repository'

/**
 * Hands a stream's bytes to an image, in order, through the image's own buffers. Memory is one lease and one piece.
 *
 * @param pieces as many bytes as the image holds: what is missing reads as zeroes, more is an error of the image
 * @param onRead told after each lease how many bytes have come
 */
export async function copyStream(
  pieces: AsyncIterable<Uint8Array>,
  image: Pick<ImageWriter, 'capacityBytes' | 'leaseBytesMax' | 'lease' | 'release' | 'write'>,
  onRead: (readBytes: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  let [offsetBytes, filledBytes] = [0, 0]
  let lease: Uint8Array | undefined
  const flush = async () => {
    if (lease === undefined || filledBytes === 0) return
    const whole = lease.subarray(0, filledBytes)
    lease = undefined // it is the image's now, also if that fails
    await image.write(offsetBytes, whole)
    offsetBytes += filledBytes
    filledBytes = 0
    onRead(offsetBytes)
  }
  const space = () => image.lease(Math.min(image.leaseBytesMax, image.capacityBytes - offsetBytes), signal)
  try {
    for await (const piece of pieces)
      for (let from = 0; from < piece.length;) {
        lease ??= await space()
        const part = piece.subarray(from, from + lease.length - filledBytes)
        lease.set(part, filledBytes)
        filledBytes += part.length
        from += part.length
        if (filledBytes === lease.length) await flush()
      }
    await flush()
  } finally {
    if (lease !== undefined) image.release(lease)
  }
}
