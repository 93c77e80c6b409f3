import { FormatError } from '@vmkeep/kit'
import {
  type DecodedRequest,
  decodeRequest,
  encodeFault,
  encodeResponse,
  InvalidRequestError,
  isMethodOf,
  type MethodName,
  methodSchema,
  namespaceOf,
  namespaces,
  type Response,
} from '@vmkeep/vsphere/types'
import { faultOf } from '../faults/fault-of.ts'
import { VimFault } from '../faults/vim-fault.ts'
import type { LabObject } from '../inventory/lab-object.ts'
import { ManagedEntity } from '../inventory/managed-entity.ts'
import type { World } from '../inventory/world.ts'
import type { Inventory } from '../inventory/inventory.ts'
import { allMethods } from './all-methods.ts'
import type { Call, CookieJar, Handler, Handlers } from './call.ts'
import { checkPrivileges } from './check-privileges.ts'
import { namesInRules } from './names-in-rules.ts'
import { checkVersion, fitToVersion } from './fit-version.ts'
import { methodPrivileges } from './privileges.ts'
import type { SoapAnswer, SoapContext } from './soap-answer.ts'
import { strikeAfter, strikeBefore } from './strike-call.ts'

/** Methods anybody may call. */
const withoutSession: ReadonlySet<MethodName> = new Set(['RetrieveServiceContent', 'Login', 'CloneSession'])

const xmlLimits = { depthMax: 200, elementsMax: 200_000 }

/** What is served at one path: methods of one namespace, on objects of its own. */
export interface SoapService {
  readonly namespace: string
  readonly inventory: Pick<Inventory, 'find'>
  readonly methods: Handlers
}

/** Answers SOAP calls: one request, one answer, whatever comes. */
export class Dispatcher {
  /** How often each method was called. */
  readonly counts: Map<string, number>
  readonly #world: World
  readonly #service: SoapService

  constructor(
    world: World,
    service: SoapService = { namespace: namespaces.vim25, inventory: world.inventory, methods: allMethods },
    counts = new Map<string, number>(),
  ) {
    this.#world = world
    this.#service = service
    this.counts = counts
  }

  async answer(body: string, context: SoapContext): Promise<SoapAnswer> {
    const { session } = context.cookie
    if (session !== undefined) {
      session.running++
      session.callCount++
    }
    try {
      return await this.#answer(body, context)
    } catch (error) {
      return context.signal.aborted ? { kind: 'cut' } : this.#refusal(error)
    } finally {
      if (session !== undefined) {
        session.running--
        session.lastActiveMs = this.#world.clock.nowMs()
      }
    }
  }

  async #answer(body: string, context: SoapContext): Promise<SoapAnswer> {
    const request = read(body, this.#service)
    const { method } = request
    this.counts.set(method, (this.counts.get(method) ?? 0) + 1)
    const target = this.#target(request, context.cookie)
    const action = this.#world.faults.next(method, ...namesInRules(target))
    const refused = await strikeBefore(action, target, { world: this.#world, ...context })
    if (refused !== undefined) return refused
    const call = { world: this.#world, method, target, request: request.parameters, action, ...context }
    checkVersion(request.parameters, context.version)
    const xml = await run(call as unknown as Call<MethodName>, context.version, this.#service.methods)
    return strikeAfter(action, { kind: 'xml', status: 200, xml })
  }

  /** The object a call is on. Who is not logged in learns nothing of what exists. */
  #target({ method, _this }: DecodedRequest, cookie: CookieJar): LabObject {
    if (cookie.session === undefined && !withoutSession.has(method))
      throw new VimFault('NotAuthenticated', {
        object: { type: _this.type ?? '', value: _this.value },
        privilegeId: 'System.View',
      })
    const target = this.#service.inventory.find(_this)
    const isOthers = _this.value.startsWith('session[') && cookie.session?.objects.has(_this.value) !== true
    if (target === undefined || isOthers)
      throw new VimFault('ManagedObjectNotFound', { obj: { type: _this.type ?? '', value: _this.value } })
    if (isMethodOf(method, target.ref.type)) return target
    const text = `Unable to resolve WSDL method name ${method} for vim.${target.ref.type}`
    throw new VimFault('MethodNotFound', { receiver: target.ref, method }, text)
  }

  #refusal(error: unknown): SoapAnswer {
    const fault = error instanceof TooManySessions ? undefined : faultOf(error, this.#world)
    if (fault === undefined) return { kind: 'http-error', status: 503 }
    return { kind: 'xml', status: 500, xml: faultXml(fault, this.#world) }
  }
}

/** A limit of the server's, which answers with HTTP and not with a fault. Source: vadp.md §7. Evidence: observed. */
class TooManySessions extends Error {}

function read(body: string, { namespace }: SoapService): DecodedRequest {
  try {
    const request = decodeRequest(body, xmlLimits)
    if (namespaceOf(request.method) === namespace) return request
    throw new InvalidRequestError(`Unable to resolve WSDL method name ${request.method}`)
  } catch (error) {
    if (error instanceof InvalidRequestError)
      throw new VimFault(
        'InvalidRequest',
        {},
        `${error.message}\n\nwhile parsing SOAP body\nwhile parsing SOAP envelope`,
      )
    if (error instanceof FormatError)
      throw new VimFault('InvalidRequest', {}, `${error.message}\n\nwhile parsing SOAP envelope`)
    throw error
  }
}

async function run(call: Call<MethodName>, version: string, methods: Handlers): Promise<string> {
  const { world, method, target } = call
  const handler = methods[method] as Handler<MethodName> | undefined
  if (handler === undefined) throw new VimFault('NotImplemented')
  if (target instanceof ManagedEntity && target.disabledBy.has(method))
    throw new VimFault('MethodDisabled', { source: target.disabledBy.get(method) })
  const privilege = methodPrivileges[method]
  if (privilege !== undefined) checkPrivileges(call, target, [privilege])
  if ((method === 'Login' || method === 'CloneSession') && world.sessions.isFull) throw new TooManySessions()
  const value = fitToVersion(await handler(call), methodSchema(method)?.result, version)
  return encodeResponse(method, value as Response<MethodName>)
}

function faultXml(fault: VimFault, world: World): string {
  const text = fault.message.replaceAll(unwritable, '?')
  try {
    return encodeFault(text, fault.value as Parameters<typeof encodeFault>[1])
  } catch (error) {
    world.report(error) // a fault of ours that its own type does not know: still one answer
    return encodeFault(text, { $type: 'SystemError', reason: fault.type })
  }
}

// What XML 1.0 can't write: a text of ours may quote it.
// oxlint-disable-next-line no-control-regex
const unwritable = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|\p{Surrogate}/gu
