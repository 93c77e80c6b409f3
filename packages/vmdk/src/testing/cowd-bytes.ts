import { CowdHeader, cowdTableEntries } from '../cowd-header-format.ts'
import { sectorSizeBytes, sectorsFor } from '../sectors.ts'
import { encodeEntries } from '../sparse-header-format.ts'
import type { NewDelta } from './make-delta.ts'

/** header │ directory │ tables │ grains of one sector */
export function cowdBytes({ capacityBytes, runs }: NewDelta): Buffer {
  const coverageBytes = cowdTableEntries * sectorSizeBytes
  const tables = Math.ceil(capacityBytes / coverageBytes)
  const entries = new Map<number, Uint32Array>()
  const grains: Uint8Array[] = []
  const grainsAt = 4 + sectorsFor(tables * 4) + (tables * cowdTableEntries * 4) / sectorSizeBytes
  for (const { offsetBytes, bytes } of runs)
    for (let at = 0; at < bytes.length; at += sectorSizeBytes) {
      const grain = (offsetBytes + at) / sectorSizeBytes
      const table = Math.floor(grain / cowdTableEntries)
      if (!entries.has(table)) entries.set(table, new Uint32Array(cowdTableEntries))
      entries.get(table)![grain % cowdTableEntries] =
        grainsAt + grains.push(bytes.subarray(at, at + sectorSizeBytes)) - 1
    }
  const directory = new Uint32Array(tables)
  const tablesAt = 4 + sectorsFor(tables * 4)
  const file = Buffer.alloc((grainsAt + grains.length) * sectorSizeBytes)
  for (const [table, values] of entries) {
    directory[table] = tablesAt + (table * cowdTableEntries * 4) / sectorSizeBytes
    file.set(encodeEntries(values), directory[table] * sectorSizeBytes)
  }
  file.set(
    CowdHeader.encode({
      version: 1,
      flags: 3,
      capacitySectors: capacityBytes / sectorSizeBytes,
      grainSectors: 1,
      gdOffsetSectors: 4,
      gdEntries: tables,
      freeSector: grainsAt + grains.length,
    }),
  )
  file.set(encodeEntries(directory), 4 * sectorSizeBytes)
  grains.forEach((grain, i) => file.set(grain, (grainsAt + i) * sectorSizeBytes))
  return file
}
