import type { RateLimit } from '@vmkeep/kit'
import type { Core } from '../core.ts'
import type { ChunkCache } from '../images/chunk-cache.ts'
import type { ChunkFetcher } from '../images/chunk-fetcher.ts'
import type { PageCache } from '../map/page-cache.ts'
import type { BlobReader } from '../packs/blob-reader.ts'
import type { OpenSession } from '../sessions/writer-session.ts'
import type { SharedGenerations } from './shared-generations.ts'

/** A repository as a copy works with it. */
export interface SyncEnd {
  readonly core: Core
  readonly parts: {
    readonly reader: BlobReader
    readonly pages: PageCache
    readonly fetcher: ChunkFetcher
    readonly cache: ChunkCache
  }
}

export interface SyncTarget extends SyncEnd {
  /** Begins a session whose point stands for that moment. */
  begin(atMs: number, domain: string, signal: AbortSignal | undefined): Promise<OpenSession>
  /**
   * Takes over the data keys that the source has gained. To be done before a point is committed whose blobs were copied as they are.
   *
   * @throws `repository.generations-clash`
   */
  learnKeys(signal: AbortSignal | undefined): Promise<void>
}

/** How a copy goes about it. */
export interface CopyWork {
  readonly from: SyncEnd
  readonly to: SyncTarget
  /** Hears of the sealed bytes that were stored. */
  readonly onStored: (storedBytes: number) => void
  readonly limit: RateLimit | undefined
  /** What is known of the data keys that both have, where one of the two is open with keys of maintenance only. For one session. */
  readonly generations: SharedGenerations | undefined
  readonly signal: AbortSignal | undefined
}
