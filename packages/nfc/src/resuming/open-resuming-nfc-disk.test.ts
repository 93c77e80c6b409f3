import { AppError, seededRandom } from '@vmkeep/kit'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { aioType } from '../messages/index.ts'
import { testPath as path } from '../testing/open-on-pair.ts'
import { type HostScript, ScriptedHost } from '../testing/scripted-host.ts'
import type { ClientFrame, ScriptedNfc } from '../testing/scripted-nfc.ts'
import { openResumingNfcDisk, type ResumingNfcDisk, type ResumingNfcDiskOptions } from './open-resuming-nfc-disk.ts'
import type { ReconnectEvent } from './reconnector.ts'

const random = seededRandom('resuming')
const image = Buffer.from(random.bytes(524_288))

interface Opened {
  readonly host: ScriptedHost
  readonly disk: ResumingNfcDisk
  readonly events: ReconnectEvent[]
}

async function open(script: HostScript, options: Partial<ResumingNfcDiskOptions> = {}, bytes = image): Promise<Opened> {
  const host = await ScriptedHost.start(bytes, script)
  onTestFinished(() => host[Symbol.asyncDispose]())
  const events: ReconnectEvent[] = []
  const onReconnect = (event: ReconnectEvent) => void events.push(event)
  const ticket = async () => host.ticket()
  const disk = await openResumingNfcDisk({
    path,
    access: 'read',
    ticket,
    random,
    reconnectDelayMs: 1,
    onReconnect,
    ...options,
  })
  onTestFinished(() => disk[Symbol.asyncDispose]())
  return { host, disk, events }
}

const codes = (events: ReconnectEvent[]) => events.map(({ cause }) => (cause as AppError).code)

/** Answers reads byte for byte until the budget is used up, then breaks the connection. The last budget lasts for ever. */
function cutting(budgets: readonly number[]): HostScript {
  const left = new Map<ScriptedNfc, number>()
  return {
    onFrame(frame, nfc) {
      if (frame.type !== aioType.IO) return false
      const budget = left.get(nfc) ?? budgets[left.size] ?? Infinity
      const answer = answerOf(frame, nfc)
      left.set(nfc, budget - answer.length)
      if (budget <= 0) return true
      nfc.reads.push([Number(frame.payload.readBigUInt64LE(16)), frame.payload.readUInt32LE(24)])
      nfc.stream.write(answer.subarray(0, budget), () => {
        if (budget <= answer.length) nfc.stream.destroy()
      })
      return true
    },
  }
}

function answerOf(frame: ClientFrame, nfc: ScriptedNfc): Buffer {
  const lengthBytes = frame.payload.readUInt32LE(24)
  const fragments = []
  for (let offset = 0; offset < lengthBytes; offset += 65_536)
    fragments.push(nfc.fragment(frame, { offset, length: Math.min(65_536, lengthBytes - offset) }))
  return Buffer.concat(fragments)
}

