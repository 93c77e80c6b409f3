// What a program must know to use a repository: docs/formats/repository.md §7.

/** It is a twin: a program that does not know of shared keys would derive others, and take everything for damaged. */
export const sharedKeysFeature = 'shared-keys'

/** The ring may hold more than one data key, and domains, and what says which data key a pack needs says it truly. */
export const generationsFeature = 'data-keys'

/** Its objects are locked: who does not know how must not write, nor collect. */
export const objectLockFeature = 'object-lock'

const known: ReadonlySet<string> = new Set([sharedKeysFeature, generationsFeature, objectLockFeature])

/** Those of the features that this program does not know. */
export const unknownFeatures = (features: readonly string[]): string[] => features.filter((name) => !known.has(name))
