import { randomBytes } from 'node:crypto'
import { type LockBreak, type LockMode, type ObjectLock, repositoryFail, type Retention } from '@vmkeep/repository'
import type { BucketRequests } from './bucket.ts'
import { uploadOf } from './upload.ts'

interface S3LockParts {
  readonly name: string
  readonly bucket: BucketRequests
  /** Puts as the storage does, with a lock. */
  readonly putNew: ObjectLock['putNew']
}

/** S3 Object Lock. A delete of what is locked only hides it: the bucket keeps versions. */
export class S3Lock implements ObjectLock {
  readonly #name: string
  readonly #bucket: BucketRequests
  readonly putNew: ObjectLock['putNew']

  constructor({ name, bucket, putNew }: S3LockParts) {
    this.#name = name
    this.#bucket = bucket
    this.putNew = putNew
  }

  async whyNot(_mode: LockMode, signal?: AbortSignal): Promise<string | undefined> {
    const found = await this.#bucket.lockConfiguration(signal)
    if (found === 'unsupported') return 'the server has no Object Lock'
    return found === 'disabled' ? 'Object Lock is not enabled for the bucket, which is done when it is made' : undefined
  }

  async extend(key: string, retention: Retention, signal?: AbortSignal): Promise<void> {
    const found = await this.#bucket.lock(key, retention, signal)
    if (!found) throw repositoryFail('storage.not-found', { storage: this.#name, key })
  }

  async retentionOf(key: string, signal?: AbortSignal): Promise<Retention | undefined> {
    const found = await this.#bucket.head(key, signal)
    const untilMs = found?.ObjectLockRetainUntilDate?.getTime()
    if (untilMs === undefined || found?.ObjectLockMode === undefined) return undefined
    return { mode: found.ObjectLockMode === 'COMPLIANCE' ? 'compliance' : 'governance', untilMs }
  }

  async breaks(key: string, signal?: AbortSignal): Promise<LockBreak[]> {
    const [before, version] = await this.#versionOf(key, signal)
    const broken: LockBreak[] = []
    if (before !== undefined) {
      const sooner = { mode: 'governance', untilMs: before - 10_000 } as const
      await this.#bucket.attack(key, { kind: 'shorten', retention: sooner }, signal)
      if (((await this.retentionOf(key, signal))?.untilMs ?? 0) < before) broken.push('shortened')
    }
    await this.#bucket.overwrite(key, await uploadOf(randomBytes(16)), signal)
    if ((await this.#bucket.head(key, signal, version)) === undefined) broken.push('overwritten')
    for (const bypass of [false, true]) {
      if (!(await this.#bucket.attack(key, { kind: 'delete-version', version, bypass }, signal))) continue
      broken.push(bypass ? 'bypassed' : 'deleted')
      break
    }
    return broken
  }

  async #versionOf(
    key: string,
    signal: AbortSignal | undefined,
  ): Promise<[untilMs: number | undefined, version: string]> {
    const found = await this.#bucket.head(key, signal)
    if (found === undefined) throw repositoryFail('storage.not-found', { storage: this.#name, key })
    // Without versions there is one, and whoever may delete deletes it.
    return [found.ObjectLockRetainUntilDate?.getTime(), found.VersionId ?? 'null']
  }
}
