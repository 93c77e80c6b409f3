import koffi from 'koffi'
import type { Login, RequestName, Requests } from '../protocol/messages.ts'
import { vixSectorBytes } from '../protocol/messages.ts'
import {
  ConnectParams,
  credTypeSessionId,
  diskLibFunctions,
  flagOpenReadOnly,
  Info,
  specTypeVmx,
  vixAsync,
  vixBufferTooSmall,
} from './abi.ts'
import { Completions, type LogFunctions, logFunctions } from './callbacks.ts'
import { GuestReader } from './guest.ts'
import { codeOfVix, Library, VixFailure } from './library.ts'
import { Cells, copyOf, CText, pageAligned } from './memory.ts'
import { SharedMemory } from './shared-memory.ts'

type Name = keyof typeof diskLibFunctions
type Handler<N extends RequestName> = (
  takes: Requests[N]['takes'],
  body: Uint8Array,
) => Promise<Requests[N]['gives'] | { readonly gives: Requests[N]['gives']; readonly body: Uint8Array }>
type Handlers = { [N in RequestName]: Handler<N> }

interface Connection {
  readonly handle: bigint
  /** The parameters it was made with: the library may look at them until it is closed. */
  readonly login: LoginParams
}

interface LoginParams extends Disposable {
  readonly address: bigint
}

/** Serves requests with one libvixDiskLib. */
export class Service {
  readonly #completions = new Completions()
  readonly #connections = new Map<number, Connection>()
  readonly #disks = new Map<number, bigint>()
  #library: Library<typeof diskLibFunctions> | undefined
  #log: LogFunctions | undefined
  #guests: GuestReader | undefined
  #shared: SharedMemory | undefined
  #next = 1

