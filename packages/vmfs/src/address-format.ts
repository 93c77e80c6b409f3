// Addresses: 32 bits in VMFS 5, 64 in VMFS 6. The lowest three bits are the kind. docs/formats/vmfs.md §4.
// Source: the documentation in dissect.vmfs 3.13 (address.py); for large blocks also Debian's vmfs6-tools 0.2.1.
// Evidence: observed on volumes that ESXi 8 made, but large blocks and the to-be-zeroed bits: those are documented only.
import { FormatError } from '@vmkeep/kit'
import type { Geometry } from './fs-header-format.ts'
import type { ResourcePlace } from './resource-format.ts'

/** The system files that hold resources by address. */
export type ResourceKind = 'sub-block' | 'pointer-block' | 'pointer-block-2'

/** Where an address leads: nowhere, to a block of the volume, or into a resource file. */
export type Target =
  | { readonly kind: 'hole' }
  | {
      readonly kind: 'block'
      readonly volumeOffsetBytes: number
      readonly blockBytes: number
      readonly isZero: boolean
    }
  | ({ readonly kind: ResourceKind } & ResourcePlace)

const hole: Target = { kind: 'hole' }

/** The root directory's file descriptor; system files follow it. */
export const rootAddress = 0x4
export const systemFiles = { fbb: 1, fdc: 2, pbc: 3, sbc: 4, vh: 5, pb2: 6, sdd: 7, jbc: 8 } as const
export const systemAddress = (number: number): number => (number << 22) | 0x4

export function descriptorPlace(address: number): ResourcePlace {
  if ((address & 7) !== 4) throw new FormatError(`0x${address.toString(16)} is not the address of a file descriptor`)
  return { cluster: (address >>> 6) & 0xffff, resource: address >>> 22 }
}

/** One address of a table. `granularityBytes`: the finest part of a block that may be marked as to be zeroed by itself. */
export function readAddress(table: Uint8Array, index: number, geometry: Geometry, granularityBytes: number): Target {
  const at = index * geometry.addressBytes
  if (at + geometry.addressBytes > table.length) throw new FormatError(`address ${index} beyond its table`)
  const view = new DataView(table.buffer, table.byteOffset + at, geometry.addressBytes)
  const low = view.getUint32(0, true)
  return geometry.addressBytes === 4
    ? target5(low, geometry)
    : target6(low, view.getUint32(4, true), geometry, granularityBytes)
}

function target5(address: number, { fileBlockBytes, isDense }: Geometry): Target {
  if (address === 0) return hole
  const place = { cluster: (address >>> 6) & 0x3f_ffff, resource: address >>> 28 }
  const kind = address & 7
  if (kind === 1) {
    if ((address & 0x18) !== 0) throw unknown(address, 'flags')
    const volumeOffsetBytes = (address >>> 6) * fileBlockBytes
    return { kind: 'block', volumeOffsetBytes, blockBytes: fileBlockBytes, isZero: (address & 0x20) !== 0 }
  }
  if ((address & 0x20) !== 0) throw unknown(address, 'copy on write')
  if (kind === 2 && isDense) return { kind: 'sub-block', ...place, resource: place.resource | ((address & 0x18) << 1) }
  if ((address & 0x18) !== 0) throw unknown(address, 'flags')
  return { kind: kindOf(kind, address), ...place }
}

function target6(low: number, high: number, geometry: Geometry, granularityBytes: number): Target {
  if (low === 0 && high === 0) return hole
  // Bit 5 is "to be zeroed" to vmfs6-tools and "copy on write" to dissect: whatever it is, the bytes are not simply there.
  if ((low & 0x38) !== 0) throw unknown(low, 'flags')
  const kind = low & 7
  if (kind === 1 || kind === 7) return block6(low, high, geometry, granularityBytes)
  if ((high & 0x00ff_fc00) !== 0) throw unknown(low, 'unknown bits')
  const cluster = (low >>> 6) + (high & 0x3ff) * 2 ** 26
  return { kind: kindOf(kind, low), cluster, resource: high >>> 24 }
}

function block6(low: number, high: number, geometry: Geometry, granularityBytes: number): Target {
  const { fileBlockBytes, largeBlockBytes, smallBlocksPerCluster } = geometry
  const isLarge = (low & 7) === 7
  if ((low & 0x40) !== 0) throw unknown(low, 'flags')
  const number = (low >>> 15) + (high & 0x3fff) * 2 ** 17
  const resource = high >>> 19
  if (((high >>> 14) & 0x1f) !== 0 || (isLarge && resource !== 0)) throw unknown(low, 'unknown bits')
  const blockBytes = isLarge ? largeBlockBytes : fileBlockBytes
  const isZero = toBeZeroed((low >>> 7) & 0xff, blockBytes, granularityBytes)
  if (isLarge) return { kind: 'block', volumeOffsetBytes: number * blockBytes, blockBytes, isZero }
  if (resource >= smallBlocksPerCluster) throw unknown(low, 'a block beyond its cluster')
  const volumeOffsetBytes = (number * smallBlocksPerCluster + resource) * fileBlockBytes
  return { kind: 'block', volumeOffsetBytes, blockBytes, isZero }
}

/**
 * Eight bits say what of a block is still to be zeroed. All of them, or any of them where no part of a block can be marked by itself:
 * the block reads as zeroes. Some of them on a block of several parts: nobody has told which is which, and a guess would be a wrong disk.
 */
function toBeZeroed(bits: number, blockBytes: number, granularityBytes: number): boolean {
  if (bits === 0) return false
  if (bits === 0xff || granularityBytes >= blockBytes) return true
  throw new FormatError(`a block of ${blockBytes} bytes that is in part to be zeroed (0x${bits.toString(16)})`)
}

function kindOf(kind: number, address: number): ResourceKind {
  if (kind === 2) return 'sub-block'
  if (kind === 3) return 'pointer-block'
  if (kind === 5) return 'pointer-block-2'
  throw unknown(address, `kind ${kind}`)
}

const unknown = (address: number, what: string) =>
  new FormatError(`an address with ${what} (0x${address.toString(16)})`)
