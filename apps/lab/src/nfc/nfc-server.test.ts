import type { X509Certificate } from 'node:crypto'
import { deflateSync, inflateSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FaultPlan, seededRandom } from '@vmkeep/kit'
import { createCertificate } from '../certificates/certificate.ts'
import { guestImage, imageOfPath, openTestStorage } from '../storage/testing.ts'
import type { NfcAction, NfcLimits, NfcServer } from './model.ts'
import { startNfcServer } from './nfc-server.ts'
import { aio, classic, fragment, hello, NfcError, TestNfcClient } from './testing.ts'

const MiB = 1024 * 1024
const capacityBytes = 5 * MiB + 512
const noise = Buffer.from(seededRandom('nfc').bytes(3 * MiB))
const certificate = createCertificate({ commonName: 'esx01', notBeforeMs: 0, random: seededRandom('c') })

async function openLab(limits: Partial<NfcLimits> = {}) {
  const lab = await openTestStorage()
  const faults = new FaultPlan<NfcAction>(seededRandom('faults'))
  const said: string[] = []
  const log = ({ message }: { message: string }) => void said.push(message)
  const { storage, random, clock, vm } = lab
  const server: NfcServer = await startNfcServer({
    storage,
    certificate,
    random,
    clock,
    faults,
    log,
    limits: { idleMs: Infinity, ...limits }, // with this clock all time would pass at once
  })
  await vm.addDisk({ key: 2000, capacityBytes })
  await vm.disk(2000).writeGuest(100_000, noise)
  const ticket = (access: 'read' | 'write' = 'read', service: 'vpxa-nfc' | 'nfc' = 'vpxa-nfc') =>
    server.issueTicket({ vm, access, service })
  const close = async () => {
    await server[Symbol.asyncDispose]()
    await storage[Symbol.asyncDispose]()
  }
  return { ...lab, server, faults, said, ticket, [Symbol.asyncDispose]: close }
}

const path = '[ds] vm/vm.vmdk'

