import { deriveKey } from './derive-key.ts'

/** The keys everything is done with, each for one purpose: docs/formats/repository.md §4. */
export interface RoleKeys {
  readonly ids: Uint8Array
  readonly mapIds: Uint8Array
  readonly map: Uint8Array
  readonly index: Uint8Array
  readonly control: Uint8Array
  readonly ring: Uint8Array
}

export function roleKeys(masterKey: Uint8Array, repositoryId: Uint8Array): RoleKeys {
  const role = (label: string, sizeBytes = 32) => deriveKey(masterKey, repositoryId, `vmkeep/1 ${label}`, sizeBytes)
  const map = role('map', 64)
  return {
    ids: role('ids'),
    mapIds: map.subarray(0, 32),
    map: map.subarray(32),
    index: role('index'),
    control: role('control'),
    ring: role('chunk'),
  }
}

/** What it takes to make and open blobs. Plain bytes, so that it crosses to a worker thread. */
export interface BlobKeys {
  readonly ids: Uint8Array
  readonly mapIds: Uint8Array
  readonly map: Uint8Array
  /** Data keys by generation. */
  readonly data: ReadonlyMap<number, Uint8Array>
  /** The generation new blobs get. */
  readonly generation: number
}