describe('reading over a connection that breaks', () => {
  it('asks the next one for the fragments that are missing, and nothing else', async () => {
    // One fragment whole, and of the second only a part: nothing says that it would have ended as it began.
    const { host, disk, events } = await open(cutting([65_596 + 60 + 1000]), { transport: 'nbd' })
    const target = Buffer.alloc(262_144)
    await disk.read(0, target)
    expect(target.equals(image.subarray(0, 262_144))).toBe(true)
    expect(host.sessions.map(({ reads }) => reads)).toEqual([[[0, 262_144]], [[65_536, 262_144 - 65_536]]])
    expect(codes(events)).toEqual(['nfc.connection-lost'])
    expect(events[0]).toMatchObject({ attempt: 0, bufferBytes: 65_536 })
  })

  it('ends with every byte of every parallel read, wherever it breaks', async () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 200_000 }), { minLength: 1, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(cuts, fc.constantFrom('nbd', 'nbdssl' as const), async (budgets, transport) => {
        await using host = await ScriptedHost.start(image, cutting(budgets))
        const ticket = async () => host.ticket()
        const options = {
          path,
          access: 'read',
          ticket,
          transport,
          requestBytesMax: 65_536,
          reconnectDelayMs: 1,
        } as const
        await using disk = await openResumingNfcDisk(options)
        const target = Buffer.alloc(image.length, 0xee)
        const quarters = [0, 1, 2, 3].map((i) =>
          disk.read(i * 131_072, target.subarray(i * 131_072, (i + 1) * 131_072)),
        )
        await Promise.all(quarters)
        expect(target.equals(image)).toBe(true)
        for (const { failure } of host.sessions) expect(failure).toBeUndefined()
      }),
      { numRuns: 25 },
    )
  })

  it('mends a host that falls silent, and one that says what we do not know', async () => {
    let io = 0
    const { disk, events } = await open(
      {
        onFrame(frame, nfc) {
          if (frame.type !== aioType.IO || ++io > 2) return false
          if (io === 2) nfc.reply({ type: 30, opId: 0 }, Buffer.alloc(8))
          return true
        },
      },
      { timeouts: { requestMs: 1000 } },
    )
    const target = Buffer.alloc(4096)
    await disk.read(512, target)
    expect(target.equals(image.subarray(512, 4608))).toBe(true)
    expect(codes(events)).toEqual(['nfc.timeout', 'nfc.unknown-message'])
  })

  it('trusts nothing of a host that breaks the protocol, and says so', async () => {
    const { disk, events } = await open({
      onFrame: (frame, nfc) => frame.type === aioType.IO && nfc.stream.write('this is not a frame of NFC'),
    })
    await expect(disk.read(0, Buffer.alloc(512))).rejects.toMatchObject({ code: 'nfc.protocol-violation' })
    expect(events).toEqual([])
  })

  it('lets no parallel read fail when one of them makes it reconnect', async () => {
    let io = 0
    const { disk, events } = await open({
      onFrame(frame, nfc) {
        if (frame.type !== aioType.IO) return false
        if (++io > 4) return false
        if (io === 4) nfc.refuse(frame, 5, 'Failed to allocate the requested 65536 bytes')
        return true // the others are never answered on this connection
      },
    })
    const targets = Array.from({ length: 4 }, () => Buffer.alloc(65_536))
    await Promise.all(targets.map((target, i) => disk.read(i * 65_536, target)))
    expect(Buffer.concat(targets).equals(image.subarray(0, 262_144))).toBe(true)
    expect(codes(events)).toEqual(['nfc.out-of-memory'])
  })

  it('gets a new ticket when one was refused', async () => {
    const host = await ScriptedHost.start(image)
    onTestFinished(() => host[Symbol.asyncDispose]())
    const same = host.ticket()
    const tickets = [same, same, host.ticket()]
    const causes: string[] = []
    const options = {
      path,
      access: 'read',
      ticket: async () => tickets.shift()!,
      reconnectDelayMs: 1,
      transport: 'nbd',
    } as const
    const onReconnect = ({ cause }: ReconnectEvent) => void causes.push((cause as AppError).code)
    await using disk = await openResumingNfcDisk({ ...options, onReconnect })
    host.session.stream.destroy()
    await disk.read(0, Buffer.alloc(512))
    expect(causes).toEqual(['nfc.connection-lost', 'nfc.ticket-refused'])
  })

  it('falls back to smaller buffers, at once, and keeps them', async () => {
    const { host, disk, events } = await open({}, { bufferBytes: 16 * 1_048_576 })
    expect(events.map(({ delayMs, bufferBytes }) => [delayMs, bufferBytes / 1_048_576])).toEqual([
      [0, 8],
      [0, 4],
      [0, 2],
    ])
    host.session.stream.destroy()
    await disk.read(0, Buffer.alloc(512))
    expect(codes(events).slice(3)).toEqual(['nfc.connection-lost'])
    expect(events[3]!.bufferBytes).toBe(2 * 1_048_576)
  })

  it('falls back for that disk alone: the next one asks for all it wants', async () => {
    await open({}, { bufferBytes: 16 * 1_048_576 })
    const next = await open({}, { bufferBytes: 16 * 1_048_576 })
    expect(next.events[0]!.bufferBytes).toBe(8 * 1_048_576) // after its first question, for 16
  })

  it('gives up after so many connections without progress, with the last cause', async () => {
    const { disk, events } = await open(
      { onFrame: (frame, nfc) => frame.type === aioType.IO && nfc.stream.destroy() === nfc.stream },
      { attemptsMax: 3 },
    )
    const error: unknown = await disk.read(0, Buffer.alloc(512)).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'nfc.gave-up', remedy: 'retry', cause: { code: 'nfc.connection-lost' } })
    expect(String(error)).toContain('gave up after 3 connections without progress')
    expect(events).toHaveLength(2)
    await expect(disk.read(0, Buffer.alloc(512))).rejects.toMatchObject({ code: 'nfc.gave-up' })
  })

  it('passes on at once what no reconnecting mends', async () => {
    const host = await ScriptedHost.start(image)
    onTestFinished(() => host[Symbol.asyncDispose]())
    const opening = (change: Partial<ResumingNfcDiskOptions>) =>
      openResumingNfcDisk({ path, access: 'read', ticket: async () => host.ticket(), ...change })
    await expect(opening({ path: '[ds] other.vmdk' })).rejects.toMatchObject({ code: 'nfc.file-refused' })
    const denied = new AppError('vsphere.no-permission', 'call-operator', 'no')
    await expect(opening({ ticket: () => Promise.reject(denied) })).rejects.toBe(denied)
    const ticket = async () => host.ticket({ sslThumbprint: 'ab' })
    await expect(opening({ ticket })).rejects.toMatchObject({ code: 'nfc.certificate-mismatch' })
    const wrongPort = async () => host.ticket({ port: 1 })
    await expect(opening({ ticket: wrongPort })).rejects.toMatchObject({ code: 'nfc.port-unreachable' })
  })

  it('waits for a host that worked before and can not be reached now', async () => {
    let isDown = false
    let tries = 0
    const host = await ScriptedHost.start(image)
    onTestFinished(() => host[Symbol.asyncDispose]())
    const ticket = async () => host.ticket(isDown && ++tries < 3 ? { port: 1 } : {})
    await using disk = await openResumingNfcDisk({ path, access: 'read', ticket, reconnectDelayMs: 1 })
    isDown = true
    host.session.stream.destroy()
    await disk.read(0, Buffer.alloc(512))
    expect(tries).toBe(3)
  })

  it('tries a TLS handshake again that fails on a host that worked before, but not the first', async () => {
    const noTls: HostScript = { onSocket: (socket) => socket.write('220 hello\r\nHTTP/1.1 400 Bad Request\r\n\r\n') }
    await expect(open(noTls)).rejects.toMatchObject({ code: 'nfc.tls-failed' })
    const { host, disk, events } = await open({})
    let isBroken = true
    host.script = {
      onSocket(socket) {
        const isTaken = isBroken && noTls.onSocket!(socket)
        isBroken = false
        return isTaken
      },
    }
    host.session.stream.destroy()
    await disk.read(0, Buffer.alloc(512))
    expect(codes(events)).toEqual(['nfc.connection-lost', 'nfc.tls-failed'])
  })

  it('takes a handshake that is dropped for a lost connection, and tries again at once', async () => {
    let isDropped = false
    const { events } = await open({
      onSocket(socket) {
        const isFirst = !isDropped
        isDropped = true
        return isFirst && socket.end('220 hello\r\n') === socket
      },
    })
    expect(codes(events)).toEqual(['nfc.connection-lost'])
  })

  it('does not go on with another disk', async () => {
    const host = await ScriptedHost.start(image)
    const other = await ScriptedHost.start(Buffer.alloc(1024))
    onTestFinished(() => host[Symbol.asyncDispose]())
    onTestFinished(() => other[Symbol.asyncDispose]())
    const tickets = [host.ticket(), other.ticket()]
    await using disk = await openResumingNfcDisk({
      path,
      access: 'read',
      ticket: async () => tickets.shift()!,
      reconnectDelayMs: 1,
    })
    host.session.stream.destroy()
    await expect(disk.read(0, Buffer.alloc(512))).rejects.toMatchObject({ code: 'nfc.disk-changed' })
  })

  it('passes an abort on, while reading and while opening', async () => {
    const reason = new Error('enough')
    const soon = () => {
      const aborted = new AbortController()
      setTimeout(() => aborted.abort(reason), 20)
      return aborted.signal
    }
    const { disk } = await open({ onFrame: (frame) => frame.type === aioType.IO })
    await expect(disk.read(0, Buffer.alloc(512), soon())).rejects.toBe(reason)
    await expect(open({ onSocket: () => true }, { signal: soon() })).rejects.toBe(reason)
    await expect(open({}, { signal: soon(), ticket: () => new Promise(() => {}) })).rejects.toBe(reason)
  })
})

