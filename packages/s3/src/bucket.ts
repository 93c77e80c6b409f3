import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { repositoryFail } from '@vmkeep/repository'
import { type Download, downloadOf } from './download.ts'
import { answerOf, damagedOnTheWay } from './failure.ts'
import { type Page, pageOf } from './listing.ts'
import type { S3Location } from './location.ts'
import type { RequestCounts } from './request-counts.ts'
import type { Requests } from './requests.ts'
import type { Upload } from './upload.ts'

/** What a request finds where no object is. `unclear`: it may be the bucket that is not there. */
type Missing = 'absent' | 'unclear'

export interface PutRequest {
  readonly upload: Upload
  readonly metadata: Readonly<Record<string, string>>
  /** Told before every try but the first. */
  readonly onRetry?: () => void
}

export interface GetRequest {
  /** `bytes=0-9`, `bytes=-10`. */
  readonly range?: string
}

/** The requests we make of S3, in its words, below one prefix of one bucket. */
export class Bucket {
  readonly #client: S3Client
  readonly #requests: Requests
  readonly #name: string
  readonly #bucket: string
  readonly #root: string

  constructor({ client, requests, name, location }: BucketParts) {
    this.#client = client
    this.#requests = requests
    this.#name = name
    this.#bucket = location.bucket
    this.#root = location.prefix === '' ? '' : `${location.prefix}/`
  }

  get counts(): RequestCounts {
    return this.#requests.counts
  }

  close(): void {
    this.#client.destroy()
  }

  /** Creates, or finds the key `taken`. */
  async putNew(
    key: string,
    { upload, metadata, onRetry }: PutRequest,
    signal?: AbortSignal,
  ): Promise<'created' | 'taken'> {
    const { sizeBytes } = upload
    const once = async (stop: AbortSignal) => {
      this.#requests.countBytes('bytesUp', sizeBytes)
      try {
        await this.#client.send(this.#putCommand(key, upload, metadata), { abortSignal: stop })
        return 'created' as const
      } catch (error) {
        if (answerOf(error).status === 412) return 'taken' as const
        throw error
      }
    }
    const request = { kind: 'put', request: 'PutObject', key, sizeBytes, signal, once } as const
    return await this.#requests.send(onRetry === undefined ? request : { ...request, onRetry })
  }

