// The NFC client and the lab's NFC server were written apart, from the same specification: here they must agree.
import { FaultPlan, type FaultRule, seededRandom, systemClock } from '@vmkeep/kit'
import { MemoryDisk } from '@vmkeep/disk'
import { openNfcFile, openResumingNfcDisk, type ReconnectEvent, type ResumingNfcDiskOptions } from '@vmkeep/nfc'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createCertificate } from '../../apps/lab/src/certificates/index.ts'
import { type NfcAction, type NfcServer, type NfcServerOptions, startNfcServer } from '../../apps/lab/src/nfc/index.ts'
import { type LabStorage, openLabStorage } from '../../apps/lab/src/storage/index.ts'
import { openChoppyNetwork } from './choppy-network.ts'

const mebibyte = 1024 * 1024
const capacityBytes = 24 * mebibyte + 512
const readPath = '[ds] read/read.vmdk'
const random = seededRandom('client and lab')
const image = Buffer.alloc(capacityBytes)
let storage: LabStorage

beforeAll(async () => {
  for (const at of [0, 3 * mebibyte + 77, 20 * mebibyte]) image.set(random.bytes(2 * mebibyte), at)
  image.set(random.bytes(512), capacityBytes - 512)
  storage = await openLabStorage({ random, clock: systemClock })
  storage.addDatastore({ name: 'ds', type: 'VMFS', capacityBytes: 1024 * mebibyte })
  const source = new MemoryDisk(capacityBytes)
  for (const [at, end] of [
    [0, 6 * mebibyte],
    [20 * mebibyte, capacityBytes],
  ] as const)
    await source.write(at, image.subarray(at, end))
  await storage.createDisk(readPath, { capacityBytes, source })
  return () => storage[Symbol.asyncDispose]()
})

async function serve(options: Partial<NfcServerOptions> = {}) {
  const complaints: string[] = []
  const faults = new FaultPlan<NfcAction>(random)
  const server = await startNfcServer({
    storage,
    certificate: createCertificate({ commonName: 'esx.lab', notBeforeMs: Date.now() - 1000, random }),
    random,
    clock: systemClock,
    faults: faults as never,
    log: ({ message }) => void complaints.push(message),
    ...options,
  })
  onTestFinished(() => server[Symbol.asyncDispose]())
  return { server, faults, complaints }
}

const ticketOf = (server: NfcServer, access: 'read' | 'write' = 'read') => ({
  ...server.issueTicket({ access, service: 'vpxa-nfc' }),
  host: server.address,
})

async function resuming(server: NfcServer, options: Partial<ResumingNfcDiskOptions> = {}) {
  const causes: unknown[] = []
  const disk = await openResumingNfcDisk({
    path: readPath,
    access: 'read',
    ticket: async () => ticketOf(server, options.access),
    reconnectDelayMs: 1,
    onReconnect: ({ cause }: ReconnectEvent) => void causes.push((cause as { code: string }).code),
    ...options,
  })
  onTestFinished(() => disk[Symbol.asyncDispose]())
  return { disk, causes }
}

