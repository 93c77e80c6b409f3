import { FormatError } from '@vmkeep/kit'
import { decodePackRow, encodePackRow, type PackRow, packRowBytes } from './delta.ts'
import {
  blockBytes,
  blockRoomBytes,
  encodeBlocked,
  type IndexFooter,
  indexKind,
  type IndexObjectIdentity,
  sealBlock,
} from './index-blocks.ts'

// docs/formats/repository.md §6.1: the packs that the entries of a run's segments count.

const rowBytes = packRowBytes + 4
const rowsPerBlock = Math.floor(blockRoomBytes / rowBytes)
export const packTableRowsMax = 2 ** 16
export const packTableBytesMax = (Math.ceil(packTableRowsMax / rowsPerBlock) + 2) * blockBytes

/** A pack, and when the session began that named it first: whole seconds since 1970. */
export interface DatedPackRow extends PackRow {
  readonly since: number
}

export function encodePackRows(
  identity: IndexObjectIdentity,
  rows: readonly DatedPackRow[],
  indexKey: Uint8Array,
): Uint8Array[] {
  const itemBlocks = Math.ceil(rows.length / rowsPerBlock)
  const items = new Uint8Array(itemBlocks * blockBytes)
  const view = new DataView(items.buffer)
  rows.forEach(({ since, ...row }, i) => {
    items.set(encodePackRow(row), rowAt(i))
    view.setUint32(rowAt(i) + packRowBytes, since, true)
  })
  for (let at = 0; at < items.length; at += blockBytes) sealBlock(items.subarray(at, at + blockBytes))
  const counts = { items: rows.length, itemBlocks, filterBlocks: 0, fenceBlocks: 0 }
  return encodeBlocked(indexKind.packTable, identity, [items], counts, indexKey)
}

/** @throws FormatError if the sections are not those of so many rows */
export function checkPackRowsFooter({ items, itemBlocks, filterBlocks, fenceBlocks }: IndexFooter): void {
  const fits = items <= packTableRowsMax && itemBlocks === Math.ceil(items / rowsPerBlock)
  if (!fits || filterBlocks + fenceBlocks !== 0) throw new FormatError(`its sections are not those of ${items} rows`)
}

/** The rows of a table whose blocks were checked. @throws FormatError if one is impossible */
export function* decodePackRows(source: Uint8Array, rows: number): Iterable<DatedPackRow> {
  const view = new DataView(source.buffer, source.byteOffset, source.byteLength)
  for (let i = 0; i < rows; i++) {
    const at = blockBytes + rowAt(i)
    yield { ...decodePackRow(source.subarray(at)), since: view.getUint32(at + packRowBytes, true) }
  }
}

const rowAt = (row: number) => Math.floor(row / rowsPerBlock) * blockBytes + (row % rowsPerBlock) * rowBytes