  /** Puts an object whose bytes do not fit what is said of them. Whether the server refused it for that. */
  async putDamaged(key: string, upload: Upload, signal?: AbortSignal): Promise<boolean> {
    const once = (stop: AbortSignal) =>
      this.#client.send(this.#putCommand(key, upload, {}), { abortSignal: stop }).then(
        () => false,
        (error: unknown) => {
          // A server that signs what it received finds another signature than ours.
          if ([...damagedOnTheWay, 'SignatureDoesNotMatch'].includes(answerOf(error).code)) return true
          throw error
        },
      )
    return await this.#requests.send({ kind: 'put', request: 'PutObject', key, signal, once })
  }

  async head(key: string, signal?: AbortSignal): Promise<HeadObjectCommandOutput | undefined> {
    const command = new HeadObjectCommand(this.#target(key))
    const once = (stop: AbortSignal) => this.#client.send(command, { abortSignal: stop }).catch(missingOf)
    const found = await this.#requests.send({ kind: 'head', request: 'HeadObject', key, signal, once })
    return await this.#unlessMissing(found, signal)
  }

  /** Gives an object, or a range of it, to `take`, again for each try. `beyond`: it has no such range. */
  async get<T extends object | number>(
    key: string,
    { range }: GetRequest,
    take: (download: Download) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T | 'beyond' | undefined> {
    const command = new GetObjectCommand({ ...this.#target(key), ...(range === undefined ? {} : { Range: range }) })
    const once = async (stop: AbortSignal, onProgress: () => void) => {
      const output = await this.#client.send(command, { abortSignal: stop }).catch((error: unknown) => {
        return answerOf(error).status === 416 ? ('beyond' as const) : missingOf(error)
      })
      if (typeof output === 'string') return output
      const download = downloadOf(output, stop, (sizeBytes) => {
        onProgress()
        this.#requests.countBytes('bytesDown', sizeBytes)
      })
      try {
        return await take(download)
      } finally {
        download.close()
      }
    }
    const found = await this.#requests.send({ kind: 'get', request: 'GetObject', key, signal, once })
    return await this.#unlessMissing<T | 'beyond'>(found, signal)
  }

  /** A page of a list: keys without the prefix of the whole repository. */
  async list(prefix: string, at: { after: string; token: string | undefined }, signal?: AbortSignal): Promise<Page> {
    const command = new ListObjectsV2Command({
      Bucket: this.#bucket,
      Prefix: this.#root + prefix,
      ...(at.token === undefined ? {} : { ContinuationToken: at.token }),
    })
    const once = async (stop: AbortSignal) => {
      const answer = await this.#client.send(command, { abortSignal: stop })
      return pageOf(answer, { root: this.#root, prefix, ...at })
    }
    return await this.#requests.send({ kind: 'list', request: 'ListObjectsV2', key: prefix, signal, once })
  }

  async delete(key: string, signal?: AbortSignal): Promise<void> {
    const command = new DeleteObjectCommand(this.#target(key))
    const once = (stop: AbortSignal) => this.#client.send(command, { abortSignal: stop }).catch(missingOf)
    const found = await this.#requests.send({ kind: 'delete', request: 'DeleteObject', key, signal, once })
    await this.#unlessMissing(found, signal)
  }

  /** The keys the server says it deleted: not quiet, for what it does not name is not believed to be. `undefined`: it cannot do this. */
  async deleteMany(keys: readonly string[], signal?: AbortSignal): Promise<ReadonlySet<string> | undefined> {
    const command = new DeleteObjectsCommand({
      Bucket: this.#bucket,
      Delete: { Objects: keys.map((key) => ({ Key: this.#target(key).Key })), Quiet: false },
    })
    const once = (stop: AbortSignal) =>
      this.#client.send(command, { abortSignal: stop }).catch((error: unknown) => {
        // Servers that lack it, or want another checksum, say so in many ways.
        const { status, code } = answerOf(error)
        if ([400, 405, 411, 501].includes(status ?? 0) && code !== 'RequestTimeout') return undefined
        throw error
      })
    const answer = await this.#requests.send({ kind: 'delete', request: 'DeleteObjects', key: keys[0]!, signal, once })
    return answer && new Set((answer.Deleted ?? []).map(({ Key = '' }) => Key.slice(this.#root.length)))
  }

  /**
   * A put that creates, or fails with 412. One SHA-256 serves twice: as the payload's hash it is signed, so that nothing on the way
   * can change the bytes, and as the object's checksum it is kept by the server, for audits without reading.
   */
  #putCommand(key: string, { body, sizeBytes, sha256 }: Upload, metadata: Readonly<Record<string, string>>) {
    const command = new PutObjectCommand({
      ...this.#target(key),
      Body: body(),
      ContentLength: sizeBytes,
      IfNoneMatch: '*',
      ChecksumSHA256: sha256.toString('base64'),
      Metadata: { ...metadata },
    })
    command.middlewareStack.add(
      (next) => (args) => {
        const { headers } = args.request as { headers: Record<string, string> }
        headers['x-amz-content-sha256'] = sha256.toString('hex')
        return next(args)
      },
      { step: 'build', name: 'signedPayload' },
    )
    return command
  }

  /** A bucket that is gone must not pass for an empty repository. */
  async #unlessMissing<T>(found: T | Missing, signal: AbortSignal | undefined): Promise<T | undefined> {
    if (found === 'unclear') await this.#checkBucket(signal)
    return found === 'unclear' || found === 'absent' ? undefined : (found as T)
  }

  async #checkBucket(signal: AbortSignal | undefined): Promise<void> {
    const command = new HeadBucketCommand({ Bucket: this.#bucket })
    const once = (stop: AbortSignal) => this.#client.send(command, { abortSignal: stop }).catch(missingOf)
    const found = await this.#requests.send({ kind: 'head', request: 'HeadBucket', key: '', signal, once })
    if (typeof found === 'string') throw repositoryFail('storage.missing', { storage: this.#name })
  }

  #target(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket, Key: this.#root + key }
  }
}

export interface BucketParts {
  readonly client: S3Client
  readonly requests: Requests
  readonly name: string
  readonly location: S3Location
}

/** Tells that nothing is there from every other failure. A HEAD has no body that could say what is missing, and is `NotFound`. */
function missingOf(error: unknown): Missing {
  const { code } = answerOf(error)
  if (code === 'NoSuchKey') return 'absent'
  if (code === 'NotFound') return 'unclear'
  throw error
}
