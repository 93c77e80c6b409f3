import { createSecretKey, type KeyObject } from 'node:crypto'
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

/**
 * `keysId` is the salt of what blobs are made with, `repositoryId` of what a repository keeps about them: so twins, which differ in the
 * second only, make the same ids and can open each other's blobs, and nothing else of one is taken for the other's.
 */
export function roleKeys(masterKey: Uint8Array, repositoryId: Uint8Array, keysId = repositoryId): RoleKeys {
  const derived = (salt: Uint8Array, label: string, sizeBytes = 32) =>
    deriveKey(masterKey, salt, `vmkeep/1 ${label}`, sizeBytes)
  const role = (label: string) => derived(repositoryId, label)
  const map = derived(keysId, 'map', 64)
  return {
    ids: derived(keysId, 'ids'),
    mapIds: map.subarray(0, 32),
    map: map.subarray(32),
    index: role('index'),
    control: role('control'),
    ring: role('chunk'),
  }
}

/** What it takes to make and open blobs. Crosses to worker threads as it is. */
export interface BlobKeys {
  readonly ids: KeyObject
  readonly mapIds: KeyObject
  readonly map: KeyObject
  /** Data keys by generation. */
  readonly data: ReadonlyMap<number, KeyObject>
  /** The generation new blobs get. */
  readonly generation: number
}

export function blobKeys(
  { ids, mapIds, map }: RoleKeys,
  generations: readonly { readonly generation: number; readonly key: Uint8Array }[],
): BlobKeys {
  return {
    ids: createSecretKey(ids),
    mapIds: createSecretKey(mapIds),
    map: createSecretKey(map),
    data: new Map(generations.map(({ generation, key }) => [generation, createSecretKey(key)])),
    generation: generations.at(-1)!.generation,
  }
}