describe('a disk over NFC', () => {
  it.each([
    ['nbdssl', true],
    ['nbd', false],
  ])('reads every byte over %s, whatever the run, and ends in order', async (_, secure) => {
    await using lab = await openLab()
    await using client = await TestNfcClient.connect(lab.ticket(), { secure })
    const { handle, ...file } = await client.open(path)
    expect(file).toEqual({ capacityBytes, sectorSizeBytes: 512, geometry: [5, 64, 32] })
    const image = await guestImage(lab.vm)
    for (const [offset, length] of [
      [0, capacityBytes],
      [1, 1],
      [65_535, 65_538],
      [capacityBytes - 1, 1],
    ] as const)
      expect(image.subarray(offset, offset + length).equals(await client.read(handle, offset, length))).toBe(true)
    await client.close()
    expect(lab.said).toEqual([])
  })

  it('answers with fragments no larger than the session buffer, out of order', async () => {
    await using lab = await openLab()
    await using client = await TestNfcClient.connect(lab.ticket(), { secure: false, buffers: [4096, 4] })
    const { handle } = await client.open(path)
    await client.read(handle, 0, 100_000)
    expect(client.fragmentsSeen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 25 }, (_, i) => i * 4096))
    expect(client.fragmentsSeen).not.toEqual(client.fragmentsSeen.toSorted((a, b) => a - b))
  })

  it('answers pipelined requests, each under its own opId', async () => {
    await using lab = await openLab()
    await using client = await TestNfcClient.connect(lab.ticket(), { secure: false })
    const { handle } = await client.open(path)
    const targets = new Map<number, Buffer>()
    for (let i = 0; i < 40; i++) targets.set(client.requestRead(handle, i * 100_001, 90_000), Buffer.alloc(90_000))
    await client.collectReads(targets)
    const image = await guestImage(lab.vm)
    ;[...targets.values()].forEach((got, i) =>
      expect(image.subarray(i * 100_001, i * 100_001 + 90_000).equals(got)).toBe(true),
    )
  })

  it.each([
    ['zlib', 1, [1]],
    ['FastLZ, which it does not do', 2, [0]],
    ['SkipZ', 3, [3]],
  ])('compresses what shrinks with %s', async (_, kind, seen) => {
    await using lab = await openLab()
    await lab.vm.disk(2000).writeGuest(0, Buffer.alloc(1000, 7))
    await using client = await TestNfcClient.connect(lab.ticket(), { secure: false })
    const { handle } = await client.open(path)
    const target = Buffer.alloc(65_536)
    const opId = client.requestRead(handle, 0, target.length, kind)
    await client.collectReads(new Map([[opId, target]]), unpack)
    expect(target.equals((await guestImage(lab.vm)).subarray(0, 65_536))).toBe(true)
    expect(client.compressionsSeen).toEqual(seen)
    const raw = client.requestRead(handle, 131_072, 65_536, kind)
    await client.collectReads(new Map([[raw, target]]), unpack)
    expect(client.compressionsSeen.at(-1)).toBe(0)
    expect(target.equals(noise.subarray(31_072, 31_072 + 65_536))).toBe(true)
  })

  it('tells the disk database, and an empty value for a key that is not set', async () => {
    await using lab = await openLab()
    await using client = await TestNfcClient.connect(lab.ticket())
    const { handle } = await client.open(path)
    expect(await client.ddb(handle, 'adapterType')).toBe('lsilogic')
    expect(await client.ddb(handle, 'uuid')).toMatch(/^60 00 c2 9. (.. ){3}..-(.. ){7}..$/)
    expect(await client.ddb(handle, 'nothing')).toBe('')
  })

  it('tells allocated chunks, least significant bit first, padded to 4 bytes', async () => {
    await using lab = await openLab()
    await using client = await TestNfcClient.connect(lab.ticket())
    const { handle } = await client.open(path)
    // pages 1 to 48 were written: bytes 100,000 to 3,245,728 in pages of 64 KiB
    expect((await client.allocated(handle, 65_536, 0, 80)).toString('hex')).toBe('feffffff' + 'ffff0300' + '00000000')
    expect((await client.allocated(handle, MiB, MiB, 4)).toString('hex')).toBe('07000000')
    for (const [chunk, start, count] of [
      [65_536, 1, 1],
      [65_535, 0, 1],
      [512, 0, 1],
      [65_536, 0, 81],
      [65_536, 0, 0],
    ] as const)
      await expect(client.allocated(handle, chunk, start, count)).rejects.toThrow('Invalid range')
  })

  it('answers the small talk: socket options and resource pool', async () => {
    await using lab = await openLab()
    await using client = await TestNfcClient.connect(lab.ticket())
    expect((await client.call(9, Buffer.alloc(12))).readUInt32LE(8)).toBe(1)
    expect((await client.call(22, Buffer.from([1, 0, 0, 0]))).length).toBe(4)
  })
})