  readonly handlers: Handlers = {
    init: async ({ file, rootFolder, majorVersion, configFile, sharedBytes }) => {
      this.#library = new Library(file, 'VixDiskLib_', diskLibFunctions)
      this.#log = logFunctions()
      const { log, warn, panic } = this.#log
      // On the main thread, once per process. Source: VDDK 8.0 Programming Guide, "Multithreading Considerations". Evidence: documented.
      const args = [majorVersion, 0, log, warn, panic, rootFolder, configFile ?? null]
      await this.#check(codeOfVix(this.#library.now('InitEx', ...args)))
      this.#shared = SharedMemory.create(sharedBytes)
      const transports = String(this.#library.now('ListTransportModes'))
      return { transports, ...(this.#shared === undefined ? {} : { shared: this.#shared.place }) }
    },

    exit: async () => {
      await this.#guests?.exit()
      await this.#lib.call('Exit')
      return {}
    },

    connect: async ({ login, readOnly, snapshot, transports }) => {
      const params = await this.#params(login)
      try {
        const out = new Cells(1)
        await this.#do('ConnectEx', params.address, readOnly ? 1 : 0, snapshot ?? null, transports, out.address)
        const connection = this.#next++
        this.#connections.set(connection, { handle: out.get(), login: params })
        return { connection }
      } catch (error) {
        params[Symbol.dispose]()
        throw error
      }
    },

    disconnect: async ({ connection }) => {
      const { handle, login } = this.#connection(connection)
      this.#connections.delete(connection)
      await this.#do('Disconnect', handle)
      login[Symbol.dispose]()
      return {}
    },

    open: async ({ connection, path, readOnly }) => {
      const out = new Cells(1)
      const { handle } = this.#connection(connection)
      await this.#do('Open', handle, path, readOnly ? flagOpenReadOnly : 0, out.address)
      const disk = this.#next++
      this.#disks.set(disk, out.get())
      const transport = String(await this.#lib.call('GetTransportMode', out.get()))
      return { disk, transport, ...(await this.#info(out.get())) }
    },

    read: async ({ disk, startSector, sectors, at }) => {
      const [run, lengthBytes] = [{ startSector, sectors }, sectors * vixSectorBytes]
      if (at !== undefined) {
        await this.#transfer('Read', this.#disk(disk), run, this.#shared!.addressOf(at, lengthBytes))
        return {}
      }
      const body = pageAligned(lengthBytes)
      await this.#transfer('Read', this.#disk(disk), run, koffi.address(body), body)
      return { gives: {}, body }
    },

    write: async ({ disk, startSector }, body) => {
      const bytes = pageAligned(body.length)
      bytes.set(body)
      const sectors = body.length / vixSectorBytes
      await this.#transfer('Write', this.#disk(disk), { startSector, sectors }, koffi.address(bytes), bytes)
      return {}
    },

    flush: async ({ disk }) => {
      const handle = this.#disk(disk)
      if (this.#lib.has('Wait')) await this.#do('Wait', handle)
      if (this.#lib.has('Flush')) await this.#do('Flush', handle)
      return {}
    },

    allocated: async ({ disk, startSector, sectors, chunkSectors }) => {
      const out = new Cells(1)
      await this.#do('QueryAllocatedBlocks', this.#disk(disk), startSector, sectors, chunkSectors, out.address)
      const list = out.get()
      const blocks = copyOf(list + 8n, koffi.decode.uint32(list) * 16)
      await this.#do('FreeBlockList', list)
      return { gives: {}, body: blocks }
    },

    metadata: async ({ disk }) => {
      const handle = this.#disk(disk)
      const keys = (await this.#text('GetMetadataKeys', handle)).split('\0').filter((key) => key !== '')
      const values: Record<string, string> = {}
      for (const key of keys) values[key] = (await this.#text('ReadMetadata', handle, key)).replace(/\0.*$/s, '')
      return { values }
    },

    setMetadata: async ({ disk, key, value }) => {
      await this.#do('WriteMetadata', this.#disk(disk), key, value)
      return {}
    },

    close: async ({ disk }) => {
      const handle = this.#disk(disk)
      this.#disks.delete(disk)
      // Nothing may be under way when a disk is closed. Source: vadp.md §5.6. Evidence: documented.
      if (this.#lib.has('Wait')) await this.#lib.code('Wait', handle)
      await this.#do('Close', handle)
      return {}
    },

    prepareForAccess: async ({ login, identity }) => {
      using params = await this.#params(login)
      await this.#do('PrepareForAccess', params.address, identity)
      return {}
    },

    endAccess: async ({ login, identity }) => {
      using params = await this.#params(login)
      await this.#do('EndAccess', params.address, identity)
      return {}
    },

    cleanUp: async ({ login }) => {
      using params = await this.#params(login)
      const counts = new Cells(2)
      await this.#do('Cleanup', params.address, counts.address, counts.address + 8n)
      return { cleaned: Number(counts.get(0) & 0xffff_ffffn), remaining: Number(counts.get(1) & 0xffff_ffffn) }
    },

    guest: async ({ file, rootFolder, connection, path }) => {
      this.#guests ??= new GuestReader(file, rootFolder, this.#log!)
      return await this.#guests.read(this.#connection(connection).handle, path)
    },
  }

  get #lib(): Library<typeof diskLibFunctions> {
    if (this.#library === undefined) throw new Error('asked before init')
    return this.#library
  }

  #connection(number: number): Connection {
    const found = this.#connections.get(number)
    if (found === undefined) throw new Error(`no connection ${number}`)
    return found
  }

  #disk(number: number): bigint {
    const found = this.#disks.get(number)
    if (found === undefined) throw new Error(`no disk ${number}`)
    return found
  }

  async #do(name: Name, ...args: unknown[]): Promise<void> {
    await this.#check(await this.#lib.code(name, ...args))
  }

  async #check(code: number): Promise<void> {
    if (code !== 0) throw new VixFailure(code, await this.#textOf(code))
  }

  async #textOf(code: number): Promise<string> {
    const text = (await this.#lib.call('GetErrorText', code, null)) as bigint | null
    if (text === null) return `error ${code}`
    const said = koffi.decode.string(text)
    await this.#lib.call('FreeErrorText', text)
    return said
  }

  /**
   * By the asynchronous function where there is one that works: the thread is free for the next one while the bytes come.
   *
   * @param held what must stay in memory until it is done
   */
  async #transfer(
    what: 'Read' | 'Write',
    disk: bigint,
    { startSector, sectors }: { readonly startSector: number; readonly sectors: number },
    address: bigint,
    held?: Buffer,
  ): Promise<void> {
    if (this.#lib.has(`${what}Async`)) {
      const { data, ended, forget } = this.#completions.begin(held)
      const { callback } = this.#completions
      const taken = await this.#lib.code(`${what}Async`, disk, startSector, sectors, address, callback, data)
      if (taken === vixAsync) return await this.#check(await ended)
      forget() // the library has not taken it, so it won't end it
      if (taken !== 6) return await this.#check(taken)
    }
    await this.#do(what, disk, startSector, sectors, address)
  }

  async #info(disk: bigint): Promise<{ capacitySectors: number; sectorSizeBytes: number }> {
    const out = new Cells(1)
    await this.#do('GetInfo', disk, out.address)
    const info = koffi.decode(out.get(), Info) as { capacity: number; logicalSectorSize: number }
    await this.#lib.call('FreeInfo', out.get())
    return { capacitySectors: Number(info.capacity), sectorSizeBytes: info.logicalSectorSize || vixSectorBytes }
  }

  /** Text of a length that the library tells first. */
  async #text(name: 'GetMetadataKeys' | 'ReadMetadata', ...before: unknown[]): Promise<string> {
    const required = new Cells(1)
    const first = await this.#lib.code(name, ...before, null, 0, required.address)
    if (first !== vixBufferTooSmall) await this.#check(first)
    const text = new Cells(Math.ceil(Number(required.get()) / 8) + 1)
    await this.#do(name, ...before, text.address, text.bytes.length, required.address)
    return text.bytes.toString('utf8', 0, Number(required.get()))
  }

  async #params(login: Login): Promise<LoginParams> {
    const address = (await this.#lib.call('AllocateConnectParams')) as bigint
    const texts: CText[] = []
    const put = (field: string, type: string, value: unknown) =>
      koffi.encode(address, koffi.offsetof(ConnectParams, field), type, value)
    const text = (field: string, value: string) => {
      const held = new CText(value)
      texts.push(held)
      put(field, 'void *', held.address)
    }
    // One session for all: the library is shown the cookie we have, and makes none of its own. Source: VDDK guide, nbdkit's `cookie=`.
    put('credType', 'int', credTypeSessionId)
    put('specType', 'int', specTypeVmx)
    text('serverName', login.server)
    text('thumbPrint', login.thumbprint)
    text('creds0', login.cookie)
    text('creds1', login.username)
    put('port', 'uint32_t', login.port)
    put('nfcHostPort', 'uint32_t', login.nfcHostPort)
    if (login.vm !== undefined) text('vmxSpec', `moref=${login.vm}`)
    const free = () => {
      for (const held of texts) held.wipe()
      for (const field of ['serverName', 'thumbPrint', 'creds0', 'creds1', 'vmxSpec']) put(field, 'void *', null)
      this.#lib.call('FreeConnectParams', address).catch(() => {})
    }
    return { address, [Symbol.dispose]: free }
  }
}
