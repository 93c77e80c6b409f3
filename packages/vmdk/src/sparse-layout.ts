import { bytesOf, roundUp, sectorsFor } from './sectors.ts'
import { tableEntries } from './sparse-header-format.ts'

/** 64 KiB, the grain of every VMware product. */
export const grainSectors = 128
export const grainBytes = bytesOf(grainSectors)

/** A descriptor gets at least this, as VMware's writers give it. Evidence: observed (qemu-img 7.2 does the same). */
const descriptorSectorsMin = 20

export const descriptorSectorsFor = (descriptorSizeBytes: number): number =>
  Math.max(descriptorSectorsMin, sectorsFor(descriptorSizeBytes))

const tableSectors = sectorsFor(tableEntries * 4)

/**
 * Where everything is in a monolithicSparse file, in sectors.
 *
 * ```
 * header │ descriptor │ redundant directory │ redundant tables │ directory │ tables │ grains …
 * 0        1            rgd                   rgt                gd          gt       overHead
 * ```
 */
export interface SparseLayout {
  readonly capacitySectors: number
  readonly tables: number
  readonly descriptorOffsetSectors: number
  readonly descriptorSizeSectors: number
  readonly rgdOffsetSectors: number
  readonly rgtOffsetSectors: number
  readonly gdOffsetSectors: number
  readonly gtOffsetSectors: number
  /** Where the first grain may begin: a multiple of the grain. */
  readonly overHeadSectors: number
}

export function sparseLayout(capacityBytes: number, descriptorSizeBytes: number): SparseLayout {
  const tables = Math.ceil(capacityBytes / (grainBytes * tableEntries))
  const directorySectors = sectorsFor(tables * 4)
  const descriptorOffsetSectors = 1
  const descriptorSizeSectors = descriptorSectorsFor(descriptorSizeBytes)
  const rgdOffsetSectors = descriptorOffsetSectors + descriptorSizeSectors
  const rgtOffsetSectors = rgdOffsetSectors + directorySectors
  const gdOffsetSectors = rgtOffsetSectors + tables * tableSectors
  const gtOffsetSectors = gdOffsetSectors + directorySectors
  const overHeadSectors = roundUp(gtOffsetSectors + tables * tableSectors, grainSectors)
  return {
    capacitySectors: sectorsFor(capacityBytes),
    tables,
    descriptorOffsetSectors,
    descriptorSizeSectors,
    rgdOffsetSectors,
    rgtOffsetSectors,
    gdOffsetSectors,
    gtOffsetSectors,
    overHeadSectors,
  }
}

/** A directory whose tables follow each other from `firstSector` on. */
export const directoryOf = (tables: number, firstSector: number): Uint32Array =>
  Uint32Array.from({ length: tables }, (_, index) => firstSector + index * tableSectors)

export const tableOffsetBytes = (firstSector: number, index: number): number =>
  bytesOf(firstSector + index * tableSectors)