describe('writing over NFC', () => {
  it('stores, allocates and marks as changed what was written, with one acknowledgement', async () => {
    await using lab = await openLab()
    await lab.vm.setChangeTracking(true)
    await using client = await TestNfcClient.connect(lab.ticket('write'))
    const { handle } = await client.open(path, { flags: 0x1a })
    const ack = await client.write(handle, 4 * MiB + 512, noise.subarray(0, 300_000))
    expect([ack.length, ack.readUInt32LE(8), ack.readUInt32LE(24)]).toEqual([44, 0, 300_000])
    expect(noise.subarray(0, 300_000).equals(await client.read(handle, 4 * MiB + 512, 300_000))).toBe(true)
    const changeId = lab.vm.disk(2000).backing.changeId!.replace(/\d+$/, '1')
    await client.close()
    const { id } = await lab.vm.createSnapshot({ id: 's', name: 's' })
    const answer = await lab.vm.queryChanged({ snapshotId: id, deviceKey: 2000, startOffset: 0, changeId })
    expect(answer).toMatchObject({ kind: 'page', extents: [] }) // it was epoch 1, which this id closes
    expect(await lab.vm.queryChanged({ deviceKey: 2000, startOffset: 0, changeId: '*' })).toMatchObject({
      extents: [
        { offsetBytes: 65_536, lengthBytes: 49 * 65_536 },
        { offsetBytes: 4 * MiB, lengthBytes: 5 * 65_536 },
      ],
    })
  })

  it.each([
    ['zlib', 1, (plain: Buffer) => deflateSync(plain)],
    ['SkipZ', 3, (plain: Buffer) => Buffer.concat([u32(plain.length, 0), u32(0, 1000), plain.subarray(0, 1000)])],
  ])('takes fragments packed with %s', async (_, kind, packed) => {
    await using lab = await openLab()
    await using client = await TestNfcClient.connect(lab.ticket('write'), { secure: false })
    const { handle } = await client.open(path, { flags: 0x1a })
    const plain = Buffer.concat([noise.subarray(0, 1000), Buffer.alloc(7000)])
    const wire = packed(plain)
    client.send(7, fragment(handle, 512, 8000, 0, 8000, wire.length, kind), wire)
    await client.reply()
    expect(plain.equals((await guestImage(lab.vm)).subarray(512, 8512))).toBe(true)
  })

  it('refuses with 0x0b to open for writing with a read ticket, and to write to what was opened for reading', async () => {
    await using lab = await openLab()
    await using reader = await TestNfcClient.connect(lab.ticket('read'))
    await expect(reader.open(path, { flags: 0x1a })).rejects.toMatchObject({ code: 0x0b })
    await using writer = await TestNfcClient.connect(lab.ticket('write'))
    const { handle } = await writer.open(path)
    await expect(writer.write(handle, 0, noise.subarray(0, 200_000))).rejects.toMatchObject({ code: 0x0b })
    expect((await writer.read(handle, 0, 512)).equals(Buffer.alloc(512))).toBe(true) // the session goes on
  })
})

