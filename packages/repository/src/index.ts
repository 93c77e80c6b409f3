export { createRepository } from './create-repository.ts'
export { fail as repositoryFail } from './errors.ts'
export { openKeySlots, testKey } from './keys/key-slots.ts'
export { newKeyFile, newKeyPair } from './keys/typed-secret.ts'
export { openRepository } from './open-repository.ts'
export type { Plain } from './plain.ts'
export { checkTags } from './points/tags.ts'
export type * from './repository.ts'
export type * from './restore-point.ts'
export { faulty, type StorageFault } from './storage/faulty-storage.ts'
export { type FolderOptions, openFolderStorage } from './storage/folder-storage.ts'
export { isKeyName, namesOf, prefixNamesOf } from './storage/keys.ts'
export { type MemoryStorage, memoryStorage } from './storage/memory-storage.ts'
export type { LockPolicy } from './lock/lock-rule.ts'
export type { LockBreak, LockMode, ObjectLock, Retention } from './storage/object-lock.ts'
export type { Storage, StoredObject } from './storage/storage.ts'
export { validateLock } from './storage/validate-lock.ts'
export {
  brokenPromises,
  type StorageCheck,
  type StoragePromise,
  type StorageValidation,
  type ValidateOptions,
  validateStorage,
} from './storage/validate-storage.ts'
