// A vCenter in a hundred lines, for tests of the session and what stands on it: strict about what it is sent, scripted
// in what it answers. The lab is the real imitation.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { FormatError, Secret, systemClock } from '@vmkeep/kit'
import { decodeRequest } from '../soap/decode-request.ts'
import { encodeFault, encodeResponse } from '../soap/envelope.ts'
import type { SessionOptions } from '../session/open-session.ts'
import type { AnyOf, DataObject, ManagedObjectReference, MethodName, Request, Response } from '../types/data-object.ts'
import { TestHttpsServer } from './https-server.ts'

export type Answers = {
  [M in MethodName]?: (
    request: Request<M>,
    call: { readonly login: string | undefined },
  ) => Response<M> | Promise<Response<M>>
}

/** Thrown by an answer to refuse with a fault. */
export class Refusal extends Error {
  readonly fault: AnyOf<'MethodFault'>
  constructor(fault: AnyOf<'MethodFault'>, text: string = fault.$type) {
    super(text)
    this.fault = fault
  }
}

export const refTo = (type: string, value: string): ManagedObjectReference => ({ type, value })

export const content: DataObject<'ServiceContent'> = {
  rootFolder: refTo('Folder', 'group-d1'),
  propertyCollector: refTo('PropertyCollector', 'propertyCollector'),
  viewManager: refTo('ViewManager', 'ViewManager'),
  sessionManager: refTo('SessionManager', 'SessionManager'),
  about: {
    name: 'VMware vCenter Server',
    fullName: 'VMware vCenter Server 8.0.3 build-1',
    vendor: 'VMware, Inc.',
    version: '8.0.3',
    build: '1',
    osType: 'linux-x64',
    productLineId: 'vpx',
    apiType: 'VirtualCenter',
    apiVersion: '8.0.3.0',
  },
}

const userSession: DataObject<'UserSession'> = {
  key: '52aa',
  userName: 'backup',
  fullName: 'backup',
  loginTime: '2026-01-01T00:00:00Z',
  lastActiveTime: '2026-01-01T00:00:00Z',
  locale: 'en',
  messageLocale: 'en',
  extensionSession: false,
  ipAddress: '127.0.0.1',
  userAgent: 'test',
  callCount: 0,
}

const versionsText =
  '<?xml version="1.0" encoding="UTF-8"?><namespaces version="1.0"><namespace><name>urn:vim25</name>' +
  '<version>9.0.0.0</version><priorVersions><version>8.0.3.0</version><version>7.0.3.0</version><version>6.5</version>' +
  '</priorVersions></namespace></namespaces>'

const open: ReadonlySet<string> = new Set(['RetrieveServiceContent', 'Login'])

export class TestVCenter implements AsyncDisposable {
  readonly answers: Answers
  /** Methods called, in order. */
  readonly calls: MethodName[] = []
  /** Everything else than SOAP: `GET /folder/…`. Answers for itself. */
  onHttp: (request: IncomingMessage & { readonly body: string }, response: ServerResponse, isKnown: boolean) => void = (
    _request,
    response,
  ) => response.writeHead(404).end()
  versions: string = versionsText
  password = 'right'
  readonly logins = new Set<string>()
  readonly soapActions = new Set<string>()
  #server!: TestHttpsServer
  #cookies = 0

  private constructor(answers: Answers) {
    this.answers = answers
  }

  static async start(answers: Answers = {}): Promise<TestVCenter> {
    const vcenter = new TestVCenter(answers)
    vcenter.#server = await TestHttpsServer.start((request, response) => void vcenter.#handle(request, response))
    return vcenter
  }

  get server(): TestHttpsServer {
    return this.#server
  }

  options(more: Partial<SessionOptions> = {}, password = 'right'): SessionOptions {
    return {
      endpoint: {
        host: '127.0.0.1',
        port: this.#server.port,
        username: 'backup',
        password: async () => new Secret(password),
        trust: { by: 'thumbprint', thumbprint: this.#server.thumbprint },
      },
      clock: systemClock,
      ...more,
    }
  }

  countOf(method: MethodName): number {
    return this.calls.filter((called) => called === method).length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]()
  }

  async #handle(request: IncomingMessage & { readonly body: string }, response: ServerResponse): Promise<void> {
    const login = /vmware_soap_session=("[^"]*")/.exec(request.headers.cookie ?? '')?.[1]
    const isKnown = login !== undefined && this.logins.has(login)
    if (request.url === '/sdk/vimServiceVersions.xml') response.end(this.versions)
    else if (request.url !== '/sdk') this.onHttp(request, response, isKnown)
    else {
      this.soapActions.add(String(request.headers['soapaction']))
      await this.#call(request.body, isKnown ? login : undefined, response)
    }
  }

  async #call(body: string, login: string | undefined, response: ServerResponse): Promise<void> {
    const { method, _this, parameters } = decodeRequest(body)
    this.calls.push(method)
    try {
      if (login === undefined && !open.has(method))
        throw new Refusal({ $type: 'NotAuthenticated' }, 'The session is not authenticated.')
      const value = await this.#answer(
        method,
        { _this, ...parameters } as unknown as Request<MethodName>,
        login,
        response,
      )
      send(response, 200, encodeResponse(method, value as Response<typeof method>))
    } catch (error) {
      if (error instanceof Refusal) send(response, 500, encodeFault(error.message, error.fault))
      else if (error instanceof FormatError)
        send(
          response,
          500,
          encodeFault(error.message, { $type: 'SystemError', reason: 'the test scripted an answer that is none' }),
        )
      else response.socket?.destroy()
    }
  }

  #answer(
    method: MethodName,
    request: Request<MethodName>,
    login: string | undefined,
    response: ServerResponse,
  ): unknown {
    const scripted = this.answers[method] as ((request: unknown, call: unknown) => unknown) | undefined
    if (scripted !== undefined) return scripted(request, { login })
    if (method === 'RetrieveServiceContent') return content
    if (method === 'Login') return this.#logIn(request as Request<'Login'>, login, response)
    if (method === 'Logout') return void this.logins.delete(login!)
    if (method === 'CurrentTime') return '2026-01-01T00:00:00Z'
    throw new Refusal({ $type: 'MethodNotFound', receiver: request._this, method })
  }

  #logIn({ password }: Request<'Login'>, login: string | undefined, response: ServerResponse): unknown {
    if (password !== this.password || login !== undefined)
      throw new Refusal({ $type: 'InvalidLogin' }, 'Cannot complete login due to an incorrect user name or password.')
    const cookie = `"session ${++this.#cookies}; quoted"`
    this.logins.add(cookie)
    response.setHeader('set-cookie', `vmware_soap_session=${cookie}; Path=/; HttpOnly; Secure; SameSite=Strict`)
    return userSession
  }
}

/** Compressed, as vCenter answers whom asks for it. */
const send = (response: ServerResponse, status: number, xml: string): void =>
  void response
    .writeHead(status, { 'content-type': 'text/xml; charset=utf-8', 'content-encoding': 'gzip' })
    .end(gzipSync(xml))