describe('client and lab', () => {
  it.each([
    ['nbdssl', 'none'],
    ['nbd', 'none'],
    ['nbdssl', 'skipz'],
    ['nbd', 'zlib'],
  ] as const)('read a disk alike, over %s, compression %s', async (transport, compression) => {
    const { server, complaints } = await serve()
    const ticket = ticketOf(server)
    const file = await openNfcFile({
      ticket,
      path: readPath,
      access: 'read',
      transport,
      compression,
      bufferBytes: 131_072,
    })
    expect(file.capacityBytes).toBe(capacityBytes)
    const target = Buffer.alloc(capacityBytes, 0xee)
    await file.read(0, target)
    expect(target.equals(image)).toBe(true)
    const odd = Buffer.alloc(100_001)
    await file.read(3 * mebibyte - 5, odd)
    expect(odd.equals(image.subarray(3 * mebibyte - 5, 3 * mebibyte - 5 + odd.length))).toBe(true)
    await file.close()
    expect(complaints).toEqual([])
  })

  it.each(['nbdssl', 'nbd'] as const)(
    'understand each other however the network cuts and holds back their bytes, over %s',
    async (transport) => {
      const { server, complaints } = await serve()
      await using network = await openChoppyNetwork(server.port, seededRandom(`choppy ${transport}`))
      for (let i = 0; i < 100; i++) {
        const ticket = { ...ticketOf(server), port: network.port }
        const file = await openNfcFile({ ticket, path: readPath, access: 'read', transport })
        const target = Buffer.alloc(5000)
        await file.read(i * 9001, target)
        expect(target.equals(image.subarray(i * 9001, i * 9001 + target.length))).toBe(true)
        await file.close()
      }
      expect(complaints).toEqual([])
    },
  )

  it('agree on what is allocated, and on what the descriptor says', async () => {
    const { server } = await serve()
    const { disk } = await resuming(server)
    let at = 0
    for await (const { offsetBytes, lengthBytes } of disk.allocated({ offsetBytes: 0, lengthBytes: capacityBytes })) {
      expect(image.subarray(at, offsetBytes).every((byte) => byte === 0)).toBe(true)
      at = offsetBytes + lengthBytes
    }
    expect(at).toBe(capacityBytes) // the last chunk is not whole: it counts as allocated
    expect(await disk.readDiskMetadata()).toMatchObject({ adapterType: 'lsilogic' })
  })

  it.each(['none', 'skipz', 'zlib'] as const)('write a disk alike, compression %s', async (compression) => {
    const path = `[ds] written/${compression}.vmdk`
    await storage.createDisk(path, { capacityBytes })
    const { server, faults, complaints } = await serve()
    faults.add({ on: 'nfc.io', after: 3, times: 1, then: { do: 'disconnect' } })
    const { disk, causes } = await resuming(server, { path, access: 'write', compression })
    const runs = [0, 6, 12, 18].map((at) => [at * mebibyte, Math.min((at + 6) * mebibyte, capacityBytes)] as const)
    await Promise.all(runs.map(([at, end]) => disk.write(at, image.subarray(at, end))))
    await disk.write(24 * mebibyte + 1, image.subarray(24 * mebibyte + 1))
    await disk.write(24 * mebibyte, image.subarray(24 * mebibyte, 24 * mebibyte + 1))
    await disk.finish()
    const { disk: back } = await resuming(server, { path })
    const target = Buffer.alloc(capacityBytes, 0xee)
    await back.read(0, target)
    expect(target.equals(image)).toBe(true)
    expect(causes).toEqual(['nfc.connection-lost'])
    expect(complaints).toEqual([])
  })

  it.each<[string, readonly FaultRule<NfcAction>[], readonly string[]]>([
    ['a cut', [{ on: 'nfc.fragment', after: 50, times: 1, then: { do: 'disconnect' } }], ['nfc.connection-lost']],
    [
      'a host out of memory',
      [{ on: 'nfc.io', after: 4, times: 1, then: { do: 'error', code: 5 } }],
      ['nfc.out-of-memory'],
    ],
    ['silence', [{ on: 'nfc.io', after: 4, times: 1, then: { do: 'stall' } }], ['nfc.timeout']],
    [
      'a cut and a dead ticket',
      [
        { on: 'nfc.fragment', after: 50, times: 1, then: { do: 'disconnect' } },
        { on: 'nfc.session', times: 1, then: { do: 'dead-ticket' } },
      ],
      ['nfc.connection-lost', 'nfc.ticket-refused'],
    ],
  ])('come back from %s, with every byte', async (_fault, rules, expected) => {
    const { server, faults } = await serve()
    const isSilent = expected.includes('nfc.timeout')
    const { disk, causes } = await resuming(server, { timeouts: { requestMs: isSilent ? 1000 : 60_000 } })
    for (const rule of rules) faults.add(rule)
    const target = Buffer.alloc(capacityBytes, 0xee)
    const eighths = Array.from({ length: 8 }, (_, i) => [i * 3 * mebibyte, (i + 1) * 3 * mebibyte] as const)
    await Promise.all(eighths.map(([at, end]) => disk.read(at, target.subarray(at, end))))
    await disk.read(24 * mebibyte, target.subarray(24 * mebibyte))
    expect(target.equals(image)).toBe(true)
    expect(isSilent ? [...new Set(causes)] : causes).toEqual(expected) // a busy machine may be silent, too
  })

  it('count a frame that was cut in half as never sent', async () => {
    const { server, faults } = await serve()
    faults.add({ on: 'nfc.fragment', after: 9, times: 3, then: { do: 'truncate' } })
    const { disk, causes } = await resuming(server, { requestBytesMax: mebibyte })
    const target = Buffer.alloc(6 * mebibyte, 0xee)
    await disk.read(0, target)
    expect(target.equals(image.subarray(0, 6 * mebibyte))).toBe(true)
    expect(new Set(causes)).toEqual(new Set(['nfc.connection-lost'])) // one or more: windows are sent side by side
  })

  it('part over noise between frames', async () => {
    const { server, faults } = await serve()
    faults.add({ on: 'nfc.fragment', after: 9, times: 1, then: { do: 'garbage' } })
    const { disk } = await resuming(server)
    await expect(disk.read(0, Buffer.alloc(6 * mebibyte))).rejects.toMatchObject({ code: 'nfc.protocol-violation' })
  })

  it('find the size of buffers that both can live with', async () => {
    const { server } = await serve({ limits: { buffersBytesMax: 5 * mebibyte } })
    const { disk } = await resuming(server, { bufferBytes: 16 * mebibyte })
    const target = Buffer.alloc(mebibyte)
    await disk.read(0, target)
    expect(target.equals(image.subarray(0, mebibyte))).toBe(true)
  })

  it('refuse alike what is not allowed', async () => {
    const { server } = await serve()
    const opening = openNfcFile({ ticket: ticketOf(server), path: readPath, access: 'write' })
    await expect(opening).rejects.toMatchObject({ code: 'nfc.read-only' })
    const missing = openNfcFile({ ticket: ticketOf(server), path: '[ds] read/none.vmdk', access: 'read' })
    await expect(missing).rejects.toMatchObject({ code: 'nfc.file-refused' })
    const ticket = ticketOf(server)
    await (await openNfcFile({ ticket, path: readPath, access: 'read' })).close()
    await expect(openNfcFile({ ticket, path: readPath, access: 'read' })).rejects.toMatchObject({
      code: 'nfc.ticket-refused',
    })
    const foreign = { ...ticketOf(server), sslThumbprint: 'AA:BB' }
    await expect(openNfcFile({ ticket: foreign, path: readPath, access: 'read' })).rejects.toMatchObject({
      code: 'nfc.certificate-mismatch',
    })
  })
})
