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

/** What a writer says about the point it commits. At most 1 MiB once encoded: put what has no bound of its own into a blob. */
export interface PointManifest {
  readonly subject: { readonly id: string; readonly name: string; readonly kind: string }
  readonly images: readonly PointImage[]
  /** Small files by name: ids from {@link WriterSession.putBlob}. */
  readonly blobs: Readonly<Record<string, string>>
  readonly attributes: Readonly<Record<string, Plain>>
  readonly stats: Readonly<Record<string, Plain>>
}

/** One subject at one moment: immutable, complete in itself. */
export interface RestorePoint extends PointManifest {
  /** 32 hex digits; ids ascend with `createdAt`. */
  readonly id: string
  /** When its session began, ISO 8601 UTC. */
  readonly createdAt: string
  readonly committedAt: string
  readonly damaged?: undefined
}

/** A restore point whose object is there and cannot be understood. */
export interface DamagedPoint {
  readonly id: string
  readonly createdAt: string
  readonly damaged: AppError
}
