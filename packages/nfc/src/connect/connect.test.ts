import { createServer } from 'node:net'
import { systemClock } from '@vmkeep/kit'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import type { NfcTicket } from '../ticket.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { type HostScript, ScriptedHost } from '../testing/scripted-host.ts'
import { connectNfc, type ConnectOptions } from './connect.ts'

const image = Buffer.alloc(4096)

function connect(ticket: NfcTicket, options: Partial<ConnectOptions> = {}) {
  const timeouts = { connectTimeoutMs: 2000, phaseTimeoutMs: 2000 }
  return connectNfc(ticket, { transport: 'nbdssl', clock: systemClock, ...timeouts, ...options })
}

async function failureOf(
  script: HostScript,
  options?: Partial<ConnectOptions>,
  change?: Partial<NfcTicket>,
): Promise<unknown> {
  await using host = await ScriptedHost.start(image, script)
  return await connect(host.ticket(change), options).then(
    (stream) => {
      stream.destroy()
      return 'connected'
    },
    (error: unknown) => error,
  )
}

describe('connecting', () => {
  it.each([
    ['nbdssl', 'PROXY vpxa-nfcssl'],
    ['nbd', 'PROXY vpxa-nfc'],
  ] as const)('says to authd what the vendor says, over %s', async (transport, proxy) => {
    await using host = await ScriptedHost.start(image)
    const stream = await connect(host.ticket({ sessionId: '52cdebc5' }), { transport })
    expect(host.lines).toEqual(['SESSION 52cdebc5', 'BANNER ', 'THUMBPRINT_SHA2 PlainText', proxy])
    stream.destroy()
  })

  it.each([
    ['SHA-1 with colons', (host: ScriptedHost) => host.ticket().sslThumbprint],
    ['SHA-1 in small letters', (host: ScriptedHost) => host.ticket().sslThumbprint.replaceAll(':', '').toLowerCase()],
    ['SHA-256', (host: ScriptedHost) => host.sha256],
  ])('takes the thumbprint as %s', async (_form, thumbprint) => {
    await using host = await ScriptedHost.start(image)
    const stream = await connect(host.ticket({ sslThumbprint: thumbprint(host) }))
    stream.destroy()
  })

  it.each([1, 2] as const)(
    'shows nothing to a host with another certificate, in TLS session %i',
    async (wrongCertificateIn) => {
      const error = await failureOf({ wrongCertificateIn })
      expect(error).toMatchObject({ code: 'nfc.certificate-mismatch', remedy: 'call-operator' })
    },
  )

  it.each(['', 'ab', 'zz:zz'])('trusts nobody on the thumbprint %j', async (sslThumbprint) => {
    await using host = await ScriptedHost.start(image)
    await expect(connect(host.ticket({ sslThumbprint }))).rejects.toMatchObject({ code: 'nfc.certificate-mismatch' })
    expect(host.lines).toEqual([])
  })

  it('says that a ticket is used up', async () => {
    await using host = await ScriptedHost.start(image)
    const ticket = host.ticket()
    const stream = await connect(ticket)
    const error: unknown = await connect(ticket).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'nfc.ticket-refused', remedy: 'retry' })
    expect(String(error)).toContain('530 Please login')
    expect(String(error)).not.toContain('ticket-0')
    stream.destroy()
  })

  it.each<[string, HostScript, string, string]>([
    [
      'authd is shutting down',
      { banner: '421 Service not available' },
      'nfc.service-unavailable',
      '421 Service not available',
    ],
    ['something else answers', { banner: 'SSH-2.0-OpenSSH_9.2' }, 'nfc.protocol-violation', 'found \\"SSH-2.0'],
    [
      'the line never ends',
      { banner: 'x'.repeat(3000) },
      'nfc.protocol-violation',
      'more than 1024 bytes without an end',
    ],
    [
      'the service is not offered',
      { onLine: (line) => (line.startsWith('PROXY') ? '501 Invalid arguments' : undefined) },
      'nfc.service-refused',
      'vpxa-nfcssl (501 Invalid arguments)',
    ],
    [
      'the login fails late',
      { onLine: (line) => (line.startsWith('PROXY') ? '530 Login incorrect.' : undefined) },
      'nfc.ticket-refused',
      '530 Login incorrect',
    ],
    ['authd talks nonsense', { onLine: () => 'hm' }, 'nfc.protocol-violation', 'presenting the ticket'],
    ['the version is too old', { version: 2 }, 'nfc.version-mismatch', 'speaks NFC version 2'],
    [
      'it hangs up at once',
      { onSocket: (socket) => socket.end() === socket },
      'nfc.connection-lost',
      'waiting for its authd banner',
    ],
    [
      'it hangs up before TLS',
      { onSocket: (socket) => socket.end('220 hello\r\n') === socket },
      'nfc.connection-lost',
      'starting TLS with authd',
    ],
    ['it hangs up before NFC', { onNfc: (stream) => stream.destroy() === stream }, 'nfc.connection-lost', 'NFC'],
    [
      'it speaks no TLS',
      { onSocket: (socket) => socket.write('220 hello\r\nHTTP/1.1 400 Bad Request\r\n\r\n') },
      'nfc.tls-failed',
      'starting TLS with authd',
    ],
    [
      'its frames are not ours',
      { onNfc: (stream) => stream.write(Buffer.alloc(264, 7)) },
      'nfc.protocol-violation',
      'nfc.SESSION_PARAMS_REPLY.type: expected 0x24',
    ],
    [
      'its frames are cut short',
      { onNfc: (stream) => stream.end(Buffer.alloc(263)) === stream },
      'nfc.connection-lost',
      'starting NFC',
    ],
  ])('tells what is wrong when %s', async (_what, script, code, text) => {
    const error = await failureOf(script)
    expect(error).toMatchObject({ code })
    expect((error as Error).message).toContain(text.replaceAll('\\', ''))
  })

  it.each<[string, HostScript, string, number]>([
    ['TCP', { onSocket: () => true }, 'waiting for its authd banner', 2],
    ['the banner', { onSocket: (socket) => socket.write('220 hello\r\n') }, 'starting TLS with authd', 3],
    ['TLS', { onLine: (line) => (line === 'BANNER ' ? '' : undefined) }, 'presenting the ticket', 4],
    ['authd', { onNfc: (stream) => stream.on('data', () => {}) === stream }, 'starting NFC', 6],
  ])('does not wait for ever for a host that falls silent after %s', async (_phase, script, during, phases) => {
    const clock = new ManualClock()
    const failure = failureOf(script, { clock })
    await vi.waitUntil(() => clock.sleeps === phases, { timeout: 10_000, interval: 5 }) // each phase sets its alarm
    await clock.advance(2000)
    expect(await failure).toMatchObject({ code: 'nfc.timeout', details: { during } })
  })

  it.each<[string, HostScript]>([
    ['the banner', { onSocket: () => true }],
    ['TLS', { onSocket: (socket) => socket.write('220 hello\r\n') }],
    ['NFC', { onNfc: (stream) => stream.on('data', () => {}) === stream }],
  ])('stops at an abort while waiting for %s', async (_phase, script) => {
    const aborted = new AbortController()
    setTimeout(() => aborted.abort(reason), 30)
    const reason = new Error('enough')
    expect(await failureOf(script, { signal: aborted.signal })).toBe(reason)
    expect(await failureOf({}, { signal: aborted.signal })).toBe(reason)
  })

  it('names host and port, and the firewall, when nothing answers', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as { port: number }
    await new Promise((resolve) => server.close(resolve))
    await using host = await ScriptedHost.start(image)
    const error: unknown = await connect(host.ticket({ port })).catch((cause: unknown) => cause)
    expect(error).toMatchObject({ code: 'nfc.port-unreachable', remedy: 'call-operator' })
    expect(String(error)).toContain(`127.0.0.1:${port} (ECONNREFUSED): open port ${port} in the firewalls`)
  })

  it('names the host whose name nobody knows', async () => {
    await using host = await ScriptedHost.start(image)
    const error: unknown = await connect(host.ticket({ host: 'no such host' })).catch((cause: unknown) => cause)
    expect(error).toMatchObject({ code: 'nfc.host-unknown', details: { host: 'no such host' } })
  })

  it('comes to an end in words, whatever noise comes in whichever phase', async () => {
    const noise = fc.uint8Array({ minLength: 1, maxLength: 600 })
    const phases = fc.constantFrom('banner', 'tls', 'line', 'nfc' as const)
    await fc.assert(
      fc.asyncProperty(phases, noise, async (where, bytes) => {
        const script = noiseIn(where, bytes)
        const error = await failureOf(script, { phaseTimeoutMs: 100 })
        expect((error as { code: string }).code).toMatch(
          /^nfc\.(protocol-violation|connection-lost|tls-failed|service-\w+|ticket-refused|timeout)$/,
        )
      }),
      { numRuns: 60 },
    )
  })
})

function noiseIn(where: 'banner' | 'tls' | 'line' | 'nfc', bytes: Uint8Array): HostScript {
  if (where === 'line') return { onLine: () => Buffer.from(bytes).toString('latin1') }
  if (where === 'nfc') return { onNfc: (stream) => stream.end(bytes) === stream }
  return {
    onSocket(socket) {
      if (where === 'tls') socket.write('220 hello\r\n')
      return socket.end(bytes) === socket
    },
  }
}
