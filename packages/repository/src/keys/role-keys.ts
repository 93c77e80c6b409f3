import { createSecretKey, type KeyObject } from 'node:crypto'
import { defaultDomain, type Ring } from '../formats/key-ring.ts'
import { deriveKey } from './derive-key.ts'

/** What it takes to know which data is needed, and to move and check it as it is; no guest's data can be read with it. */
export interface MaintenanceKeys {
  readonly mapIds: Uint8Array
  readonly map: Uint8Array
  readonly index: Uint8Array
  readonly control: Uint8Array
}

/** The keys everything is done with, each for one purpose: docs/formats/repository.md §4. */
export interface RoleKeys extends MaintenanceKeys {
  readonly ids: Uint8Array
  readonly ring: Uint8Array
}

/** As a key slot holds them. */
export const maintenanceContent = ({ mapIds, map, index, control }: MaintenanceKeys): Uint8Array =>
  Buffer.concat([mapIds, map, index, control])

export function maintenanceKeys(content: Uint8Array): MaintenanceKeys {
  const key = (number: number) => content.subarray(32 * number, 32 * (number + 1))
  return { mapIds: key(0), map: key(1), index: key(2), control: key(3) }
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
  readonly mapIds: KeyObject
  readonly map: KeyObject
  /** Data keys by generation, each with what makes the ids of its domain. */
  readonly data: ReadonlyMap<number, { readonly key: KeyObject; readonly ids: KeyObject }>
  /** What new blobs of a domain are made with. */
  readonly domains: ReadonlyMap<string, { readonly ids: KeyObject; readonly generation: number }>
  /** The domain of generations whose keys are gone. */
  readonly erased: ReadonlyMap<number, string>
  /** There are no data keys at hand at all. */
  readonly maintenanceOnly: boolean
}

/** What it takes to read maps, and nothing more. */
export const mapKeys = ({ mapIds, map }: MaintenanceKeys): BlobKeys => ({
  mapIds: createSecretKey(mapIds),
  map: createSecretKey(map),
  data: new Map(),
  domains: new Map(),
  erased: new Map(),
  maintenanceOnly: true,
})

export function blobKeys({ ids, mapIds, map }: Omit<RoleKeys, 'index' | 'control' | 'ring'>, ring: Ring): BlobKeys {
  const idsOf = new Map(
    [{ name: defaultDomain, ids }, ...ring.domains].map((one) => [one.name, createSecretKey(one.ids)]),
  )
  const domains = new Map<string, { ids: KeyObject; generation: number }>()
  const data = new Map<number, { key: KeyObject; ids: KeyObject }>()
  for (const { generation, key, domain } of ring.generations) {
    const domainIds = idsOf.get(domain)!
    data.set(generation, { key: createSecretKey(key), ids: domainIds })
    domains.set(domain, { ids: domainIds, generation }) // ascending: the newest stays
  }
  const erased = new Map(ring.erased.flatMap(({ name, generations }) => generations.map((number) => [number, name])))
  return { mapIds: createSecretKey(mapIds), map: createSecretKey(map), data, domains, erased, maintenanceOnly: false }
}
