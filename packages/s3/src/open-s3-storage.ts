import { type Clock, type Random, systemClock, systemRandom } from '@vmkeep/kit'
import { Bucket } from './bucket.ts'
import { connect, connectionsMaxDefault, type S3ConnectionOptions } from './connect.ts'
import { limitAnswers } from './limit-answers.ts'
import { parseS3Url } from './location.ts'
import { PastBucket } from './past-bucket.ts'
import { Requests } from './requests.ts'
import { S3Storage } from './s3-storage.ts'

export interface S3Options extends S3ConnectionOptions {
  /** How long one request may take before it is asked again, beside the time its bytes need. 30 s. */
  readonly timeoutMs?: number
  /** Tries of one request in all. 6. */
  readonly attemptsMax?: number
  /** Opens a bucket with versions as it was at this moment: nothing can be changed, and what was deleted since is there. */
  readonly asOf?: Date
  readonly clock?: Clock
  readonly random?: Random
  readonly signal?: AbortSignal
}

/**
 * Opens `s3://bucket/prefix` as a repository's storage. The bucket must exist: versioning and Object Lock are decided with it.
 * That the server keeps its promises is for `validateStorage` to say.
 *
 * @throws `s3.invalid-url`, `s3.invalid-endpoint`, `s3.no-region`, `s3.no-credentials`, `s3.credentials-refused`, `s3.wrong-region`,
 * `storage.missing`, `storage.no-permission`, `storage.unavailable`
 */
export async function openS3Storage(url: string, options: S3Options = {}): Promise<S3Storage> {
  const { clock = systemClock, random = systemRandom, signal } = options
  const location = parseS3Url(url)
  const { client, name, region } = await connect(location, options)
  limitAnswers(client)
  const { connectionsMax = connectionsMaxDefault, timeoutMs = 30_000, attemptsMax = 6 } = options
  const requests = new Requests({ name, region, connectionsMax, timeoutMs, attemptsMax, clock, random })
  const bucket = new Bucket({ client, requests, name, location })
  try {
    // A list, not a HEAD: its refusal has a body, which tells a missing bucket from a wrong key.
    await bucket.list('', { after: '', token: undefined }, signal)
    if (options.asOf === undefined) return new S3Storage({ name, bucket, random })
    const past = { name: `${name} as of ${options.asOf.toISOString()}`, atMs: options.asOf.getTime() }
    return new S3Storage({ name: past.name, bucket: new PastBucket(bucket, past), random, isPast: true })
  } catch (error) {
    bucket.close()
    throw error
  }
}