describe('a resuming disk', () => {
  it('tells what it is, what is allocated and what its descriptor says', async () => {
    const { disk } = await open({ holes: new Set([1, 2, 3]), ddb: { uuid: '60 00' } }, { allocatedChunkBytes: 65_536 })
    expect(disk).toMatchObject({
      capacityBytes: image.length,
      sectorSizeBytes: 512,
      geometry: { heads: 16 },
      ascending: false,
    })
    const extents = []
    for await (const extent of disk.allocated({ offsetBytes: 1000, lengthBytes: 300_000 })) extents.push(extent)
    expect(extents).toEqual([
      { offsetBytes: 1000, lengthBytes: 64_536 },
      { offsetBytes: 262_144, lengthBytes: 38_856 },
    ])
    expect(await disk.readDiskMetadata()).toEqual({ uuid: '60 00' })
  })

  it('counts all as allocated where the host can not tell', async () => {
    const { disk } = await open({
      onFrame: (frame, nfc) => frame.type === aioType.QUERY_ALLOCATED_BLOCKS && (nfc.refuse(frame, 1), true),
    })
    const extents = []
    for await (const extent of disk.allocated({ offsetBytes: 7, lengthBytes: 300_000 })) extents.push(extent)
    expect(extents).toEqual([{ offsetBytes: 7, lengthBytes: 300_000 }])
  })

  it('lets go of a file it has read in order, so that the snapshot can be removed', async () => {
    const { host, disk } = await open({})
    await disk[Symbol.asyncDispose]()
    await disk[Symbol.asyncDispose]()
    expect(await host.session.left).toBe(true)
    await expect(disk.read(0, Buffer.alloc(512))).rejects.toMatchObject({ code: 'nfc.closed' })
  })

  it('fails what is under way when it is closed, also while it reconnects', async () => {
    const { host, disk } = await open({ onFrame: (frame) => frame.type === aioType.IO })
    const reading = expect(disk.read(0, Buffer.alloc(512))).rejects.toMatchObject({ code: 'nfc.closed' })
    await new Promise((resolve) => setTimeout(resolve, 10))
    host.script = { onSocket: () => true }
    host.session.stream.destroy()
    await new Promise((resolve) => setTimeout(resolve, 20))
    await disk[Symbol.asyncDispose]()
    await reading
  })
})

