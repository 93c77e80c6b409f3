import type { ListObjectVersionsCommandOutput } from '@aws-sdk/client-s3'

/** What a version holds. */
interface VersionContent {
  readonly version: string
  readonly sizeBytes: number
  readonly modifiedAtMs: number
}

/** One version of an object, or the mark that it was deleted. */
export interface ObjectVersion {
  /** Without the root. */
  readonly key: string
  /** `undefined`: a delete marker. */
  readonly content: VersionContent | undefined
  readonly modifiedAtMs: number
}

/** Where a list of versions goes on: after all versions of a key, or after one of them. */
export interface VersionMarker {
  readonly key: string
  readonly version?: string
}

export interface VersionsPage {
  /** By key, and of one key newest first; delete markers after what they hide. */
  readonly versions: readonly ObjectVersion[]
  readonly next: VersionMarker | undefined
}

interface VersionsRequest {
  readonly root: string
  readonly prefix: string
  readonly after: VersionMarker | undefined
}

/** What a page of a list of versions says, if it can be believed. @throws Error with what makes no sense */
export function versionsPageOf(
  { Versions = [], DeleteMarkers = [], ...page }: ListObjectVersionsCommandOutput,
  { root, prefix, after }: VersionsRequest,
): VersionsPage {
  const { IsTruncated: hasMore, NextKeyMarker: nextKey, NextVersionIdMarker: nextVersion } = page
  if (hasMore === undefined) throw new Error('a list of versions that does not say whether there is more')
  const keyOf = (wholeKey: string | undefined) => {
    if (wholeKey?.startsWith(root + prefix) !== true)
      throw new Error(`a list of versions of "${root}${prefix}" that names "${wholeKey}"`)
    const key = wholeKey.slice(root.length)
    if (after !== undefined && inOrder(key, after.key) < 0)
      throw new Error(`a list of versions out of order: "${key}" after "${after.key}"`)
    return key
  }
  const contents = Versions.map(({ Key, VersionId: version, Size: sizeBytes, LastModified }) => {
    if (version === undefined || sizeBytes === undefined)
      throw new Error('a list of versions with one without id or size')
    const modifiedAtMs = timeOf(LastModified)
    return { key: keyOf(Key), content: { version, sizeBytes, modifiedAtMs }, modifiedAtMs }
  })
  const marks = DeleteMarkers.map(({ Key, LastModified }) => {
    return { key: keyOf(Key), content: undefined, modifiedAtMs: timeOf(LastModified) }
  })
  const versions = [...contents, ...marks].toSorted((a, b) => inOrder(a.key, b.key))
  if (!hasMore) return { versions, next: undefined }
  if (nextKey === undefined || nextKey === '' || versions.length === 0)
    throw new Error('a list of versions that has more, but does not say where it goes on')
  const next = { key: nextKey.slice(root.length), ...(nextVersion ? { version: nextVersion } : {}) }
  if (next.key === after?.key && next.version === after.version) throw new Error('a list of versions that stands still')
  return { versions, next }
}

export const inOrder = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

/** In whole seconds: some servers tell more of some of their times, and they could not be compared. */
function timeOf(modified: Date | undefined): number {
  const timeMs = modified?.getTime() ?? Number.NaN
  if (Number.isNaN(timeMs)) throw new Error('a list of versions with one without its time')
  return Math.floor(timeMs / 1000) * 1000
}

/**
 * What an object was at a moment, given all its versions: `undefined` if it was not there.
 *
 * Objects are created once and never changed, so that of several versions the oldest is the true one, and every other the work of
 * somebody else. Times have seconds only: what was made and deleted within the same second counts as there.
 */
export function versionAt(versions: readonly ObjectVersion[], atMs: number): ObjectVersion['content'] {
  const then = versions.filter(({ modifiedAtMs }) => modifiedAtMs <= atMs)
  // Listed newest first, which decides where times are equal.
  const contents = then
    .filter(({ content }) => content !== undefined)
    .toReversed()
    .toSorted((a, b) => a.modifiedAtMs - b.modifiedAtMs)
  const [oldest, newest] = [contents[0], contents.at(-1)]
  if (oldest === undefined || newest === undefined) return undefined
  const deleted = then.some(({ content, modifiedAtMs }) => content === undefined && modifiedAtMs > newest.modifiedAtMs)
  return deleted ? undefined : oldest.content
}
