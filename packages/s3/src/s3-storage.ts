import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3'
import { AppError, forEachConcurrent, type Random } from '@vmkeep/kit'
import { isKeyName, namesOf, prefixNamesOf, repositoryFail, type Storage, type StoredObject } from '@vmkeep/repository'
import { deleteManyCommand, putIdName, putNewCommand } from './commands.ts'
import { type Download, downloadOf, fill } from './download.ts'
import { answerOf, damagedOnTheWay } from './failure.ts'
import { type Page, pageOf } from './listing.ts'
import type { S3Location } from './location.ts'
import type { RequestCounts } from './request-counts.ts'
import type { Requests } from './requests.ts'
import { uploadOf } from './upload.ts'

const deletesAtOnce = 1000 // Source: Amazon S3 API Reference, DeleteObjects. Evidence: documented.
const batchesAtOnce = 4
const emptyPagesMax = 1000

export interface S3StorageParts {
  readonly client: S3Client
  readonly requests: Requests
  readonly name: string
  readonly location: S3Location
  readonly random: Random
}

/** What a request finds where no object is. `unclear`: it may be the bucket that is not there. */
type Missing = 'absent' | 'unclear'

/** A bucket, or a prefix of one, as a repository's storage. Made by {@link openS3Storage}. */
export class S3Storage implements Storage {
  readonly name: string
  readonly #client: S3Client
  readonly #requests: Requests
  readonly #bucket: string
  readonly #root: string
  readonly #random: Random
  #deletesMany = true
  #closed = false

  constructor({ client, requests, name, location, random }: S3StorageParts) {
    this.name = name
    this.#client = client
    this.#requests = requests
    this.#bucket = location.bucket
    this.#root = location.prefix === '' ? '' : `${location.prefix}/`
    this.#random = random
  }

  /** What was asked of S3 so far. */
  get requests(): RequestCounts {
    return this.#requests.counts
  }

  async putNew(
    key: string,
    bytes: Uint8Array | readonly Uint8Array[],
    signal?: AbortSignal,
  ): Promise<'created' | 'exists'> {
    const target = this.#target(key)
    const upload = await uploadOf(bytes, signal)
    const putId = Buffer.from(this.#random.bytes(16)).toString('hex')
    let uncertain = false // an earlier try may have stored it, or may do so yet
    const once = async (stop: AbortSignal) => {
      this.#requests.countBytes('bytesUp', upload.sizeBytes)
      try {
        await this.#client.send(putNewCommand(target, upload, { putId }), { abortSignal: stop })
        return 'created' as const
      } catch (error) {
        if (answerOf(error).status === 412) return 'taken' as const
        throw error
      }
    }
    const onRetry = () => void (uncertain = true)
    const request = { kind: 'put', request: 'PutObject', key, sizeBytes: upload.sizeBytes, signal, onRetry } as const
    const outcome = await this.#requests.send({ ...request, once }).catch((error: unknown) => {
      throw uncertain ? this.#uncertain(key, error) : error
    })
    return outcome === 'created' || (await this.#isOurs(key, { putId, uncertain }, signal)) ? 'created' : 'exists'
  }

