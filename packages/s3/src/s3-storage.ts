import { AppError, forEachConcurrent, type Random } from '@vmkeep/kit'
import {
  isKeyName,
  namesOf,
  type ObjectLock,
  prefixNamesOf,
  repositoryFail,
  type Retention,
  type Storage,
  type StoredObject,
} from '@vmkeep/repository'
import type { BucketRequests } from './bucket.ts'
import type { RequestCounts } from './request-counts.ts'
import { S3Lock } from './s3-lock.ts'
import { damaged, uploadOf } from './upload.ts'

const deletesAtOnce = 1000 // Source: Amazon S3 API Reference, DeleteObjects. Evidence: documented.
const batchesAtOnce = 4
const emptyPagesMax = 1000
/** Metadata that tells one put from every other put of the same key: who finds the key taken reads it back, and knows its own. */
const putIdName = 'vmkeep-put'

export interface S3StorageParts {
  readonly name: string
  readonly bucket: BucketRequests
  readonly random: Random
  /** It is a view of the past. */
  readonly isPast?: boolean
}

/** A bucket, or a prefix of one, as a repository's storage. Made by {@link openS3Storage}. */
export class S3Storage implements Storage {
  readonly name: string
  readonly lock: ObjectLock
  readonly isPast: boolean
  readonly #bucket: BucketRequests
  readonly #random: Random
  #deletesMany = true
  #closed = false

  constructor({ name, bucket, random, isPast = false }: S3StorageParts) {
    this.name = name
    this.isPast = isPast
    this.#bucket = bucket
    this.#random = random
    this.lock = new S3Lock({
      name,
      bucket,
      putNew: (key, bytes, retention, signal) => this.#put(key, bytes, signal, retention),
    })
  }

  /** What was asked of S3 so far. */
  get requests(): RequestCounts {
    return this.#bucket.counts
  }

  putNew(key: string, bytes: Uint8Array | readonly Uint8Array[], signal?: AbortSignal): Promise<'created' | 'exists'> {
    return this.#put(key, bytes, signal)
  }

