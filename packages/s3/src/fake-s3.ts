// A small S3 of our own for tests: it keeps objects in memory, checks what it is told to check, and fails by rule.
// It does not look at signatures; the real server of `tests/judges/s3.test.ts` does.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { FaultPlan, type FaultRule, seededRandom } from '@vmkeep/kit'
import { type FakeObject, type FakeRetention, FakeVersions } from './fake-versions.ts'

/** What the fake can do to a request, named `s3.put`, `s3.get`, `s3.head`, `s3.list`, `s3.delete`, `s3.delete-many`, `s3.head-bucket`, `s3.list-versions`, `s3.get-lock`, `s3.put-retention`, on the key. */
export type S3Fault =
  /** Nothing happens, and this is the answer. */
  | {
      readonly kind: 'refuse'
      readonly status: number
      readonly code: string
      readonly headers?: Record<string, string>
    }
  /** It happens, and the connection breaks before the answer. */
  | { readonly kind: 'lost-reply' }
  /** The connection breaks before it happens. */
  | { readonly kind: 'hang-up' }
  /** Nothing happens, and no answer comes. */
  | { readonly kind: 'silence' }
  /** Something on the way sends it a second time, and passes the second answer on. */
  | { readonly kind: 'twice' }
  /** Half of the body, then the connection breaks. */
  | { readonly kind: 'short-body' }
  /** Half of the body as if it were the whole. */
  | { readonly kind: 'half-body' }
  /** Half of the body, then nothing more. */
  | { readonly kind: 'stalled-body' }
  /** No body at all, and status 200. */
  | { readonly kind: 'empty-body' }
  /** A body that never ends. */
  | { readonly kind: 'endless-body' }
  /** A list without its last key, and another that says it goes on and not where. */
  | { readonly kind: 'list-loses-key' }
  | { readonly kind: 'list-loses-token' }
  | { readonly kind: 'list-backwards' }
  /** What a careless gateway overlooks. */
  | { readonly kind: 'ignore-condition' }
  | { readonly kind: 'ignore-range' }
  | { readonly kind: 'ignore-checksum' }
  | { readonly kind: 'ignore-metadata' }
  | { readonly kind: 'ignore-lock' }

interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer | string
}

interface Call {
  readonly name: string
  readonly key: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  readonly fault: S3Fault['kind'] | undefined
}

export interface FakeS3 extends AsyncDisposable {
  readonly endpoint: string
  /** The bucket's objects by whole key. */
  readonly objects: Map<string, FakeObject>
  readonly faults: FaultPlan<S3Fault>
  /** Requests as they came: `s3.put packs/x`. */
  readonly log: string[]
  /** Connections accepted so far. */
  connections(): number
}

export interface FakeS3Options {
  readonly bucket?: string
  readonly rules?: readonly FaultRule<S3Fault>[]
  /** Keys on a page of a list. */
  readonly pageKeysMax?: number
  /** The bucket keeps versions, and was made for Object Lock. */
  readonly locks?: boolean
  readonly nowMs?: () => number
}

/** Starts a fake S3 on 127.0.0.1 with one bucket. */
export async function openFakeS3(options: FakeS3Options = {}): Promise<FakeS3> {
  const fake = new Fake(options)
  const server = createServer((request, response) => void fake.serve(request, response).catch(() => response.destroy()))
  let connections = 0
  server.on('connection', () => connections++)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { objects, faults, log } = fake
  return { endpoint, objects, faults, log, connections: () => connections, [Symbol.asyncDispose]: () => stop(server) }
}

async function stop(server: Server): Promise<void> {
  server.close()
  server.closeAllConnections()
  await once(server, 'close')
}

class Fake {
  readonly objects = new Map<string, FakeObject>()
  readonly faults: FaultPlan<S3Fault>
  readonly log: string[] = []
  readonly #bucket: string
  readonly #pageKeysMax: number
  readonly #versions: FakeVersions | undefined
  readonly #nowMs: () => number

