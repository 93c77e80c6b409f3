import type { ByteSource } from './byte-source.ts'

/** Where a grain lies in the file, in bytes, or what else is said of it. */
export type GrainPlace = number | 'zeroes' | 'nothing'

/** Says where the grains of one table lie; they are counted from the table's first. */
export type GrainTable = (grain: number) => GrainPlace

/**
 * How one kind of sparse extent finds its grains. All kinds do it in two steps, by other numbers:
 *
 * ```
 * directory ─► table ─► grain
 * ```
 */
export interface GrainMap {
  readonly capacityBytes: number
  readonly grainBytes: number
  readonly grainsPerTable: number
  /** Whether a grain is deflated behind a marker, as in a stream, or lies there as it is. */
  readonly isCompressed: boolean
  /** `undefined`: nothing is said of any of its grains. @throws `vmdk.damaged` */
  table(source: ByteSource, index: number): Promise<GrainTable | undefined>
}