describe('what a host refuses', () => {
  it('opens the frozen disk of a running VM, never its leaf, nor what the ticket does not name', async () => {
    await using lab = await openLab()
    await lab.vm.setPower('on')
    const before = await guestImage(lab.vm)
    await using client = await TestNfcClient.connect(lab.ticket())
    await expect(client.open(path)).rejects.toMatchObject({ code: 1 })
    const { disks } = await lab.vm.createSnapshot({ id: 's', name: 's' })
    await lab.vm.disk(2000).writeGuest(0, noise)
    const { handle } = await client.open(disks[0]!.backing.fileName)
    expect(before.equals(await client.read(handle, 0, capacityBytes))).toBe(true)
    await lab.storage.createDisk('[ds] other/other.vmdk', { capacityBytes: MiB })
    for (const other of ['[ds] vm/vm-000001.vmdk', '[ds] other/other.vmdk', '[ds] vm/none.vmdk', 'nonsense', ''])
      await expect(client.open(other)).rejects.toMatchObject({ code: 1 })
  })

  it('lets no snapshot be consolidated while its disk is open, and all once it is closed', async () => {
    await using lab = await openLab()
    await lab.vm.setPower('on')
    const { disks } = await lab.vm.createSnapshot({ id: 's', name: 's' })
    await using client = await TestNfcClient.connect(lab.ticket())
    await client.open(disks[0]!.backing.fileName)
    for await (const _ of lab.vm.removeSnapshot('s')) continue
    expect(lab.vm.consolidationNeeded).toBe(true)
    await client.close()
    for await (const _ of lab.vm.consolidate()) continue
    expect(lab.vm.consolidationNeeded).toBe(false)
    expect(lab.vm.disk(2000).backing.fileName).toBe(path)
  })

  it('takes a ticket once, before it expires, for the service it was made for', async () => {
    await using lab = await openLab()
    const proxy = async (sessionId: string, service: string) => {
      const { client } = await TestNfcClient.dial(lab.server.port)
      await using _client = client
      return (await client.authd(sessionId, service))[2]
    }
    const used = lab.ticket()
    expect(used).toMatchObject({
      service: 'vpxa-nfc',
      serviceVersion: '1.1',
      sslThumbprint: certificate.thumbprintSha1,
    })
    expect(await proxy(used.sessionId, 'vpxa-nfc')).toBe('200 Connect ha-nfc')
    expect(await proxy(used.sessionId, 'vpxa-nfc')).toBe('530 Login incorrect.')
    expect(await proxy(lab.ticket('read', 'nfc').sessionId, 'nfcssl')).toBe('200 Connect ha-nfcssl')
    expect(await proxy(lab.ticket('read', 'nfc').sessionId, 'vpxa-nfc')).toMatch(/^501 /)
    const late = lab.ticket()
    lab.clock.advance(120_000)
    expect(await proxy(late.sessionId, 'vpxa-nfc')).toBe('530 Login incorrect.')
  })

  it('speaks authd as documented, with the certificate its thumbprint names', async () => {
    await using lab = await openLab()
    const { client, banner } = await TestNfcClient.dial(lab.server.port)
    await using _client = client
    expect(banner).toMatch(
      /^220 VMware Authentication Daemon Version 1\.10: SSL Required, .*NFCSSL supported\/t, SHA256 supported$/,
    )
    const replies = await client.authd(lab.ticket().sessionId, 'vpxa-nfcssl')
    expect(replies).toEqual([banner, `200 ${certificate.thumbprintSha256}`, '200 Connect ha-nfcssl'])
    await client.secondTls()
    const peer = (client.stream as unknown as { getPeerX509Certificate(): X509Certificate }).getPeerX509Certificate()
    expect(peer.fingerprint).toBe(certificate.thumbprintSha1)
  })

  it('closes on a command before TLS', async () => {
    await using lab = await openLab()
    const { client } = await TestNfcClient.dial(lab.server.port)
    await using _client = client
    client.socket.write('SESSION x\r\n')
    await client.ended()
  })

  it('refuses buffers of 16 MiB and goes on with smaller ones', async () => {
    await using lab = await openLab()
    const ticket = lab.ticket()
    await expect(TestNfcClient.connect(ticket, { buffers: [16 * MiB, 1] })).rejects.toThrow(
      'Failed to allocate the requested 16777216 bytes',
    )
    await using _client = await TestNfcClient.connect(lab.ticket(), { buffers: [2 * MiB, 4] })
  })

  it('has 52 connections and 48 MiB of buffers to give; over it, NFC error 5', async () => {
    await using lab = await openLab({ connectionsMax: 3, buffersBytesMax: 6 * MiB })
    const open = [await TestNfcClient.connect(lab.ticket(), { buffers: [MiB, 4] })]
    await expect(TestNfcClient.connect(lab.ticket(), { buffers: [MiB, 3] })).rejects.toMatchObject({ code: 5 })
    for (let i = 0; i < 2; i++) open.push(await TestNfcClient.connect(lab.ticket()))
    await expect(TestNfcClient.connect(lab.ticket())).rejects.toMatchObject({ code: 5 })
    await open[0]!.close()
    open.push(await TestNfcClient.connect(lab.ticket()))
    for (const client of open) await client[Symbol.asyncDispose]()
  })

  it('answers a request beyond its limit with NFC error 5', async () => {
    await using lab = await openLab({ requestBytesMax: 2 * MiB })
    await using client = await TestNfcClient.connect(lab.ticket())
    const { handle } = await client.open(path)
    await client.read(handle, 0, 2 * MiB)
    await expect(client.read(handle, 0, 2 * MiB + 1)).rejects.toThrow('Failed to allocate the requested 2097153 bytes')
  })

  it('answers reads outside the disk and unknown handles with an error and goes on', async () => {
    await using lab = await openLab()
    await using client = await TestNfcClient.connect(lab.ticket())
    const { handle } = await client.open(path)
    await expect(client.read(handle, capacityBytes - 1, 2)).rejects.toBeInstanceOf(NfcError)
    await expect(client.read(handle, 0, 0)).resolves.toEqual(Buffer.alloc(0))
    await expect(client.reply()).rejects.toBeInstanceOf(NfcError)
    await expect(client.read(99n, 0, 1)).rejects.toThrow('Invalid handle 99')
    expect((await client.read(handle, 0, 1)).length).toBe(1)
  })
})