  constructor({ bucket = 'backups', rules = [], pageKeysMax = 1000, locks = false, nowMs = Date.now }: FakeS3Options) {
    this.#bucket = bucket
    this.#nowMs = nowMs
    this.#versions = locks ? new FakeVersions(nowMs) : undefined
    this.#pageKeysMax = pageKeysMax
    this.faults = new FaultPlan(seededRandom('fake s3'), rules)
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, 'http://fake')
    const [bucket = '', ...names] = decodeURIComponent(url.pathname.slice(1)).split('/')
    const key = names.join('/')
    const name = nameOf(request.method!, key, url.searchParams)
    const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>))
    this.log.push(`${name} ${key}`.trim())
    const fault = this.faults.next(name, key || (url.searchParams.get('prefix') ?? ''))
    if (fault?.kind === 'silence') return
    if (fault?.kind === 'hang-up') return void response.destroy()
    const headers = request.headers as Record<string, string>
    const call: Call = { name, key, query: url.searchParams, headers, body, fault: fault?.kind }
    const carryOut = () => (bucket === this.#bucket ? this.#answer(call) : failure(404, 'NoSuchBucket'))
    const reply = fault?.kind === 'refuse' ? failure(fault.status, fault.code, fault.headers) : carryOut()
    send(response, fault?.kind === 'twice' ? carryOut() : reply, call)
  }

  #answer(call: Call): Reply {
    switch (call.name) {
      case 's3.put':
        return this.#put(call)
      case 's3.get':
      case 's3.head':
        return this.#get(call)
      case 's3.list':
        return this.#list(call)
      case 's3.delete':
        return this.#delete(call)
      case 's3.delete-many':
        return this.#deleteMany(call)
      case 's3.head-bucket':
        return { status: 200 }
      case 's3.list-versions':
        return this.#listVersions(call)
      case 's3.get-lock':
        if (this.#versions === undefined) return failure(404, 'ObjectLockConfigurationNotFoundError')
        return { status: 200, body: xml('ObjectLockConfiguration', element('ObjectLockEnabled', 'Enabled')) }
      case 's3.put-retention':
        return this.#retain(call)
      default:
        return failure(501, 'NotImplemented')
    }
  }

  #put({ key, headers, body, fault }: Call): Reply {
    const sha256 = createHash('sha256').update(body).digest()
    if (fault !== 'ignore-checksum') {
      if (headers['x-amz-content-sha256'] !== sha256.toString('hex')) return failure(400, 'XAmzContentSHA256Mismatch')
      if (headers['x-amz-checksum-sha256'] !== sha256.toString('base64')) return failure(400, 'BadDigest')
    }
    if (headers['if-none-match'] === '*' && this.objects.has(key) && fault !== 'ignore-condition')
      return failure(412, 'PreconditionFailed')
    const metadata = Object.entries(headers).filter(([name]) => name.startsWith('x-amz-meta-'))
    const known = fault === 'ignore-metadata' ? {} : Object.fromEntries(metadata)
    const { 'x-amz-object-lock-mode': mode, 'x-amz-object-lock-retain-until-date': until } = headers
    if (mode !== undefined && this.#versions === undefined) return failure(400, 'InvalidRequest')
    const locked = mode !== undefined && until !== undefined && fault !== 'ignore-lock'
    this.#set(key, { bytes: body, metadata: known, ...(locked ? { retention: { mode, until } } : {}) })
    return { status: 200, headers: { etag: '"fake"' } }
  }

  #set(key: string, made: Omit<FakeObject, 'modifiedAt'>): void {
    const object = { ...made, modifiedAt: new Date(this.#nowMs()).toISOString() }
    const id = this.#versions?.nextId()
    if (id === undefined) return void this.objects.set(key, object)
    const version = { ...object, version: id }
    this.objects.set(key, version)
    this.#versions!.add(key, { id, modifiedAt: object.modifiedAt, object: version })
  }

  #delete({ key, query, headers }: Call): Reply {
    const id = query.get('versionId')
    if (id === null) return this.#hide(key)
    if (this.#versions === undefined) return this.#hide(key) // there is one version, "null"
    const left = this.#versions.remove(key, id, headers['x-amz-bypass-governance-retention'] === 'true')
    if (left === 'refused') return failure(403, 'AccessDenied')
    if (left === undefined) this.objects.delete(key)
    else this.objects.set(key, left)
    return { status: 204 }
  }

  #hide(key: string): Reply {
    this.objects.delete(key)
    const modifiedAt = new Date(this.#nowMs()).toISOString()
    this.#versions?.add(key, { id: this.#versions.nextId(), modifiedAt, object: undefined })
    return { status: 204 }
  }

  #retain({ key, body, fault }: Call): Reply {
    const object = this.objects.get(key)
    if (object === undefined) return failure(404, 'NoSuchKey')
    if (this.#versions === undefined) return failure(400, 'InvalidRequest')
    const [, mode = ''] = /<Mode>(\w+)</.exec(body.toString()) ?? []
    const [, until = ''] = /<RetainUntilDate>([^<]+)</.exec(body.toString()) ?? []
    const next: FakeRetention = { mode, until }
    if (fault !== 'ignore-lock' && !this.#versions.mayRetain(object, next)) return failure(403, 'AccessDenied')
    object.retention = next
    return { status: 200 }
  }

  #listVersions({ query }: Call): Reply {
    const [prefix, afterKey, afterId] = ['prefix', 'key-marker', 'version-id-marker'].map(
      (name) => query.get(name) ?? '',
    )
    const all = [...(this.#versions?.history ?? [])]
      .filter(([key]) => key.startsWith(prefix!))
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([key, versions]) => versions.map((version, at) => ({ key, isLatest: at === 0, ...version })))
      .filter(({ key, id }) => key > afterKey! || (key === afterKey && afterId !== '' && id < afterId!))
    const page = all.slice(0, this.#pageKeysMax)
    const entries = page.map(({ key, id, modifiedAt, isLatest, object }) => {
      const about = element('Key', key) + element('VersionId', id) + element('LastModified', modifiedAt)
      const size = object === undefined ? '' : element('Size', object.bytes.length)
      return element(object === undefined ? 'DeleteMarker' : 'Version', about + element('IsLatest', isLatest) + size)
    })
    const more = page.length < all.length
    const last = page.at(-1)
    const next = more ? element('NextKeyMarker', last!.key) + element('NextVersionIdMarker', last!.id) : ''
    return { status: 200, body: xml('ListVersionsResult', element('IsTruncated', more) + next + entries.join('')) }
  }

  #get({ key, headers, query, fault }: Call): Reply {
    const id = query.get('versionId')
    const object = id === null ? this.objects.get(key) : this.#versions?.find(key, id)
    if (object === undefined) return failure(404, 'NoSuchKey')
    const sizeBytes = object.bytes.length
    const about = aboutOf(object)
    const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(headers['range'] ?? '') ?? []
    if (first === undefined || fault === 'ignore-range') return { status: 200, headers: about, body: object.bytes }
    const from = first === '' ? Math.max(0, sizeBytes - Number(last)) : Number(first)
    const to = first === '' || last === '' ? sizeBytes : Math.min(sizeBytes, Number(last) + 1)
    if (from >= sizeBytes || (first === '' && last === '0')) return failure(416, 'InvalidRange')
    const range = { 'content-range': `bytes ${from}-${to - 1}/${sizeBytes}` }
    return { status: 206, headers: { ...about, ...range }, body: object.bytes.subarray(from, to) }
  }

  #list({ query, fault }: Call): Reply {
    const [prefix, after] = [query.get('prefix') ?? '', query.get('continuation-token') ?? '']
    const pageKeysMax = Math.min(Number(query.get('max-keys') ?? 1000), this.#pageKeysMax)
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix) && key > after).toSorted()
    const page = keys.slice(0, pageKeysMax)
    const isTruncated = page.length < keys.length
    const token = isTruncated && fault !== 'list-loses-token' ? element('NextContinuationToken', page.at(-1)!) : ''
    const shown = fault === 'list-loses-key' ? page.slice(0, -1) : fault === 'list-backwards' ? page.toReversed() : page
    const entries = shown.map((key) => {
      const { bytes, modifiedAt } = this.objects.get(key)!
      const about = element('Size', bytes.length) + element('LastModified', modifiedAt)
      return element('Contents', element('Key', key) + about)
    })
    const head = element('KeyCount', page.length) + element('IsTruncated', isTruncated) + token
    return { status: 200, body: xml('ListBucketResult', head + entries.join('')) }
  }

  #deleteMany({ body }: Call): Reply {
    const keys = [...body.toString().matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key!)
    for (const key of keys) this.#hide(key)
    const deleted = keys.map((key) => element('Deleted', element('Key', key)))
    return { status: 200, body: xml('DeleteResult', deleted.join('')) }
  }
}

