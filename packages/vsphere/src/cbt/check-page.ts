import { FormatError } from '@vmkeep/kit'
import type { DataObject } from '../types/index.ts'

/** A byte range of a disk that may have changed. */
export interface ChangedExtent {
  readonly offsetBytes: number
  readonly lengthBytes: number
}

export interface Page {
  /** The first byte behind what the page describes: where to ask next. */
  readonly endBytes: number
  readonly extents: readonly ChangedExtent[]
}

/**
 * Checks one answer of QueryChangedDiskAreas and puts it in our words. Pure.
 *
 * The page describes `[startOffset, startOffset + length)`; an empty list of areas means that nothing changed *there*, not
 * that the list has ended. Products that trusted a shorter reading of this backed up disks with holes.
 *
 * @throws FormatError saying what contradicts what
 */
export function checkPage(info: DataObject<'DiskChangeInfo'>, askedBytes: number, capacityBytes: number): Page {
  const startBytes = exact(info.startOffset, 'startOffset')
  const lengthBytes = exact(info.length, 'length')
  const endBytes = startBytes + lengthBytes
  if (startBytes !== askedBytes) refuse(`asked from byte ${askedBytes}, answered from byte ${startBytes}`)
  if (lengthBytes <= 0) refuse(`the page at byte ${startBytes} is ${lengthBytes} bytes long`)
  if (endBytes > capacityBytes) refuse(`the page ends at byte ${endBytes} of a disk of ${capacityBytes} bytes`)
  let reachedBytes = startBytes
  const extents = (info.changedArea ?? []).map(({ start, length }) => {
    const extent = { offsetBytes: exact(start, 'start'), lengthBytes: exact(length, 'length') }
    reachedBytes = checkExtent(extent, reachedBytes, endBytes)
    return extent
  })
  return { endBytes, extents }
}

/** Checks that an extent follows what was reached and stays inside the page; returns where it ends. */
function checkExtent({ offsetBytes, lengthBytes }: ChangedExtent, reachedBytes: number, pageEndBytes: number): number {
  const endBytes = offsetBytes + lengthBytes
  if (lengthBytes <= 0) refuse(`the area at byte ${offsetBytes} is ${lengthBytes} bytes long`)
  if (offsetBytes < reachedBytes) refuse(`an area begins at byte ${offsetBytes}, before byte ${reachedBytes}`)
  if (endBytes > pageEndBytes) refuse(`an area ends at byte ${endBytes}, its page at byte ${pageEndBytes}`)
  return endBytes
}

function exact(value: number | bigint, name: string): number {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : refuse(`${name} is ${value}`)
}

function refuse(problem: string): never {
  throw new FormatError(problem)
}