describe('faults by rule', () => {
  it.each([
    [{ on: 'nfc.open-file', then: { do: 'error', code: 13 } } as const, { code: 13 }],
    [{ on: 'nfc.io', then: { do: 'error', code: 5 } } as const, { code: 5 }],
    [{ on: 'nfc.fragment', then: { do: 'error', code: 7 } } as const, { code: 7 }],
    [{ on: 'nfc.open-session', then: { do: 'error', code: 5 } } as const, { code: 5 }],
    [{ on: 'nfc.io', then: { do: 'disconnect' } } as const, { code: 'lab.nfc-peer-gone' }],
    [{ on: 'nfc.fragment', after: 3, then: { do: 'disconnect' } } as const, { code: 'lab.nfc-peer-gone' }],
    [{ on: 'nfc.fragment', after: 3, then: { do: 'truncate' } } as const, { code: 'lab.nfc-peer-gone' }],
    [{ on: 'nfc.fragment', then: { do: 'garbage' } } as const, { message: 'magic' }],
    [{ on: 'nfc.handshake', then: { do: 'disconnect' } } as const, { code: 'lab.nfc-peer-gone' }],
  ])('%j reaches the client as %j', async (rule, failure) => {
    await using lab = await openLab()
    const whole = async () => {
      await using client = await TestNfcClient.connect(lab.ticket())
      const { handle } = await client.open(path)
      return await client.read(handle, 0, MiB)
    }
    lab.faults.add({ ...rule, times: 1 })
    await expect(whole()).rejects.toMatchObject(failure)
    expect((await whole()).length).toBe(MiB)
  })

  it('a dead ticket, a cut banner and a stall', async () => {
    await using lab = await openLab()
    lab.faults.add({ on: 'nfc.session', times: 1, then: { do: 'dead-ticket' } })
    const { client } = await TestNfcClient.dial(lab.server.port)
    expect((await client.authd(lab.ticket().sessionId, 'vpxa-nfc'))[2]).toMatch(/^530 /)
    lab.faults.add({ on: 'nfc.banner', times: 1, then: { do: 'truncate' } })
    await expect(TestNfcClient.dial(lab.server.port)).rejects.toMatchObject({ code: 'lab.nfc-peer-gone' })
    lab.faults.add({ on: 'nfc.fragment', times: 1, then: { do: 'stall' } })
    await using stalled = await TestNfcClient.connect(lab.ticket())
    const { handle } = await stalled.open(path)
    const read = stalled.read(handle, 0, 512)
    read.catch(() => {})
    expect(await Promise.race([read, new Promise((resolve) => setTimeout(resolve, 30, 'nothing'))])).toBe('nothing')
    lab.server.disconnectAll()
    await expect(read).rejects.toMatchObject({ code: 'lab.nfc-peer-gone' })
    await client[Symbol.asyncDispose]()
  })
})

