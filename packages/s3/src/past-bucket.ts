import type { Bucket, BucketRequests, GetRequest } from './bucket.ts'
import type { Download } from './download.ts'
import type { Page } from './listing.ts'
import type { RequestCounts } from './request-counts.ts'
import { repositoryFail } from '@vmkeep/repository'
import { inOrder, type ObjectVersion, versionAt, type VersionMarker } from './versions.ts'

type Content = ObjectVersion['content']

/** Remembered objects: enough for the packs of a few restores. */
const knownMax = 100_000

/** A bucket with versions, as it was at a moment: what was deleted since is there, what was made since is not. Nothing can be changed. */
export class PastBucket implements BucketRequests {
  readonly #bucket: Bucket
  readonly #atMs: number
  readonly #name: string
  readonly #known = new Map<string, Content>()

  constructor(bucket: Bucket, { atMs, name }: { readonly atMs: number; readonly name: string }) {
    this.#bucket = bucket
    this.#atMs = atMs
    this.#name = name
  }

  get counts(): RequestCounts {
    return this.#bucket.counts
  }

  close(): void {
    this.#bucket.close()
  }

  async head(key: string, signal?: AbortSignal): ReturnType<Bucket['head']> {
    const content = await this.#contentOf(key, signal)
    return content && (await this.#bucket.head(key, signal, content.version))
  }

  async get<T extends object | number>(
    key: string,
    request: GetRequest,
    take: (download: Download) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T | 'beyond' | undefined> {
    const content = await this.#contentOf(key, signal)
    return content && (await this.#bucket.get(key, { ...request, version: content.version }, take, signal))
  }

  /** `token` is the last key whose versions were all seen. */
  async list(prefix: string, at: { after: string; token: string | undefined }, signal?: AbortSignal): Promise<Page> {
    const versions: ObjectVersion[] = []
    let from: VersionMarker | undefined = at.token === undefined ? undefined : { key: at.token }
    for (;;) {
      const page = await this.#bucket.listVersions(prefix, from, signal)
      versions.push(...page.versions)
      if (page.next === undefined) return { objects: this.#objectsOf(versions), next: undefined }
      const lastKey = versions.at(-1)!.key // may have more versions on the next page
      const complete = versions.filter(({ key }) => key !== lastKey)
      if (complete.length > 0) return { objects: this.#objectsOf(complete), next: complete.at(-1)!.key }
      from = page.next
    }
  }

  readonly putNew = (): Promise<never> => this.#refuse()
  readonly putDamaged = (): Promise<never> => this.#refuse()
  readonly overwrite = (): Promise<never> => this.#refuse()
  readonly lock = (): Promise<never> => this.#refuse()
  readonly attack = (): Promise<never> => this.#refuse()
  readonly delete = (): Promise<never> => this.#refuse()
  readonly deleteMany = (): Promise<never> => this.#refuse()
  readonly lockConfiguration = (): Promise<never> => this.#refuse()

  async #refuse(): Promise<never> {
    throw repositoryFail('storage.past', { storage: this.#name })
  }

  #objectsOf(versions: readonly ObjectVersion[]): Page['objects'] {
    return [...Map.groupBy(versions, ({ key }) => key)].flatMap(([key, each]) => {
      const content = this.#remember(key, versionAt(each, this.#atMs))
      if (content === undefined) return []
      const { sizeBytes, modifiedAtMs } = content
      return [{ key, sizeBytes, modifiedAtMs }]
    })
  }

  async #contentOf(key: string, signal: AbortSignal | undefined): Promise<Content> {
    if (this.#known.has(key)) return this.#known.get(key)
    const versions: ObjectVersion[] = []
    let from: VersionMarker | undefined
    do {
      const page = await this.#bucket.listVersions(key, from, signal)
      versions.push(...page.versions.filter((each) => each.key === key)) // longer names come after it
      from = page.next
    } while (from !== undefined && inOrder(from.key, key) <= 0)
    return this.#remember(key, versionAt(versions, this.#atMs))
  }

  #remember(key: string, content: Content): Content {
    this.#known.set(key, content)
    if (this.#known.size > knownMax) this.#known.delete(this.#known.keys().next().value!)
    return content
  }
}
