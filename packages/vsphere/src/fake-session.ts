// A vCenter for unit tests: objects with properties, methods that a test scripts, tasks. Small and honest: what it does
// not know it refuses, as a server would. The lab is the real imitation.
import { type Clock, Secret, systemClock } from '@vmkeep/kit'
import type { Automation } from './automation/automation.ts'
import { fail as vsphereFail } from './errors.ts'
import { errorOfFault } from './soap/fault-error.ts'
import type { HandedOver, Session, Transfer } from './session/session.ts'
import { managedObjectSchema } from './types/schema.ts'
import type { AnyOf, DataObject, ManagedObjectReference, MethodName, Request, Response } from './types/index.ts'

export type Fault = AnyOf<'MethodFault'>
type Handlers = { [M in MethodName]?: (request: Request<M>) => Response<M> | Promise<Response<M>> }
type Properties = Record<string, unknown>

export const refOf = (type: string, value: string): ManagedObjectReference => ({ type, value })
const keyOf = ({ type, value }: ManagedObjectReference): string => `${type}:${value}`

/** Thrown by a handler to answer with a fault. */
export class FaultAnswer extends Error {
  readonly fault: Fault
  constructor(fault: Fault, text = '') {
    super(text)
    this.fault = fault
  }
}

const content = {
  rootFolder: refOf('Folder', 'group-d1'),
  propertyCollector: refOf('PropertyCollector', 'propertyCollector'),
  viewManager: refOf('ViewManager', 'ViewManager'),
  sessionManager: refOf('SessionManager', 'SessionManager'),
  authorizationManager: refOf('AuthorizationManager', 'AuthorizationManager'),
  searchIndex: refOf('SearchIndex', 'SearchIndex'),
  customFieldsManager: refOf('CustomFieldsManager', 'CustomFieldsManager'),
  taskManager: refOf('TaskManager', 'TaskManager'),
  about: {
    name: 'VMware vCenter Server',
    fullName: 'VMware vCenter Server 8.0.3',
    vendor: 'VMware, Inc.',
    version: '8.0.3',
    build: '1',
    osType: 'linux-x64',
    productLineId: 'vpx',
    apiType: 'VirtualCenter',
    apiVersion: '8.0.3.0',
    instanceUuid: '9b7f0000-0000-4000-8000-00000000000a',
  },
} as const

export class FakeSession implements Session {
  readonly host: string = 'vcenter.example'
  readonly port: number = 443
  readonly username: string = 'backup'
  readonly generation: number = 1
  readonly clock: Clock
  readonly content: DataObject<'ServiceContent'>
  readonly apiVersion: string
  /** Every call that was not about reading properties or waiting, in order. */
  readonly calls: { method: MethodName; request: Readonly<Record<string, unknown>> }[] = []
  /** Answers to HTTP requests, by path. */
  readonly files = new Map<string, { status: number; body: Uint8Array }>()
  readonly handlers: Handlers
  readonly #objects = new Map<string, { ref: ManagedObjectReference; properties: Properties }>()
  readonly #views = new Map<string, string>()
  readonly #filters = new Map<string, { collector: string; obj: ManagedObjectReference; told: boolean }>()
  readonly #waiting: (() => void)[] = []
  #next = 1

  constructor(
    handlers: Handlers = {},
    options: { apiVersion?: string; about?: Partial<DataObject<'AboutInfo'>>; content?: object; clock?: Clock } = {},
  ) {
    this.handlers = handlers
    this.apiVersion = options.apiVersion ?? '8.0.3.0'
    this.clock = options.clock ?? systemClock
    this.content = { ...content, ...options.content, about: { ...content.about, ...options.about } }
  }

  get about(): DataObject<'AboutInfo'> {
    return this.content.about
  }

  get isVCenter(): boolean {
    return this.about.apiType === 'VirtualCenter'
  }

  /** Puts an object there, or replaces it. */
  put(ref: ManagedObjectReference, properties: Properties): ManagedObjectReference {
    this.#objects.set(keyOf(ref), { ref, properties })
    return ref
  }

