/** A byte range of a disk. The same shape as in packages/disk, which this package does not know. */
export interface Extent {
  readonly offsetBytes: number
  readonly lengthBytes: number
}

/** Cuts an extent into pieces of at most `lengthBytesMax`. */
export function* pieces({ offsetBytes, lengthBytes }: Extent, lengthBytesMax: number): Iterable<Extent> {
  for (let done = 0; done < lengthBytes; done += lengthBytesMax)
    yield { offsetBytes: offsetBytes + done, lengthBytes: Math.min(lengthBytesMax, lengthBytes - done) }
}

/** `extent` grown outward to multiples of `unitBytes`. */
export function grownTo(unitBytes: number, { offsetBytes, lengthBytes }: Extent): Extent {
  const start = Math.floor(offsetBytes / unitBytes) * unitBytes
  return { offsetBytes: start, lengthBytes: Math.ceil((offsetBytes + lengthBytes) / unitBytes) * unitBytes - start }
}