  async get(key: string, sizeBytesMax: number, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    const found = await this.#download({ key, sizeBytes: sizeBytesMax, signal }, async (download, stop) => {
      if (download.sizeBytes > sizeBytesMax) return download.sizeBytes
      if (download.lengthBytes !== download.sizeBytes) throw new Error('a part where the whole was asked for')
      return await this.#fill(new Uint8Array(download.sizeBytes), download, stop)
    })
    if (found === 'beyond') throw this.#unavailable(key, 'a range was refused that was not asked for')
    if (typeof found === 'number')
      throw repositoryFail('storage.too-large', { storage: this.name, key, sizeBytes: found, sizeBytesMax })
    return found
  }

  async getRange(key: string, offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    if (target.length === 0) {
      if ((await this.size(key, signal)) === undefined) throw this.#notFound(key)
      return
    }
    const endBytes = offsetBytes + target.length
    const range = `bytes=${offsetBytes}-${endBytes - 1}`
    const found = await this.#download({ key, range, sizeBytes: target.length, signal }, async (download, stop) => {
      const lengthBytes = Math.min(endBytes, download.sizeBytes) - offsetBytes
      if (download.offsetBytes !== offsetBytes || download.lengthBytes !== lengthBytes)
        throw new Error(`other bytes than the range asked for, ${range}`)
      await this.#fill(target.subarray(0, lengthBytes), download, stop)
      return lengthBytes
    })
    if (found === undefined) throw this.#notFound(key)
    const gotBytes = found === 'beyond' ? 0 : found
    const missingBytes = target.length - gotBytes
    if (missingBytes > 0)
      throw repositoryFail('storage.short-read', {
        storage: this.name,
        key,
        offsetBytes: offsetBytes + gotBytes,
        missingBytes,
      })
  }

  async getSuffix(
    key: string,
    lengthBytesMax: number,
    signal?: AbortSignal,
  ): Promise<{ bytes: Uint8Array; sizeBytes: number } | undefined> {
    const range = `bytes=-${lengthBytesMax}`
    const found =
      lengthBytesMax === 0
        ? 'beyond' // no range says "nothing"
        : await this.#download({ key, range, sizeBytes: lengthBytesMax, signal }, async (download, stop) => {
            const { sizeBytes, lengthBytes, offsetBytes } = download
            if (lengthBytes !== Math.min(lengthBytesMax, sizeBytes) || offsetBytes + lengthBytes !== sizeBytes)
              throw new Error(`other bytes than the range asked for, ${range}`)
            return { bytes: await this.#fill(new Uint8Array(lengthBytes), download, stop), sizeBytes }
          })
    if (found !== 'beyond') return found
    const sizeBytes = await this.size(key, signal) // an empty object has no last byte to give
    if (sizeBytes !== undefined && sizeBytes > 0 && lengthBytesMax > 0)
      throw this.#unavailable(key, `the range ${range} of ${sizeBytes} bytes was refused`)
    return sizeBytes === undefined ? undefined : { bytes: new Uint8Array(), sizeBytes }
  }

  async *list(prefix: string, signal?: AbortSignal): AsyncIterable<StoredObject> {
    prefixNamesOf(prefix)
    this.#checkOpen()
    let [after, token, emptyPages] = ['', undefined as string | undefined, 0]
    do {
      const { objects, next }: Page = await this.#page({ prefix: this.#root + prefix, after, token }, signal)
      after = objects.at(-1)?.key ?? after
      emptyPages = objects.length === 0 ? emptyPages + 1 : 0
      if (emptyPages > emptyPagesMax) throw this.#unavailable(prefix, 'a list of empty pages without end')
      for (const object of objects) {
        const key = object.key.slice(this.#root.length)
        if (key.split('/').every(isKeyName)) yield { key, sizeBytes: object.sizeBytes } // others make marks of their own
      }
      token = next
    } while (token !== undefined)
  }

  async size(key: string, signal?: AbortSignal): Promise<number | undefined> {
    const found = await this.#head(key, signal)
    if (found === undefined) return undefined
    if (found.ContentLength === undefined) throw this.#unavailable(key, 'an answer that does not say how long it is')
    return found.ContentLength
  }

  async delete(key: string, signal?: AbortSignal): Promise<void> {
    const command = new DeleteObjectCommand(this.#target(key))
    const found = await this.#requests.send({
      kind: 'delete',
      request: 'DeleteObject',
      key,
      signal,
      once: (stop) => this.#client.send(command, { abortSignal: stop }).catch(missingOf),
    })
    if (found === 'unclear') await this.#checkBucket(signal)
  }

  async deleteMany(keys: readonly string[], signal?: AbortSignal): Promise<void> {
    const batches = Array.from({ length: Math.ceil(keys.length / deletesAtOnce) }, (_, i) =>
      keys.slice(i * deletesAtOnce, (i + 1) * deletesAtOnce),
    )
    await forEachConcurrent(batches, batchesAtOnce, async (batch) => {
      const deleted = await this.#deleteBatch(batch, signal)
      const rest = batch.filter((key) => !deleted.has(key)) // one by one, each with its own answer
      await forEachConcurrent(rest, batchesAtOnce, (key) => this.delete(key, signal))
    })
  }

  async refusesDamage(key: string, signal?: AbortSignal): Promise<boolean> {
    const target = this.#target(key)
    const upload = await uploadOf(this.#random.bytes(1024), signal)
    const body = Buffer.from(upload.body() as Buffer)
    body[512]! ^= 1
    const once = (stop: AbortSignal) =>
      this.#client.send(putNewCommand(target, upload, { putId: 'damaged', body }), { abortSignal: stop }).then(
        () => false,
        (error: unknown) => {
          // A server that signs what it received finds another signature than ours.
          if ([...damagedOnTheWay, 'SignatureDoesNotMatch'].includes(answerOf(error).code)) return true
          throw error
        },
      )
    const refused = await this.#requests.send({ kind: 'put', request: 'PutObject', key, signal, once })
    const stored = (await this.size(key, signal)) !== undefined
    if (stored) await this.delete(key, signal)
    return refused && !stored
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    this.#client.destroy()
  }

  /** Whether the object under `key` is what this put stored, by a reply that was lost or by a put that something on the way sent twice. */
  async #isOurs(
    key: string,
    { putId, uncertain }: { putId: string; uncertain: boolean },
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const there = (await this.#head(key, signal))?.Metadata?.[putIdName]
    if (there === undefined && uncertain) throw this.#unavailable(key, 'a reply was lost, and now the key is taken')
    return there === putId
  }

  /** A try that broke off may yet have stored the object, whatever the last one says: the caller has to read it back. */
  #uncertain(key: string, error: unknown): unknown {
    const isCertain = error instanceof AppError && error.remedy !== 'retry'
    return isCertain ? this.#unavailable(key, 'after a try that broke off, another was refused', error) : error
  }

  async #deleteBatch(keys: readonly string[], signal: AbortSignal | undefined): Promise<ReadonlySet<string>> {
    const full = keys.map((key) => this.#target(key).Key)
    if (!this.#deletesMany || keys.length < 2) return new Set()
    const once = (stop: AbortSignal) =>
      this.#client.send(deleteManyCommand(this.#bucket, full), { abortSignal: stop }).catch((error: unknown) => {
        const { status = 500, code } = answerOf(error)
        if (status >= 500 ? status !== 501 : status < 400 || [403, 404, 408, 429].includes(status)) throw error
        if (code !== 'SlowDown') this.#deletesMany = false // servers that lack it say 400, 405 or 501
        return undefined
      })
    const request = { kind: 'delete', request: 'DeleteObjects', key: keys[0]!, signal } as const
    const answer = await this.#requests.send({ ...request, once })
    return new Set((answer?.Deleted ?? []).map(({ Key = '' }) => Key.slice(this.#root.length)))
  }

  async #page(
    at: { readonly prefix: string; readonly after: string; readonly token: string | undefined },
    signal: AbortSignal | undefined,
  ): Promise<Page> {
    const command = new ListObjectsV2Command({
      Bucket: this.#bucket,
      Prefix: at.prefix,
      ...(at.token === undefined ? {} : { ContinuationToken: at.token }),
    })
    const once = async (stop: AbortSignal) => pageOf(await this.#client.send(command, { abortSignal: stop }), at)
    return await this.#requests.send({ kind: 'list', request: 'ListObjectsV2', key: at.prefix, signal, once })
  }

  async #head(key: string, signal: AbortSignal | undefined): Promise<HeadObjectCommandOutput | undefined> {
    const command = new HeadObjectCommand(this.#target(key))
    const once = (stop: AbortSignal) => this.#client.send(command, { abortSignal: stop }).catch(missingOf)
    const found = await this.#requests.send({ kind: 'head', request: 'HeadObject', key, signal, once })
    return await this.#unlessMissing(found, signal)
  }

  async #download<T>(
    request: { key: string; range?: string; sizeBytes: number; signal: AbortSignal | undefined },
    take: (download: Download, signal: AbortSignal) => Promise<T>,
  ): Promise<T | 'beyond' | undefined> {
    const { range, ...sending } = request
    const command = new GetObjectCommand({
      ...this.#target(request.key),
      ...(range === undefined ? {} : { Range: range }),
    })
    const once = async (stop: AbortSignal) => {
      const output = await this.#client.send(command, { abortSignal: stop }).catch((error: unknown) => {
        return answerOf(error).status === 416 ? ('beyond' as const) : missingOf(error)
      })
      if (typeof output === 'string') return output
      const download = downloadOf(output)
      try {
        return await take(download, stop)
      } finally {
        download.body.destroy()
      }
    }
    const found = await this.#requests.send({ ...sending, kind: 'get', request: 'GetObject', once })
    return await this.#unlessMissing(found, request.signal)
  }

  async #fill(target: Uint8Array, { body }: Download, signal: AbortSignal): Promise<Uint8Array> {
    await fill(target, body, signal)
    this.#requests.countBytes('bytesDown', target.length)
    return target
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
    if (typeof found === 'string') throw repositoryFail('storage.missing', { storage: this.name })
  }

  #target(key: string): { Bucket: string; Key: string } {
    namesOf(key)
    this.#checkOpen()
    return { Bucket: this.#bucket, Key: this.#root + key }
  }

  #checkOpen(): void {
    if (this.#closed) throw repositoryFail('storage.closed', { storage: this.name })
  }

  #notFound(key: string): AppError {
    return repositoryFail('storage.not-found', { storage: this.name, key })
  }

  #unavailable(key: string, reason: string, cause?: unknown): AppError {
    return repositoryFail('storage.unavailable', { storage: this.name, key, reason }, cause)
  }
}

/** Tells that nothing is there from every other failure. A HEAD has no body that could say what is missing, and is `NotFound`. */
function missingOf(error: unknown): Missing {
  const { code } = answerOf(error)
  if (code === 'NoSuchKey') return 'absent'
  if (code === 'NotFound') return 'unclear'
  throw error
}
