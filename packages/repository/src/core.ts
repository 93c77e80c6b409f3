import type { Clock, Random } from '@vmkeep/kit'
import type { CondemnedLists } from './index/condemned-lists.ts'
import type { Compactor } from './index/compactor.ts'
import type { IndexStore } from './index/index-store.ts'
import type { KeyRing } from './keys/key-ring.ts'
import type { MaintenanceKeys, RoleKeys } from './keys/role-keys.ts'
import type { Fate } from './points/trash.ts'
import type { Every } from './repository.ts'
import type { LostCopies } from './lost/lost-copies.ts'
import type { ObjectStore } from './storage/object-store.ts'
import type { SharedMemory } from './workers/shared-memory.ts'
import type { JobRunner } from './workers/worker-pool.ts'

/** What an open repository is made of; its parts share one of these. */
export interface Core {
  readonly repositoryId: Uint8Array
  /** Equal for twins: what one seals the other opens. */
  readonly keysId: Uint8Array
  readonly chunkSizeBytes: number
  readonly packSizeBytes: number
  /** Reads of the storage in flight for one reader of an image. */
  readonly readsInFlightMax: number
  readonly readFeatures: readonly string[]
  /** Whether each pack gets parity. */
  readonly parity: boolean
  /** What one must know to collect, beyond this program. */
  readonly gcFeatures: readonly string[]
  readonly roles: MaintenanceKeys & Partial<RoleKeys>
  readonly ring: KeyRing
  readonly objects: ObjectStore
  readonly indexStore: IndexStore
  readonly compactor: Compactor
  readonly condemned: CondemnedLists
  readonly lost: LostCopies
  /** The last entries of the fates that were read, by point. */
  readonly fates: Map<string, Fate>
  readonly memory: SharedMemory
  readonly jobs: JobRunner
  readonly clock: Clock
  readonly every: Every
  readonly random: Random
}

/** Who writes, for the objects that say so. */
export const writerName = 'vmkeep 0.1.0'

/** The time as objects hold it: whole milliseconds. */
export const nowMs = ({ clock }: { readonly clock: Clock }): number => Math.floor(clock.nowMs())