describe('a client that breaks the protocol', () => {
  let lab: Awaited<ReturnType<typeof openLab>>
  beforeAll(async () => {
    lab = await openLab()
  })
  afterAll(() => lab[Symbol.asyncDispose]())

  const broken: [string, Buffer, RegExp][] = [
    ['another first frame', classic(33), /HANDSHAKE/],
    ['a wrong encoding', classic(43, Buffer.from('Encrypted')), /encoding/],
    [
      'names without end',
      Buffer.concat([hello(), classic(51), classic(54, Buffer.from('ffffffffffffffff', 'hex'))]),
      /names of/,
    ],
  ]
  it.each(broken)('%s ends the connection, and the log says why', async (_, bytes, why) => {
    const { client } = await TestNfcClient.dial(lab.server.port)
    await client.authd(lab.ticket().sessionId, 'vpxa-nfc')
    client.socket.write(bytes)
    await client.ended()
    expect(lab.said.at(-1)).toMatch(why)
  })

  const afterHandshake: [string, Buffer, RegExp][] = [
    ['a wrong magic', Buffer.alloc(16, 9), /magic/],
    ['IO before OPEN_SESSION', aio(7, 0, Buffer.alloc(44)), /before OPEN_SESSION/],
    ['a wrong size', aio(2, 0, Buffer.alloc(15)), /15 bytes where 16 belong/],
    ['an opId out of order', aio(2, 1, Buffer.alloc(16)), /opId 1 where 0/],
  ]
  it.each(afterHandshake)('%s ends the session, and the log says why', async (_, bytes, why) => {
    const { client } = await TestNfcClient.dial(lab.server.port)
    await client.authd(lab.ticket().sessionId, 'vpxa-nfc')
    client.use(client.socket)
    await client.shakeHands()
    client.stream.write(bytes)
    await client.ended()
    expect(lab.said.at(-1)).toMatch(why)
  })

  const inSession: [string, number, Buffer, Buffer, RegExp][] = [
    ['an unknown type', 99, Buffer.alloc(0), Buffer.alloc(0), /unknown type 99/],
    [
      'a path without end',
      4,
      Buffer.concat([u32(0xffff_ffff), Buffer.alloc(56)]),
      Buffer.alloc(0),
      /a path of 4294967295 bytes/,
    ],
    ['a key without end', 11, Buffer.concat([Buffer.alloc(8), u32(0xffff_ffff, 0)]), Buffer.alloc(0), /a key of/],
    [
      'lengths that differ',
      7,
      Buffer.concat([Buffer.alloc(8), u32(1, 0, 0, 0, 5, 0, 5, 6, 0)]),
      Buffer.alloc(0),
      /differ/,
    ],
    [
      'a direction that is none',
      7,
      Buffer.concat([Buffer.alloc(8), u32(2), Buffer.alloc(32)]),
      Buffer.alloc(0),
      /direction 2/,
    ],
    [
      'a fragment above the buffer',
      7,
      fragment(1n, 0, 1, 0, 1, 65_537),
      Buffer.alloc(0),
      /65537 bytes, buffers have 65536/,
    ],
  ]
  it.each(inSession)('%s ends the session, and the log says why', async (_, type, payload, extra, why) => {
    await using client = await TestNfcClient.connect(lab.ticket(), { secure: false })
    client.send(type, payload, extra)
    await client.ended()
    expect(lab.said.at(-1)).toMatch(why)
  })

  it('half a TLS record and silence ends the connection', async () => {
    const { client } = await TestNfcClient.dial(lab.server.port)
    client.socket.end(Buffer.from('160301ffff01', 'hex'))
    await client.ended()
  })

  it('any bytes at any point end that connection and no other', async () => {
    await using witness = await TestNfcClient.connect(lab.ticket(), { secure: false })
    const { handle } = await witness.open(path)
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('banner', 'authd', 'tls', 'handshake', 'aio'),
        fc.uint8Array({ minLength: 300, maxLength: 600 }),
        async (at, noiseBytes) => {
          const { client } = await TestNfcClient.dial(lab.server.port)
          await using _client = client
          const service = at === 'authd' ? 'x' : at === 'tls' ? 'vpxa-nfcssl' : 'vpxa-nfc'
          if (at !== 'banner') await client.authd(lab.ticket().sessionId, service)
          if (at === 'aio') {
            client.use(client.socket)
            await client.shakeHands()
          }
          client.socket.end(noiseBytes)
          await client.ended()
          expect((await witness.read(handle, 0, 4096)).length).toBe(4096)
        },
      ),
      { numRuns: 40 },
    )
  })
})

it('frees what a connection held when it is cut', async () => {
  await using lab = await openLab({ connectionsMax: 1 })
  for (let i = 0; i < 3; i++) {
    const client = await TestNfcClient.connect(lab.ticket('write'))
    await client.open(path, { flags: 0x1a })
    await client[Symbol.asyncDispose]()
    while (lab.server.connections > 0) await new Promise(setImmediate)
  }
  expect((await imageOfPath(lab.storage, path)).length).toBe(capacityBytes)
})

function u32(...values: number[]): Buffer {
  return Buffer.from(Uint32Array.from(values).buffer)
}

/** SkipZ and zlib, from nfc-wire.md §4. */
function unpack(kind: number, wire: Buffer, length: number): Buffer {
  if (kind === 1) return inflateSync(wire)
  if (kind === 0) return wire
  const plain = Buffer.alloc(length)
  for (let at = 8; at < wire.length;) {
    const [to, size] = [wire.readUInt32LE(at), wire.readUInt32LE(at + 4)]
    wire.copy(plain, to, at + 8, at + 8 + size)
    at += 8 + size
  }
  return plain
}
