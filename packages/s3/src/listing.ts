import type { ListObjectsV2CommandOutput } from '@aws-sdk/client-s3'

/** One page of a listing, checked. */
export interface Page {
  readonly objects: readonly { readonly key: string; readonly sizeBytes: number }[]
  /** Where the next page begins; `undefined` on the last. */
  readonly next: string | undefined
}

/**
 * What a listing's page says, if it can be believed. A list that is cut short must never pass for a short list: garbage
 * collection would take what it does not show for gone.
 *
 * @throws Error with what makes no sense
 */
export function pageOf(
  { Contents = [], IsTruncated, KeyCount, NextContinuationToken: next }: ListObjectsV2CommandOutput,
  { prefix, after, token }: { prefix: string; after: string; token: string | undefined },
): Page {
  if (IsTruncated === undefined) throw new Error('a list that does not say whether there is more')
  if (KeyCount !== undefined && KeyCount !== Contents.length)
    throw new Error(`a list of ${Contents.length} keys that claims ${KeyCount}`)
  if (IsTruncated && (next === undefined || next === '' || next === token))
    throw new Error('a list that has more, but does not say where it goes on')
  let last = after
  const objects = Contents.map(({ Key: key, Size: sizeBytes }) => {
    if (key === undefined || sizeBytes === undefined) throw new Error('a list with an object without key or size')
    if (!key.startsWith(prefix)) throw new Error(`a list of "${prefix}" that names "${key}"`)
    if (last !== '' && Buffer.compare(Buffer.from(key), Buffer.from(last)) <= 0)
      throw new Error(`a list out of order: "${key}" after "${last}"`)
    last = key
    return { key, sizeBytes }
  })
  return { objects, next: IsTruncated ? next : undefined }
}