  /** Changes some properties of an object. */
  change(ref: ManagedObjectReference, properties: Properties): void {
    Object.assign(this.#object(ref).properties, properties)
  }

  remove(ref: ManagedObjectReference): void {
    this.#objects.delete(keyOf(ref))
  }

  /** A finished task. With neither result nor fault it succeeded with nothing. */
  task(
    outcome: { result?: unknown; fault?: Fault; text?: string; descriptionId?: string } = {},
  ): ManagedObjectReference {
    const ref = refOf('Task', `task-${this.#next++}`)
    const { result, fault, text = '', descriptionId = 'VirtualMachine.any' } = outcome
    const info = {
      key: ref.value,
      task: ref,
      descriptionId,
      state: fault === undefined ? 'success' : 'error',
      cancelled: false,
      cancelable: false,
      reason: { $type: 'TaskReasonUser', userName: 'backup' },
      queueTime: '2026-11-22T16:00:00Z',
      eventChainId: 1,
      ...(result === undefined ? {} : { result }),
      ...(fault === undefined ? {} : { error: { fault, localizedMessage: text } }),
    }
    return this.put(ref, { info })
  }

  /** Makes those who wait hear of an object once more, after it was changed. */
  tell(ref: ManagedObjectReference): void {
    for (const filter of this.#filters.values()) if (keyOf(filter.obj) === keyOf(ref)) filter.told = false
    for (const wake of this.#waiting.splice(0)) wake()
  }

  /** A task whose object is gone before anybody could look at it. */
  vanishedTask(): ManagedObjectReference {
    return refOf('Task', `task-${this.#next++}`)
  }

  /** The requests of one method, in order. */
  requestsOf<M extends MethodName>(method: M): Request<M>[] {
    return this.calls.filter((call) => call.method === method).map(({ request }) => request as Request<M>)
  }

  async call<M extends MethodName>(
    method: M,
    request: Request<M>,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<Response<M>> {
    await Promise.resolve()
    options.signal?.throwIfAborted()
    if (method === 'WaitForUpdatesEx')
      return (await this.#waitForUpdates(request._this.value, options.signal)) as unknown as Response<M>
    const own = (this.#own as Record<string, ((request: never) => unknown) | undefined>)[method]
    if (own === undefined) this.calls.push({ method, request: request as Readonly<Record<string, unknown>> })
    try {
      const handler = (this.handlers[method] as ((request: Request<M>) => Response<M>) | undefined) ?? own
      if (handler === undefined) throw new FaultAnswer({ $type: 'MethodNotFound', receiver: request._this, method })
      return (await handler(request as never)) as Response<M>
    } catch (error) {
      if (!(error instanceof FaultAnswer)) throw error
      throw errorOfFault(error.fault, { host: this.host, method, object: request._this, text: error.message })
    }
  }

  callXml(): never {
    throw new Error('not in this fake')
  }

  readonly sent: { method: string; path: string; body: Uint8Array }[] = []

  async http(request: {
    method: 'GET' | 'HEAD' | 'PUT' | 'DELETE'
    path: string
    body?: string | Uint8Array | AsyncIterable<Uint8Array>
  }): Promise<Transfer> {
    const answer = this.files.get(request.path) ?? { status: 404, body: new Uint8Array() }
    if (request.method === 'PUT')
      this.sent.push({ method: 'PUT', path: request.path, body: request.body as Uint8Array })
    return {
      status: request.method === 'PUT' ? (this.files.get(request.path)?.status ?? 201) : answer.status,
      headers: { 'content-length': String(answer.body.length) },
      body: inPieces(answer.body),
      [Symbol.dispose]: () => {},
    }
  }

  /** What a visit to the REST API meets there. */
  automation: Automation | undefined

  async visitAutomation<T>(work: (automation: Automation) => Promise<T>): Promise<T> {
    if (this.automation === undefined) throw vsphereFail('vsphere.automation-missing', { host: this.host })
    return await work(this.automation)
  }

  async handOver(): Promise<HandedOver> {
    return { cookie: new Secret('vmware_soap_session="fake"'), thumbprintSha1: 'AB:CD' }
  }

  httpGet(path: string): Promise<Transfer> {
    return this.http({ method: 'GET', path })
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #object(ref: ManagedObjectReference): { ref: ManagedObjectReference; properties: Properties } {
    const object = this.#objects.get(keyOf(ref))
    if (object === undefined) throw new FaultAnswer({ $type: 'ManagedObjectNotFound', obj: ref })
    return object
  }

  /** What every server does by itself: properties, views, waiting. */
  readonly #own: Handlers = {
    CreateContainerView: ({ type }) => {
      const ref = refOf('ContainerView', `view-${this.#next++}`)
      this.#views.set(ref.value, type?.[0] ?? '')
      return ref
    },
    DestroyView: () => undefined,
    RetrievePropertiesEx: ({ specSet: [spec] }) => ({
      objects: spec!.objectSet
        .flatMap(({ obj }) => this.#seenThrough(obj))
        .map((ref) => this.#contentOf(ref, spec!.propSet[0]!.pathSet ?? [])),
    }),
    CreatePropertyCollector: () => refOf('PropertyCollector', `collector-${this.#next++}`),
    DestroyPropertyCollector: () => undefined,
    DestroyPropertyFilter: () => undefined,
    CancelWaitForUpdates: () => undefined,
    CreateFilter: ({ _this, spec }) => {
      const { obj } = spec.objectSet[0]!
      this.#object(obj)
      const ref = refOf('PropertyFilter', `filter-${this.#next++}`)
      this.#filters.set(ref.value, { collector: _this.value, obj, told: false })
      for (const wake of this.#waiting.splice(0)) wake()
      return ref
    },
  }

  /** News of what is filtered, each object once; without news it waits until there is some, or the caller stops. */
  async #waitForUpdates(collector: string, signal: AbortSignal | undefined): Promise<DataObject<'UpdateSet'>> {
    const news = [...this.#filters].filter(([, filter]) => filter.collector === collector && !filter.told)
    if (news.length === 0) {
      await new Promise<void>((resolve, reject) => {
        this.#waiting.push(resolve)
        signal?.addEventListener('abort', () => reject(signal.reason as Error))
      })
      return this.#waitForUpdates(collector, signal)
    }
    const filterSet = news.map(([filter, entry]) => {
      entry.told = true
      return this.#updateOf(refOf('PropertyFilter', filter), entry.obj)
    })
    return { version: String(this.#next++), filterSet }
  }

  #seenThrough(ref: ManagedObjectReference): ManagedObjectReference[] {
    if (ref.type !== 'ContainerView') return [ref]
    const type = this.#views.get(ref.value)
    const isOfType = (one: ManagedObjectReference) => managedObjectSchema(one.type)?.lineage.has(type ?? '') === true
    return [...this.#objects.values()].map(({ ref: one }) => one).filter(isOfType)
  }

  #contentOf(ref: ManagedObjectReference, paths: readonly string[]): DataObject<'ObjectContent'> {
    const { properties } = this.#object(ref)
    const propSet = paths.flatMap((name) => {
      const val = valueAt(properties, name)
      return val === undefined ? [] : [{ name, val }]
    })
    return { obj: ref, propSet }
  }

  #updateOf(filter: ManagedObjectReference, ref: ManagedObjectReference): DataObject<'PropertyFilterUpdate'> {
    const object = this.#objects.get(keyOf(ref))
    if (object === undefined) return { filter, objectSet: [{ kind: 'leave', obj: ref }] }
    const changeSet = Object.entries(object.properties).map(([name, val]) => ({ name, op: 'assign' as const, val }))
    return { filter, objectSet: [{ kind: 'enter', obj: ref, changeSet }] }
  }
}

function valueAt(properties: Properties, path: string): unknown {
  let value: unknown = properties
  for (const step of path.split('.')) value = (value as Properties | undefined)?.[step]
  return value
}

async function* inPieces(body: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0; at < body.length; at += 7) yield body.subarray(at, at + 7)
}
