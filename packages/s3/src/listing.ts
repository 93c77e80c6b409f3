import type { ListObjectsV2CommandOutput } from '@aws-sdk/client-s3'
import type { StoredObject } from '@vmkeep/repository'

/** One page of a listing, checked. */
export interface Page {
  /** Keys without the root. */
  readonly objects: readonly StoredObject[]
  /** Where the next page begins; `undefined` on the last. */
  readonly next: string | undefined
}

export interface PageRequest {
  /** What every key begins with and nobody shows. */
  readonly root: string
  readonly prefix: string
  /** The last key of the page before; empty on the first. */
  readonly after: string
  readonly token: string | undefined
}

/**
 * What a listing's page says, if it can be believed. A list that is cut short must never pass for a short list: garbage
 * collection would take what it does not show for gone.
 *
 * @throws Error with what makes no sense
 */
export function pageOf(
  { Contents = [], IsTruncated, KeyCount, NextContinuationToken: next }: ListObjectsV2CommandOutput,
  { root, prefix, after, token }: PageRequest,
): Page {
  if (IsTruncated === undefined) throw new Error('a list that does not say whether there is more')
  if (KeyCount !== undefined && KeyCount !== Contents.length)
    throw new Error(`a list of ${Contents.length} keys that claims ${KeyCount}`)
  if (IsTruncated && (next === undefined || next === '' || next === token))
    throw new Error('a list that has more, but does not say where it goes on')
  let last = after
  const objects = Contents.map(({ Key: wholeKey, Size: sizeBytes, LastModified }) => {
    if (wholeKey === undefined || sizeBytes === undefined) throw new Error('a list with an object without key or size')
    if (!wholeKey.startsWith(root + prefix)) throw new Error(`a list of "${root}${prefix}" that names "${wholeKey}"`)
    const key = wholeKey.slice(root.length)
    if (last !== '' && Buffer.compare(Buffer.from(key), Buffer.from(last)) <= 0)
      throw new Error(`a list out of order: "${key}" after "${last}"`)
    last = key
    return { key, sizeBytes, ...(LastModified === undefined ? {} : { modifiedAtMs: LastModified.getTime() }) }
  })
  return { objects, next: IsTruncated ? next : undefined }
}