/** What the answer's headers say of an object. */
const aboutOf = ({ metadata, version, retention }: FakeObject): Record<string, string> => ({
  ...metadata,
  ...(version === undefined ? {} : { 'x-amz-version-id': version }),
  ...(retention === undefined
    ? {}
    : { 'x-amz-object-lock-mode': retention.mode, 'x-amz-object-lock-retain-until-date': retention.until }),
})

function nameOf(method: string, key: string, query: URLSearchParams): string {
  if (method === 'GET' && key === '' && query.has('list-type')) return 's3.list'
  if (method === 'GET' && query.has('versions')) return 's3.list-versions'
  if (method === 'GET' && query.has('object-lock')) return 's3.get-lock'
  if (method === 'PUT' && query.has('retention')) return 's3.put-retention'
  if (method === 'POST' && query.has('delete')) return 's3.delete-many'
  if (method === 'HEAD' && key === '') return 's3.head-bucket'
  return `s3.${method.toLowerCase()}`
}

function send(response: ServerResponse, { status, headers = {}, body = '' }: Reply, { name, fault }: Call): void {
  const whole = Buffer.from(body)
  const isHead = name.startsWith('s3.head')
  const shown =
    fault === 'half-body' ? whole.subarray(0, whole.length / 2) : fault === 'empty-body' ? Buffer.alloc(0) : whole
  if (fault === 'lost-reply') return void response.destroy()
  const length = status === 204 || fault === 'endless-body' ? {} : { 'content-length': String(shown.length) }
  response.writeHead(status, { ...headers, ...length })
  if (fault === 'short-body') return void response.write(whole.subarray(0, whole.length / 2), () => response.destroy())
  if (fault === 'stalled-body') return void response.write(whole.subarray(0, whole.length / 2))
  if (fault === 'endless-body') return pour(response, shown)
  response.end(isHead ? undefined : shown)
}

/** Blanks after the body, for as long as somebody reads. */
function pour(response: ServerResponse, start: Buffer): void {
  const blanks = Buffer.alloc(256 * 1024, ' ')
  const more = () => {
    while (!response.destroyed && response.write(blanks));
  }
  response.on('drain', more)
  response.write(start.subarray(0, -10))
  more()
}

const failure = (status: number, code: string, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  headers,
  body: xml('Error', element('Code', code) + element('Message', `the fake says ${code}`)),
})

const xml = (root: string, content: string) => `<?xml version="1.0" encoding="UTF-8"?>\n${element(root, content)}`
const element = (name: string, content: string | number | boolean) => `<${name}>${content}</${name}>`
