import assert from 'node:assert/strict'

/** A byte range of a disk. */
export interface Extent {
  readonly offsetBytes: number
  readonly lengthBytes: number
}

export const endOf = (extent: Extent): number => extent.offsetBytes + extent.lengthBytes

/** The extent from `offsetBytes` up to, not including, `endBytes`. */
export const between = (offsetBytes: number, endBytes: number): Extent => ({
  offsetBytes,
  lengthBytes: endBytes - offsetBytes,
})

/** A whole disk of `capacityBytes`. */
export const whole = (capacityBytes: number): Extent => ({ offsetBytes: 0, lengthBytes: capacityBytes })

/** How many bytes the extents hold in all. */
export const totalBytes = (extents: Iterable<Extent>): number => {
  let sum = 0
  for (const extent of extents) sum += extent.lengthBytes
  return sum
}

/** `extent` grown outward to multiples of `unitBytes`, but not past `capacityBytes`. */
export function alignOutward(extent: Extent, unitBytes: number, capacityBytes: number): Extent {
  assert(unitBytes > 0)
  const offsetBytes = Math.floor(extent.offsetBytes / unitBytes) * unitBytes
  const endBytes = Math.min(Math.ceil(endOf(extent) / unitBytes) * unitBytes, capacityBytes)
  return between(offsetBytes, endBytes)
}

/** The extent both share, or `undefined`. */
export function intersection(a: Extent, b: Extent): Extent | undefined {
  const offsetBytes = Math.max(a.offsetBytes, b.offsetBytes)
  const endBytes = Math.min(endOf(a), endOf(b))
  return endBytes > offsetBytes ? between(offsetBytes, endBytes) : undefined
}

/** Cuts an extent into runs of at most `lengthBytesMax`; every cut falls on a multiple of it. */
export function* cut(extent: Extent, lengthBytesMax: number): Iterable<Extent> {
  for (let at = extent.offsetBytes; at < endOf(extent);) {
    const next = Math.min((Math.floor(at / lengthBytesMax) + 1) * lengthBytesMax, endOf(extent))
    yield between(at, next)
    at = next
  }
}
