// A client of a few lines for the lab's own tests: it shares the wire table with the lab, and nothing with our real client.
import {
  decodeResponse,
  encodeRequest,
  type ManagedObjectReference,
  type MethodName,
  readAnswer,
  type Request,
  type Response,
  type WireFault,
} from '@vmkeep/vsphere/types'
import { Agent, request } from 'node:https'
import { type Lab, type LabOptions, startLab } from './start-lab.ts'

export interface HttpAnswer {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: string
  readonly bytes: Buffer
}

/** A fault a call was answered with. */
export class CallFault extends Error {
  readonly fault: WireFault

  constructor(fault: WireFault) {
    super(`${fault.fault?.$type ?? fault.code}: ${fault.text}`)
    this.fault = fault
  }

  get type(): string | undefined {
    return this.fault.fault?.$type
  }
}

export class TestClient implements AsyncDisposable {
  readonly #agent = new Agent({ keepAlive: true, rejectUnauthorized: false })
  readonly #port: number
  cookie: string | undefined
  soapAction = 'urn:vim25/8.0.3.0'

  constructor(port: number) {
    this.#port = port
  }

  /** Calls a method. @throws CallFault */
  async call<M extends MethodName>(method: M, parameters: Request<M>): Promise<Response<M>> {
    const answer = readAnswer((await this.post(encodeRequest(method, parameters))).body)
    if ('fault' in answer) throw new CallFault(answer.fault)
    return decodeResponse(method, answer.response)
  }

  /** Posts a body to /sdk, whatever it is. */
  async post(body: string | Uint8Array): Promise<HttpAnswer> {
    const answer = await this.http('POST', '/sdk', { body, headers: { soapaction: this.soapAction } })
    const [cookie] = answer.headers['set-cookie'] ?? []
    if (cookie !== undefined) this.cookie = cookie.split(';')[0]
    return answer
  }

  http(
    method: string,
    path: string,
    options: { readonly body?: string | Uint8Array; readonly headers?: Readonly<Record<string, string>> } = {},
  ): Promise<HttpAnswer> {
    const cookie = this.cookie === undefined ? {} : { cookie: this.cookie }
    const headers = { ...cookie, ...options.headers }
    return new Promise((resolve, reject) => {
      const sent = request(
        { host: '127.0.0.1', port: this.#port, agent: this.#agent, method, path, headers },
        (response) => {
          const pieces: Buffer[] = []
          response.on('data', (piece: Buffer) => pieces.push(piece))
          response.on('error', reject)
          response.on('end', () => {
            const bytes = Buffer.concat(pieces)
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: bytes.toString(), bytes })
          })
        },
      )
      sent.on('error', reject)
      sent.end(options.body)
    })
  }

  /** What a task came to: its result, or its fault. @throws CallFault */
  async finished(task: ManagedObjectReference): Promise<unknown> {
    const collector = await this.call('CreatePropertyCollector', {
      _this: service('PropertyCollector', 'propertyCollector'),
    })
    const spec = { propSet: [{ type: 'Task', pathSet: ['info'] }], objectSet: [{ obj: task }] }
    await this.call('CreateFilter', { _this: collector, spec, partialUpdates: false })
    for (let version = ''; ;) {
      const updates = await this.call('WaitForUpdatesEx', {
        _this: collector,
        version,
        options: { maxWaitSeconds: 20 },
      })
      if (updates === undefined) throw new Error(`${task.value} takes too long`)
      version = updates.version
      const info = updates.filterSet?.[0]?.objectSet?.[0]?.changeSet?.[0]?.val as TaskInfo
      if (info.state !== 'success' && info.state !== 'error') continue
      await this.call('DestroyPropertyCollector', { _this: collector })
      if (info.error !== undefined)
        throw new CallFault({ code: 'task', text: info.error.localizedMessage ?? '', fault: info.error.fault })
      return info.result
    }
  }

  /** One property of one object. */
  async read(object: ManagedObjectReference, path: string): Promise<unknown> {
    const specSet = [{ propSet: [{ type: object.type, pathSet: [path] }], objectSet: [{ obj: object }] }]
    const found = await this.call('RetrievePropertiesEx', {
      _this: service('PropertyCollector', 'propertyCollector'),
      specSet,
      options: {},
    })
    return found?.objects[0]?.propSet?.[0]?.val
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy()
  }
}

type TaskInfo = Extract<Awaited<Response<'ReadNextTasks'>>, readonly unknown[]>[number]

export const service = (type: string, value: string): ManagedObjectReference => ({ type, value })
export const vmRef = (number: number): ManagedObjectReference => ({ type: 'VirtualMachine', value: `vm-${number}` })

/** A lab of two small VMs, and a client that is logged in. Dispose it. */
export async function openTestLab(
  options: LabOptions = {},
): Promise<AsyncDisposable & { readonly lab: Lab; readonly client: TestClient }> {
  const vms = [
    { name: 'web01', disks: [{ capacityBytes: 2 ** 20 }, { capacityBytes: 2 ** 19 }], cbt: true },
    { name: 'db01', disks: [{ capacityBytes: 2 ** 20 }], power: 'off' as const },
  ]
  const lab = await startLab({ vms, taskDurationMs: 0, ...options })
  const client = new TestClient(lab.port)
  await login(client, lab)
  const dispose = async () => {
    await client[Symbol.asyncDispose]()
    await lab[Symbol.asyncDispose]()
  }
  return { lab, client, [Symbol.asyncDispose]: dispose }
}

export async function login(
  client: TestClient,
  lab: Lab,
  user = { name: lab.username, password: lab.password },
): Promise<void> {
  const sessionManager = lab.mode === 'vcenter' ? 'SessionManager' : 'ha-sessionmgr'
  await client.call('Login', {
    _this: service('SessionManager', sessionManager),
    userName: user.name,
    password: user.password,
  })
}
