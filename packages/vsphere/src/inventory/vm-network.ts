import type { ManagedObjectReference } from '../types/index.ts'

/** A network by everything that can find it again: on this vCenter by its keys, on another one by its name. */
export interface VmNetwork {
  readonly ref: ManagedObjectReference
  readonly name: string
  readonly kind: 'standard' | 'distributed' | 'opaque'
  readonly portgroupKey?: string | undefined
  readonly switchUuid?: string | undefined
  readonly switchName?: string | undefined
  readonly opaqueNetworkId?: string | undefined
  readonly opaqueNetworkType?: string | undefined
}