describe('writing over a connection that breaks', () => {
  /** Breaks each of the first connections at its nth write frame. */
  function breaking(at: readonly number[]): HostScript {
    const seen = new Map<ScriptedNfc, number>()
    return {
      onFrame(frame, nfc) {
        if (frame.type !== aioType.IO) return false
        const session = [...seen.keys(), nfc].indexOf(nfc)
        const count = (seen.get(nfc) ?? 0) + 1
        seen.set(nfc, count)
        if (count !== at[session]) return false
        nfc.stream.destroy()
        return true
      },
    }
  }

  it('sends what was not acknowledged again, and ends with every byte', async () => {
    const bytes = Buffer.alloc(524_288)
    const { host, disk, events } = await open(breaking([3, 5]), { access: 'write', requestBytesMax: 131_072 }, bytes)
    await Promise.all([0, 1, 2, 3].map((i) => disk.write(i * 131_072, image.subarray(i * 131_072, (i + 1) * 131_072))))
    await disk.write(700, Buffer.alloc(33, 0xaa))
    await disk.finish()
    const expected = Buffer.from(image)
    expected.fill(0xaa, 700, 733)
    expect(bytes.equals(expected)).toBe(true)
    expect(codes(events)).toEqual(['nfc.connection-lost', 'nfc.connection-lost'])
    expect(await host.session.left).toBe(true)
    await expect(disk.write(0, Buffer.alloc(512))).rejects.toMatchObject({ code: 'nfc.closed' })
  })

  it('is not finished before a host has closed the file', async () => {
    let closes = 0
    const { host, disk } = await open(
      {
        onFrame: (frame, nfc) =>
          frame.type === aioType.CLOSE_FILE && ++closes === 1 && nfc.stream.destroy() === nfc.stream,
      },
      { access: 'write' },
      Buffer.alloc(4096),
    )
    await disk.write(0, Buffer.alloc(512, 1))
    await disk.finish()
    expect(closes).toBe(2)
    expect(await host.session.left).toBe(true)
  })

  it('drops what was never finished', async () => {
    const { host, disk } = await open({}, { access: 'write' }, Buffer.alloc(4096))
    await disk.write(0, Buffer.alloc(512, 1))
    await disk[Symbol.asyncDispose]()
    expect(await host.session.left).toBe(false)
  })
})
