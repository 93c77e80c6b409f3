import { Duplex, duplexPair } from 'node:stream'
import type { Socket } from 'node:net'
import { connect as connectTls, createSecureContext } from 'node:tls'
import { seededRandom } from '@vmkeep/kit'
import { fakeClock } from '@vmkeep/kit/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCertificate } from '../certificates/certificate.ts'
import { noFaults } from '../storage/faults.ts'
import { admit } from './authd.ts'
import { ByteReader } from './byte-reader.ts'
import { DetachableStream } from './detachable-stream.ts'
import type { Host } from './host.ts'
import { TicketBook } from './ticket-book.ts'

const random = seededRandom('authd')
const certificate = createCertificate({ commonName: 'esx01', notBeforeMs: 0, random })
const { certificatePem: cert, privateKeyPem: key } = certificate
const host = {
  certificate,
  secureContext: createSecureContext({ cert, key }),
  tickets: new TicketBook({ clock: fakeClock(), random }),
  faults: noFaults,
  clock: fakeClock(),
  random,
} as unknown as Host // what authd uses of it

describe('the hand-over from authd to NFC', () => {
  it.each([
    ['nbdssl', 0],
    ['nbdssl', 40],
    ['nbd', 0],
    ['nbd', 40],
  ] as const)(
    'leaves the first TLS session nothing of what follows it: %s, writes confirmed %i turns late',
    (transport, turnsLate) => handOver(transport, turnsLate),
  )

  it('does so however the bytes are cut', async () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(cuts, fc.nat(8), (sizes, turnsLate) => handOver('nbdssl', turnsLate, sizes)),
      { numRuns: 25 },
    )
    await handOver('nbdssl', 0, [1])
  })
})

/** A client goes through authd and says and hears a word where NFC would begin. */
async function handOver(transport: 'nbd' | 'nbdssl', turnsLate: number, sizes: readonly number[] = [65_536]) {
  const [near, far] = duplexPair()
  const socket = new SlowSocket(far, turnsLate, sizes) as unknown as Socket
  const gone = new AbortController()
  const admission = admit(socket, host, gone.signal)
  await using client = await throughAuthd(near, transport)
  client.write('hello')
  const { stream } = await admission
  expect((await new ByteReader(stream).exactly(5)).toString()).toBe('hello')
  stream.write('welcome')
  expect((await new ByteReader(client).exactly(7)).toString()).toBe('welcome')
  gone.abort()
}

async function throughAuthd(socket: Duplex, transport: 'nbd' | 'nbdssl'): Promise<Duplex> {
  await new ByteReader(socket).line(1024)
  socket.removeAllListeners('readable')
  const raw = new DetachableStream(socket as Socket)
  const tls = connectTls({ socket: raw, rejectUnauthorized: false })
  const reader = new ByteReader(tls)
  const sessionId = host.tickets.issue({ access: 'read', service: 'nfc' })
  tls.write(`SESSION ${sessionId}\r\nBANNER \r\n`)
  await reader.line(1024)
  tls.write('THUMBPRINT_SHA2 PlainText\r\n')
  await reader.line(1024)
  tls.write(`PROXY nfc${transport === 'nbdssl' ? 'ssl' : ''}\r\n`)
  expect(await reader.line(1024)).toMatch(/^200 Connect /)
  raw.detach()
  if (transport === 'nbd') return socket
  const second = connectTls({ socket, rejectUnauthorized: false })
  await new Promise<void>((resolve, reject) => second.once('secureConnect', resolve).once('error', reject))
  return second
}

/**
 * What a socket on a loaded machine looks like: what is written arrives at once but is confirmed late, when the peer has long
 * answered; what comes is cut anyhow.
 */
class SlowSocket extends Duplex {
  readonly #peer: Duplex
  readonly #turnsLate: number

  constructor(peer: Duplex, turnsLate: number, sizes: readonly number[]) {
    super()
    this.#peer = peer
    this.#turnsLate = turnsLate
    let pieces = 0
    peer.on('data', (chunk: Buffer) => {
      for (let at = 0; at < chunk.length; pieces++) {
        const size = sizes[pieces % sizes.length]!
        this.push(chunk.subarray(at, at + size))
        at += size
      }
    })
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#peer.write(chunk)
    void turns(this.#turnsLate).then(done)
  }
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise(setImmediate)
}
