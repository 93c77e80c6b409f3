import type { AppError } from '@vmkeep/kit'
import type { Plain } from './plain.ts'

/** A disk image in a repository: all there is to know to read it back. */
export interface StoredImage {
  readonly capacityBytes: number
  readonly chunkSizeBytes: number
  /** The id of the map's root page, in hex. `null`: the image is all zeroes. */
  readonly root: string | null
  /** How many levels the map has. It follows from capacity and chunk size. */
  readonly height: number
}

/** One image of a restore point. Label and attributes mean something to whoever backs up, nothing to the repository. */
export interface PointImage {
  /** Unique in the point, and the same from point to point for the same disk. */
  readonly key: string
  readonly label: string
  readonly image: StoredImage
  readonly attributes: Readonly<Record<string, Plain>>
}

/** Keeps a point until a time that was fixed when it was made, whatever the rules of later days. */
export interface GfsFlag {
  /** `weekly`, `monthly`, `yearly`. */
  readonly period: string
  /** ISO 8601 UTC. */
  readonly keepUntil: string
}

/** Kept by every retention, and not to be forgotten. */
export interface PointProtection {
  /** Since when, ISO 8601 UTC. */
  readonly at: string
  readonly reason: string
  /** Until when, ISO 8601 UTC; without it, until somebody lifts it. */
  readonly until?: string
}

/** Somebody has looked at a point that looked suspect, and vouches for it. */
export interface PointClearance {
  readonly at: string
  readonly reason: string
}

/** Where a point that was copied was committed first. It stays the same wherever the point is copied to from there. */
export interface PointOrigin {
  /** The id of that repository, 32 hex digits. */
  readonly repository: string
  /** The point's id there. */
  readonly point: string
  /** When it counts as committed there: see {@link timeOfPoint}. ISO 8601 UTC. */
  readonly committedAt: string
}

/** What a writer says about the point it commits. At most 1 MiB once encoded: put what has no bound of its own into a blob. */
export interface PointManifest {
  readonly subject: { readonly id: string; readonly name: string; readonly kind: string }
  readonly images: readonly PointImage[]
  /** Small files by name: ids from {@link WriterSession.putBlob}. */
  readonly blobs: Readonly<Record<string, string>>
  readonly attributes: Readonly<Record<string, Plain>>
  readonly stats: Readonly<Record<string, Plain>>
  /** Words such as `audit` or `env=prod`: see {@link checkTags}. */
  readonly tags?: readonly string[]
  readonly gfs?: readonly GfsFlag[]
  /** Set if the point is a copy. */
  readonly origin?: PointOrigin
}

/** One subject at one moment: immutable, complete in itself, but for the marks that {@link Repository.markPoint} makes. */
export interface RestorePoint extends PointManifest {
  /** 32 hex digits; ids ascend with `createdAt`. */
  readonly id: string
  /** When its session began, ISO 8601 UTC; of a copy, when the session of its origin began. */
  readonly createdAt: string
  /** When it was committed, by the writer's clock, ISO 8601 UTC. */
  readonly committedAt: string
  /** When the storage took it, by the storage's clock, ISO 8601 UTC. Missing in a point just committed, or if the storage does not say. */
  readonly storedAt?: string
  /** As they were given, or as they were changed since. */
  readonly tags: readonly string[]
  readonly gfs: readonly GfsFlag[]
  readonly protection?: PointProtection
  readonly clearance?: PointClearance
  /** Until then nothing that is needed to restore it can be deleted, ISO 8601 UTC. Missing: there is no such promise. */
  readonly lockedUntil?: string
  /** Only of a point just committed: why it is not locked, though its repository wants that. */
  readonly lockFailure?: AppError
  /** The domain whose keys its data is sealed with. Missing: none. */
  readonly domain?: string
  /** When the keys of its domain were erased, ISO 8601 UTC: nothing in it can be read any more, by nobody. */
  readonly erasedAt?: string
  readonly damaged?: undefined
}

/** A restore point whose object is there and cannot be understood. */
export interface DamagedPoint {
  readonly id: string
  readonly createdAt: string
  readonly damaged: AppError
}
