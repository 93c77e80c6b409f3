import type { FaultPlan } from '@vmkeep/kit'
import type { Secret } from '@vmkeep/kit'
import type { CreateOptions, Environment, OpenOptions, Repository } from './repository.ts'
import type { Storage } from './storage/storage.ts'

export type { Plain } from './plain.ts'
export type * from './repository.ts'
export type * from './restore-point.ts'
export type { Storage, StoredObject } from './storage/storage.ts'

export declare function openFolderStorage(path: string, options?: { readonly create?: boolean }): Promise<Storage>
export declare function memoryStorage(): Storage
export declare function faulty(storage: Storage, plan: FaultPlan<StorageFault>): Storage
export declare function createRepository(
  storage: Storage,
  options: CreateOptions & Environment,
): Promise<{ readonly repository: Repository; readonly recoveryCode: Secret }>
export declare function openRepository(storage: Storage, options: OpenOptions): Promise<Repository>

/** What {@link faulty} can do to a call. */
export type StorageFault =
  | { readonly kind: 'fail-before' }
  | { readonly kind: 'fail-after' }
  | { readonly kind: 'short-read' }
  | { readonly kind: 'delay'; readonly delayMs: number }
  | { readonly kind: 'full' }
