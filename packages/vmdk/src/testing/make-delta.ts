// Makes the deltas of hosts, which nothing but a host writes: for tests only, as small as the format allows.
import { writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { encodeDescriptor } from '../descriptor-bytes.ts'
import { sectorSizeBytes } from '../sectors.ts'
import { cowdBytes } from './cowd-bytes.ts'
import { seSparseBytes } from './sesparse-bytes.ts'

export interface NewDelta {
  readonly kind: 'vmfsSparse' | 'seSparse'
  readonly capacityBytes: number
  /** Whole grains: sectors for vmfsSparse, 4 KiB for seSparse. */
  readonly runs: readonly { readonly offsetBytes: number; readonly bytes: Uint8Array }[]
  /** seSparse only: runs that are zeroes whatever the parent holds. */
  readonly zeroes?: readonly {
    readonly offsetBytes: number
    readonly lengthBytes: number
    readonly unmapped?: boolean
  }[]
  readonly cid?: number
  /** By full name: `ddb.uuid`. */
  readonly ddb?: Readonly<Record<string, string>>
  readonly parent: { readonly cid: number; readonly hint: string }
}

/** Writes the descriptor `path` and the extent beside it. Returns the extent's path. */
export async function makeDelta(path: string, delta: NewDelta): Promise<string> {
  const isSe = delta.kind === 'seSparse'
  const extent = join(dirname(path), basename(path).replace(/\.vmdk$/, isSe ? '-sesparse.vmdk' : '-delta.vmdk'))
  const descriptor = encodeDescriptor({
    version: 1,
    cid: delta.cid ?? 0x1234_abcd,
    parentCid: delta.parent.cid,
    createType: delta.kind,
    settings: { parentFileNameHint: delta.parent.hint },
    extents: [
      {
        access: 'RW',
        sizeSectors: delta.capacityBytes / sectorSizeBytes,
        type: isSe ? 'SESPARSE' : 'VMFSSPARSE',
        fileName: basename(extent),
      },
    ],
    ddb: delta.ddb ?? {},
  })
  await writeFile(path, descriptor)
  await writeFile(extent, isSe ? seSparseBytes(delta) : cowdBytes(delta))
  return extent
}
