import { roundUp, sectorSizeBytes, sectorsFor } from '../sectors.ts'
import {
  seSparseGrainSectors,
  SeSparseHeader,
  seSparseTableEntries,
  SeSparseVolatileHeader,
} from '../sesparse-header-format.ts'
import type { NewDelta } from './make-delta.ts'

const grainBytes = seSparseGrainSectors * sectorSizeBytes
const tableBytes = seSparseTableEntries * 8

/** headers │ journal │ directory │ tables │ bitmap │ back map │ grains of 4 KiB */
export function seSparseBytes({ capacityBytes, runs, zeroes = [] }: NewDelta): Buffer {
  const tables = Math.ceil(capacityBytes / (grainBytes * seSparseTableEntries))
  const grains = runs.flatMap(({ bytes }) =>
    Array.from({ length: bytes.length / grainBytes }, (_, i) => bytes.subarray(i * grainBytes, (i + 1) * grainBytes)),
  )
  const { header, sizeSectors } = layOut({ capacityBytes, tables, grains: grains.length })
  const file = Buffer.alloc(sizeSectors * sectorSizeBytes)
  file.set(SeSparseHeader.encode(header))
  const volatile = { freeTableNumber: BigInt(tables), nextTransaction: 1n, replayJournal: 0n }
  file.set(SeSparseVolatileHeader.encode(volatile), header.volatileHeaderOffsetSectors * sectorSizeBytes)
  let tableNumber = 0
  for (const [table, values] of tablesOf(runs, zeroes)) {
    const entryAt = header.directoryOffsetSectors * sectorSizeBytes + table * 8
    file.writeBigUInt64LE((0x1n << 60n) | BigInt(tableNumber), entryAt)
    file.set(values, header.tablesOffsetSectors * sectorSizeBytes + tableNumber++ * tableBytes)
  }
  grains.forEach((grain, i) => file.set(grain, header.grainsOffsetSectors * sectorSizeBytes + i * grainBytes))
  return file
}

/** Grains are numbered as they come; the last twelve bits of a number stand in front. */
function tablesOf(runs: NewDelta['runs'], zeroes: NonNullable<NewDelta['zeroes']>): Map<number, Buffer> {
  const tables = new Map<number, Buffer>()
  const set = (offsetBytes: number, value: bigint) => {
    const grain = offsetBytes / grainBytes
    const index = Math.floor(grain / seSparseTableEntries)
    const table = tables.get(index) ?? Buffer.alloc(tableBytes)
    tables.set(index, table)
    table.writeBigUInt64LE(value, (grain % seSparseTableEntries) * 8)
  }
  for (const { offsetBytes, lengthBytes, unmapped = false } of zeroes)
    for (let at = 0; at < lengthBytes; at += grainBytes) set(offsetBytes + at, unmapped ? 0x1n << 60n : 0x2n << 60n)
  let number = 0n
  for (const { offsetBytes, bytes } of runs)
    for (let at = 0; at < bytes.length; at += grainBytes, number++)
      set(offsetBytes + at, (0x3n << 60n) | ((number & 0xfffn) << 48n) | (number >> 12n))
  return tables
}

function layOut({ capacityBytes, tables, grains }: { capacityBytes: number; tables: number; grains: number }) {
  const sizes = {
    volatileHeader: 1,
    journalHeader: 2,
    journal: 2048,
    directory: sectorsFor(roundUp(tables * 8, sectorSizeBytes)),
    tables: (tables * tableBytes) / sectorSizeBytes,
    freeBitmap: sectorsFor(Math.ceil((tables * seSparseTableEntries) / 8)),
    backMap: tables * 64,
    grains: grains * seSparseGrainSectors,
  }
  let nextSector = 1
  const placed = Object.entries(sizes).flatMap(([name, sizeSectors]) => {
    const offsetSectors = nextSector
    nextSector += sizeSectors
    return [
      [`${name}OffsetSectors`, offsetSectors],
      [`${name}SizeSectors`, sizeSectors],
    ]
  })
  const header = {
    version: 0x2_0000_0001n,
    capacitySectors: capacityBytes / sectorSizeBytes,
    grainSectors: seSparseGrainSectors,
    tableSectors: 64,
    flags: 0n,
    ...(Object.fromEntries(placed) as Record<`${keyof typeof sizes}${'Offset' | 'Size'}Sectors`, number>),
  }
  return { header, sizeSectors: nextSector }
}
