import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  GetObjectLockConfigurationCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectRetentionCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { repositoryFail, type Retention } from '@vmkeep/repository'
import { type Download, downloadOf } from './download.ts'
import { answerOf, damagedOnTheWay } from './failure.ts'
import { type Page, pageOf } from './listing.ts'
import type { S3Location } from './location.ts'
import type { RequestClass, RequestCounts } from './request-counts.ts'
import type { Requests } from './requests.ts'
import type { Upload } from './upload.ts'
import { type VersionMarker, type VersionsPage, versionsPageOf } from './versions.ts'

/** What a request finds where no object is. `unclear`: it may be the bucket that is not there. */
type Missing = 'absent' | 'unclear'

export interface PutRequest {
  readonly upload: Upload
  readonly metadata: Readonly<Record<string, string>>
  /** Told before every try but the first. */
  readonly onRetry?: () => void
  /** Locks what is created. */
  readonly retention?: Retention | undefined
}

export interface GetRequest {
  /** `bytes=0-9`, `bytes=-10`. */
  readonly range?: string
  /** One version of the object, not the newest. */
  readonly version?: string
}

/** How an attacker would go about it, for a proof that he is refused. */
export type Attack =
  | { readonly kind: 'delete-version'; readonly version: string; readonly bypass: boolean }
  | { readonly kind: 'shorten'; readonly retention: Retention }

