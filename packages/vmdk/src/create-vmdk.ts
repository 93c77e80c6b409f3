import { basename } from 'node:path'
import type { DiskWriter } from '@vmkeep/disk'
import { FormatError } from '@vmkeep/kit'
import type { DiskMetadata } from './disk-metadata.ts'
import { fail } from './errors.ts'
import { MonolithicFlatWriter } from './monolithic-flat-writer.ts'
import { MonolithicSparseWriter } from './monolithic-sparse-writer.ts'
import { createVmdkFile } from './new-vmdk-file.ts'
import { sectorSizeBytes } from './sectors.ts'
import { type StreamOptions, StreamOptimizedWriter } from './stream-optimized-writer.ts'
import type { StreamSink } from './vmdk-stream.ts'

/** What `createVmdk` makes: `monolithicFlat` two files, uncompressed; `monolithicSparse` one that grows; `streamOptimized` one, compressed, in one pass. */
export const vmdkKinds = ['monolithicFlat', 'monolithicSparse', 'streamOptimized'] as const
export type VmdkKind = (typeof vmdkKinds)[number]

export interface NewVmdk {
  readonly kind: VmdkKind
  /** A multiple of 512. */
  readonly capacityBytes: number
  readonly metadata?: DiskMetadata
  /** For `streamOptimized` only. */
  readonly stream?: StreamOptions
}

/**
 * Creates a VMDK. The files get their names when `finish` is done, the descriptor last; until then they end in `.partial`, and disposing removes them.
 *
 * @throws `vmdk.file-exists`, `vmdk.write-failed`, `vmdk.bad-request`
 */
export async function createVmdk(
  path: string,
  { kind, capacityBytes, metadata = {}, stream = {} }: NewVmdk,
): Promise<DiskWriter> {
  checkRequest(path, capacityBytes, metadata)
  try {
    switch (kind) {
      case 'monolithicFlat':
        return await MonolithicFlatWriter.create(path, capacityBytes, metadata)
      case 'monolithicSparse':
        return await MonolithicSparseWriter.create(path, capacityBytes, metadata)
      case 'streamOptimized':
        return await StreamOptimizedWriter.create(await fileSink(path), {
          ...stream,
          name: basename(path),
          capacityBytes,
          metadata,
        })
    }
  } catch (error) {
    if (error instanceof FormatError) throw fail('vmdk.bad-request', { path, fact: error.message }, error)
    throw error
  }
}

function checkRequest(path: string, capacityBytes: number, { uuid }: DiskMetadata): void {
  const refuse = (fact: string) => fail('vmdk.bad-request', { path, fact })
  if (!Number.isSafeInteger(capacityBytes) || capacityBytes < sectorSizeBytes || capacityBytes % sectorSizeBytes !== 0)
    throw refuse(`its capacity, ${capacityBytes} bytes, is not a whole number of sectors of ${sectorSizeBytes} bytes`)
  if (capacityBytes > capacityBytesMax) throw refuse(`its capacity, ${capacityBytes} bytes, is beyond 64 TiB`)
  if (uuid !== undefined && !/^[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$/i.test(uuid))
    throw refuse(`"${uuid}" is not a UUID`)
}

/** vSphere ends at 62 TiB; what we would not read we do not write. */
const capacityBytesMax = 2 ** 46

async function fileSink(path: string): Promise<StreamSink> {
  const file = await createVmdkFile(path)
  let sizeBytes = 0
  return {
    path,
    async append(bytes) {
      await file.write(sizeBytes, bytes)
      sizeBytes += bytes.length
    },
    publish: () => file.publish(),
    [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
  }
}