  async #put(
    key: string,
    bytes: Uint8Array | readonly Uint8Array[],
    signal: AbortSignal | undefined,
    retention?: Retention,
  ): Promise<'created' | 'exists'> {
    this.#check(key)
    const upload = await uploadOf(bytes, signal)
    const putId = Buffer.from(this.#random.bytes(16)).toString('hex')
    let uncertain = false // an earlier try may have stored it, or may do so yet
    const onRetry = () => void (uncertain = true)
    const put = { upload, metadata: { [putIdName]: putId }, onRetry, retention }
    const outcome = await this.#bucket.putNew(key, put, signal).catch((error: unknown) => {
      throw uncertain ? this.#uncertain(key, error) : error
    })
    if (outcome === 'created') return 'created'
    // By a reply that was lost, or a put that something on the way sent twice, it may be our own that is there.
    const found = (await this.#bucket.head(key, signal))?.Metadata?.[putIdName]
    if (found === undefined && uncertain) throw this.#unavailable(key, 'a reply was lost, and now the key is taken')
    return found === putId ? 'created' : 'exists'
  }

  async get(key: string, sizeBytesMax: number, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    this.#check(key)
    const found = await this.#bucket.get(
      key,
      {},
      async (download) => {
        if (download.sizeBytes > sizeBytesMax) return download.sizeBytes
        if (download.lengthBytes !== download.sizeBytes) throw new Error('a part where the whole was asked for')
        return await download.fill(new Uint8Array(download.sizeBytes))
      },
      signal,
    )
    if (found === 'beyond') throw this.#unavailable(key, 'a range was refused that was not asked for')
    if (typeof found === 'number')
      throw repositoryFail('storage.too-large', { storage: this.name, key, sizeBytes: found, sizeBytesMax })
    return found
  }

  async getRange(key: string, offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    const gotBytes =
      target.length === 0 ? await this.#nothing(key, signal) : await this.#range(key, offsetBytes, target, signal)
    if (gotBytes === undefined) throw repositoryFail('storage.not-found', { storage: this.name, key })
    const missingBytes = target.length - gotBytes
    if (missingBytes === 0) return
    const about = { storage: this.name, key, offsetBytes: offsetBytes + gotBytes, missingBytes }
    throw repositoryFail('storage.short-read', about)
  }

  async getSuffix(
    key: string,
    lengthBytesMax: number,
    signal?: AbortSignal,
  ): Promise<{ bytes: Uint8Array; sizeBytes: number } | undefined> {
    this.#check(key)
    const range = `bytes=-${lengthBytesMax}`
    const found =
      lengthBytesMax === 0
        ? 'beyond' // no range says "nothing"
        : await this.#bucket.get(
            key,
            { range },
            async (download) => {
              const { sizeBytes, lengthBytes, offsetBytes } = download
              if (lengthBytes !== Math.min(lengthBytesMax, sizeBytes) || offsetBytes + lengthBytes !== sizeBytes)
                throw new Error(`other bytes than the range asked for, ${range}`)
              return { bytes: await download.fill(new Uint8Array(lengthBytes)), sizeBytes }
            },
            signal,
          )
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
      const { objects, next } = await this.#bucket.list(prefix, { after, token }, signal)
      after = objects.at(-1)?.key ?? after
      emptyPages = objects.length === 0 ? emptyPages + 1 : 0
      if (emptyPages > emptyPagesMax) throw this.#unavailable(prefix, 'a list of empty pages without end')
      for (const object of objects) if (object.key.split('/').every(isKeyName)) yield object // others make marks of their own
      token = next
    } while (token !== undefined)
  }

  async size(key: string, signal?: AbortSignal): Promise<number | undefined> {
    this.#check(key)
    const found = await this.#bucket.head(key, signal)
    if (found !== undefined && found.ContentLength === undefined)
      throw this.#unavailable(key, 'an answer that does not say how long it is')
    return found?.ContentLength
  }

  async delete(key: string, signal?: AbortSignal): Promise<void> {
    this.#check(key)
    await this.#bucket.delete(key, signal)
  }

  async deleteMany(keys: readonly string[], signal?: AbortSignal): Promise<void> {
    for (const key of keys) this.#check(key)
    const batches = Array.from({ length: Math.ceil(keys.length / deletesAtOnce) }, (_, i) =>
      keys.slice(i * deletesAtOnce, (i + 1) * deletesAtOnce),
    )
    await forEachConcurrent(batches, batchesAtOnce, async (batch) => {
      const deleted = this.#deletesMany ? await this.#bucket.deleteMany(batch, signal) : undefined
      if (deleted === undefined) this.#deletesMany = false
      const rest = batch.filter((key) => deleted?.has(key) !== true) // one by one, each with its own answer
      await forEachConcurrent(rest, batchesAtOnce, (key) => this.delete(key, signal))
    })
  }

  async refusesDamage(key: string, signal?: AbortSignal): Promise<boolean> {
    this.#check(key)
    const upload = damaged(await uploadOf(this.#random.bytes(1024), signal))
    const refused = await this.#bucket.putDamaged(key, upload, signal)
    const stored = (await this.size(key, signal)) !== undefined
    if (stored) await this.delete(key, signal)
    return refused && !stored
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    this.#bucket.close()
  }

  /** How many bytes from `offsetBytes` on the object had for `target`; `undefined` if there is no object. */
  async #range(
    key: string,
    offsetBytes: number,
    target: Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<number | undefined> {
    this.#check(key)
    const endBytes = offsetBytes + target.length
    const range = `bytes=${offsetBytes}-${endBytes - 1}`
    const found = await this.#bucket.get(
      key,
      { range },
      async (download) => {
        const lengthBytes = Math.min(endBytes, download.sizeBytes) - offsetBytes
        if (download.offsetBytes !== offsetBytes || download.lengthBytes !== lengthBytes)
          throw new Error(`other bytes than the range asked for, ${range}`)
        await download.fill(target.subarray(0, lengthBytes))
        return lengthBytes
      },
      signal,
    )
    return found === 'beyond' ? 0 : found
  }

  /** Reads no byte of an object that is there. */
  async #nothing(key: string, signal: AbortSignal | undefined): Promise<0 | undefined> {
    return (await this.size(key, signal)) === undefined ? undefined : 0
  }

  /** A try that broke off may yet have stored the object, whatever the last one says: the caller has to read it back. */
  #uncertain(key: string, error: unknown): unknown {
    const isCertain = error instanceof AppError && error.remedy !== 'retry'
    return isCertain ? this.#unavailable(key, 'after a try that broke off, another was refused', error) : error
  }

  #check(key: string): void {
    namesOf(key)
    this.#checkOpen()
  }

  #checkOpen(): void {
    if (this.#closed) throw repositoryFail('storage.closed', { storage: this.name })
  }

  #unavailable(key: string, reason: string, cause?: unknown): AppError {
    return repositoryFail('storage.unavailable', { storage: this.name, key, reason }, cause)
  }
}