/** What a storage asks of a bucket. */
export type BucketRequests = Omit<Pick<Bucket, keyof Bucket>, 'listVersions'>

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
    { upload, metadata, onRetry, retention }: PutRequest,
    signal?: AbortSignal,
  ): Promise<'created' | 'taken'> {
    const { sizeBytes } = upload
    const once = async (stop: AbortSignal) => {
      this.#requests.countBytes('bytesUp', sizeBytes)
      try {
        await this.#client.send(this.#putCommand(key, upload, { metadata, retention }), { abortSignal: stop })
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
      this.#client.send(this.#putCommand(key, upload, { metadata: {} }), { abortSignal: stop }).then(
        () => false,
        (error: unknown) => {
          // A server that signs what it received finds another signature than ours.
          if ([...damagedOnTheWay, 'SignatureDoesNotMatch'].includes(answerOf(error).code)) return true
          throw error
        },
      )
    return await this.#requests.send({ kind: 'put', request: 'PutObject', key, signal, once })
  }

  /** Puts over whatever is there, for a proof that what is locked stays; whether that was not refused. */
  async overwrite(key: string, upload: Upload, signal?: AbortSignal): Promise<boolean> {
    const command = this.#putCommand(key, upload, { metadata: {}, isOverwriting: true })
    return await this.#notRefused('put', 'PutObject', key, command, signal)
  }

  async head(key: string, signal?: AbortSignal, version?: string): Promise<HeadObjectCommandOutput | undefined> {
    const command = new HeadObjectCommand({
      ...this.#target(key),
      ...(version === undefined ? {} : { VersionId: version }),
    })
    const once = (stop: AbortSignal) => this.#client.send(command, { abortSignal: stop }).catch(missingOf)
    const found = await this.#requests.send({ kind: 'head', request: 'HeadObject', key, signal, once })
    return await this.#unlessMissing(found, signal)
  }

  /** Gives an object, or a range of it, to `take`, again for each try. `beyond`: it has no such range. */
  async get<T extends object | number>(
    key: string,
    { range, version }: GetRequest,
    take: (download: Download) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T | 'beyond' | undefined> {
    const command = new GetObjectCommand({
      ...this.#target(key),
      ...(range === undefined ? {} : { Range: range }),
      ...(version === undefined ? {} : { VersionId: version }),
    })
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

  /** A page of everything that ever was under a prefix, as far as it is kept. */
  async listVersions(prefix: string, after: VersionMarker | undefined, signal?: AbortSignal): Promise<VersionsPage> {
    const command = new ListObjectVersionsCommand({
      Bucket: this.#bucket,
      Prefix: this.#root + prefix,
      ...(after === undefined ? {} : { KeyMarker: this.#root + after.key }),
      ...(after?.version === undefined ? {} : { VersionIdMarker: after.version }),
    })
    const once = async (stop: AbortSignal) =>
      versionsPageOf(await this.#client.send(command, { abortSignal: stop }), { root: this.#root, prefix, after })
    return await this.#requests.send({ kind: 'list', request: 'ListObjectVersions', key: prefix, signal, once })
  }

  /** Whether the bucket was made for locks; `unsupported`: the server has none. */
  async lockConfiguration(signal?: AbortSignal): Promise<'enabled' | 'disabled' | 'unsupported'> {
    const command = new GetObjectLockConfigurationCommand({ Bucket: this.#bucket })
    const once = async (stop: AbortSignal) => {
      try {
        const { ObjectLockConfiguration: found } = await this.#client.send(command, { abortSignal: stop })
        return found?.ObjectLockEnabled === 'Enabled' ? ('enabled' as const) : ('disabled' as const)
      } catch (error) {
        const { code, status } = answerOf(error)
        if (code === 'ObjectLockConfigurationNotFoundError') return 'disabled' as const
        if ([405, 501].includes(status ?? 0)) return 'unsupported' as const
        throw error
      }
    }
    return await this.#requests.send({ kind: 'get', request: 'GetObjectLockConfiguration', key: '', signal, once })
  }

  /** Locks an object, or locks it for longer; false if there is none. */
  async lock(key: string, retention: Retention, signal?: AbortSignal): Promise<boolean> {
    const command = this.#retentionCommand(key, retention)
    const once = (stop: AbortSignal) =>
      this.#client.send(command, { abortSignal: stop }).catch((error: unknown) => {
        // Source: Amazon S3 User Guide, "Working with delete markers": what is asked of one is not allowed. Evidence: documented.
        return answerOf(error).status === 405 ? ('absent' as const) : missingOf(error)
      })
    const found = await this.#requests.send({ kind: 'put', request: 'PutObjectRetention', key, signal, once })
    return (await this.#unlessMissing(found, signal)) !== undefined
  }

  /** Whether an attack was not refused. */
  async attack(key: string, attack: Attack, signal?: AbortSignal): Promise<boolean> {
    if (attack.kind === 'shorten')
      return await this.#notRefused(
        'put',
        'PutObjectRetention',
        key,
        this.#retentionCommand(key, attack.retention),
        signal,
      )
    const bypass = attack.bypass ? { BypassGovernanceRetention: true } : {}
    const command = new DeleteObjectCommand({ ...this.#target(key), VersionId: attack.version, ...bypass })
    return await this.#notRefused('delete', 'DeleteObject', key, command, signal)
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
  #putCommand(
    key: string,
    { body, sizeBytes, sha256 }: Upload,
    { metadata, retention, isOverwriting = false }: PutAbout,
  ): PutObjectCommand {
    const command = new PutObjectCommand({
      ...this.#target(key),
      Body: body(),
      ContentLength: sizeBytes,
      ...(isOverwriting ? {} : { IfNoneMatch: '*' }),
      ...(retention === undefined ? {} : lockHeadersOf(retention)),
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

  #retentionCommand(key: string, { mode, untilMs }: Retention): PutObjectRetentionCommand {
    const Retention = { Mode: modes[mode], RetainUntilDate: new Date(untilMs) }
    return new PutObjectRetentionCommand({ ...this.#target(key), Retention })
  }

  async #notRefused(
    kind: RequestClass,
    request: string,
    key: string,
    command: PutObjectCommand | PutObjectRetentionCommand | DeleteObjectCommand,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const once = (stop: AbortSignal) =>
      this.#client.send(command as PutObjectCommand, { abortSignal: stop }).then(
        () => true,
        (error: unknown) => {
          // Source: Amazon S3 User Guide, "Locking objects": a refusal is AccessDenied; some servers say InvalidRequest or conflict. Evidence: documented, observed.
          if ([400, 403, 405, 409].includes(answerOf(error).status ?? 0)) return false
          throw error
        },
      )
    return await this.#requests.send({ kind, request, key, signal, once })
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

interface PutAbout {
  readonly metadata: Readonly<Record<string, string>>
  readonly retention?: Retention | undefined
  readonly isOverwriting?: boolean
}

const modes = { governance: 'GOVERNANCE', compliance: 'COMPLIANCE' } as const

const lockHeadersOf = ({ mode, untilMs }: Retention) => ({
  ObjectLockMode: modes[mode],
  ObjectLockRetainUntilDate: new Date(untilMs),
})

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
