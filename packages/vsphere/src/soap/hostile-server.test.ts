// What a client meets that dials a wrong, broken or hostile server: an error that says so, at once, in bounded memory.
import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { createServer } from 'node:tls'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { AppError } from '@vmkeep/kit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Handler, loopbackCertificate, TestHttpsServer } from '../testing/https-server.ts'
import { Cookies } from './cookies.ts'
import { encodeResponse } from './envelope.ts'
import { HttpClient } from './http-client.ts'
import { SoapClient } from './soap-client.ts'

const good = encodeResponse('CurrentTime', '2026-01-01T00:00:00Z')

async function ask(handler: Handler, limitBytes = 1_000_000, timeoutMs = 10_000): Promise<string> {
  await using server = await TestHttpsServer.start(handler)
  return await askPort(server.port, limitBytes, timeoutMs)
}

const trust = { by: 'authority', ca: loopbackCertificate.certificatePem } as const

async function askPort(port: number, limitBytes: number, timeoutMs: number): Promise<string> {
  using http = new HttpClient({ host: 'localhost', port }, trust)
  const soap = new SoapClient(http, limitBytes)
  try {
    const answer = await soap.post('<call/>', new Cookies(), { pool: 'calls', what: 'CurrentTime', timeoutMs })
    return 'response' in answer ? `answered ${answer.response.name}` : `fault ${answer.fault.text}`
  } catch (error) {
    if (error instanceof AppError) return `${error.code}: ${error.message}`
    throw error
  }
}

const with_ = (
  status: number,
  body: string | Buffer,
  headers: Record<string, string> = { 'content-type': 'text/xml' },
) => ask((_request, response) => void response.writeHead(status, headers).end(body))

describe('a client', () => {
  it.each<[string, number, string | Buffer, Record<string, string>, string]>([
    ['a good answer', 200, good, {}, 'answered CurrentTimeResponse'],
    ['a good answer, packed', 200, gzipSync(good), { 'content-encoding': 'gzip' }, 'answered CurrentTimeResponse'],
    ['a good answer behind a byte order mark', 200, `\uFEFF${good}`, {}, 'answered CurrentTimeResponse'],
    [
      'a sign-in page',
      200,
      '<!DOCTYPE html><html><body>Sign in<br></body></html>',
      { 'content-type': 'text/html' },
      'vsphere.bad-answer',
    ],
    [
      'JSON',
      200,
      '{"error":"no"}',
      { 'content-type': 'application/json' },
      'text data outside of root node. (application/json)',
    ],
    ['nothing', 200, '', {}, 'vsphere.bad-answer'],
    ['another envelope', 200, '<Envelope/>', {}, '<Envelope> where a SOAP envelope belongs'],
    ['what is not UTF-8', 200, Buffer.from([60, 97, 62, 0xff, 60, 47, 97, 62]), {}, 'not UTF-8'],
    ['what is not gzip though it says so', 200, good, { 'content-encoding': 'gzip' }, 'not gzip, though it says so'],
    [
      'gzip that ends early',
      200,
      gzipSync(good).subarray(0, 90),
      { 'content-encoding': 'gzip' },
      'not gzip, though it says so',
    ],
    ['an encoding nobody asked for', 200, good, { 'content-encoding': 'br' }, 'the content encoding br'],
    ['a redirection', 302, '', { location: 'https://elsewhere.example/' }, 'HTTP 302'],
    ['no such page', 404, 'not found', {}, 'HTTP 404'],
    ['a server that starts', 503, 'Service Unavailable', { 'content-type': 'text/plain' }, 'vsphere.unavailable'],
    ['a proxy that gives up', 504, '<html/>', { 'content-type': 'text/html' }, 'vsphere.unavailable'],
    ['an error of the server itself', 500, 'oops', { 'content-type': 'text/plain' }, 'vsphere.unavailable'],
    ['an error of a server without a fault', 500, good, {}, 'HTTP 500 without a fault'],
    ['a DTD', 200, `<!DOCTYPE a [<!ENTITY b "c">]>${good}`, {}, 'a document type declaration is not accepted'],
  ])('meets %s', async (_name, status, body, headers, expected) => {
    expect(await with_(status, body, { 'content-type': 'text/xml', ...headers })).toContain(expected)
  })

  it('stops reading at its limit, also when a little text unpacks to a lot', async () => {
    expect(await with_(200, 'x'.repeat(2_000_000))).toContain('larger than 1000000 bytes and was not read')
    const bomb = gzipSync(Buffer.alloc(50_000_000, 32))
    expect(bomb.length).toBeLessThan(100_000)
    expect(await with_(200, bomb, { 'content-encoding': 'gzip' })).toContain('vsphere.answer-too-large')
  })

  it('stops reading what never ends', async () => {
    const endless: Handler = (_request, response) => {
      const more = (to: ServerResponse) => void to.write(Buffer.alloc(100_000, 32), () => to.destroyed || more(to))
      more(response.writeHead(200))
    }
    expect(await ask(endless)).toContain('vsphere.answer-too-large')
  })

  it('gives up on a server that says nothing, or begins and says no more', async () => {
    expect(await ask(() => {}, 1_000_000, 50)).toContain('vsphere.timed-out')
    expect(
      await ask((_request, response) => void response.writeHead(200).write(good.slice(0, 50)), 1_000_000, 50),
    ).toContain('vsphere.timed-out')
  })

  it('uploads for longer than a server may be silent, as long as it takes what comes', async () => {
    const timeoutMs = 400
    const slowly = (durationMs: number) =>
      (async function* () {
        for (let piece = 0; piece < 4; piece++) {
          await sleep(durationMs)
          yield Buffer.alloc(1000)
        }
      })()
    await using server = await TestHttpsServer.start(({ body }, response) => void response.end(String(body.length)))
    using http = new HttpClient({ host: 'localhost', port: server.port }, trust)
    const put = async (body: AsyncIterable<Uint8Array>) => {
      const sent = { method: 'PUT', path: '/', body } as const
      return text((await http.request(sent, { pool: 'transfers', what: 'PUT', timeoutMs })).body)
    }
    expect(await put(slowly(timeoutMs / 2))).toBe('4000')
    expect(await put(slowly(timeoutMs * 1.5))).toBe('4000') // it is we who are slow
  })

  it('gives up on a server that takes no more of an upload', async () => {
    const { certificatePem: cert, privateKeyPem: key } = loopbackCertificate
    const taken: Socket[] = []
    const server = createServer({ cert, key }, (socket) => void taken.push(socket.on('error', () => {}).pause()))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const http = new HttpClient({ host: 'localhost', port: (server.address() as AddressInfo).port }, trust)
    const endless = (async function* () {
      for (;;) yield Buffer.alloc(1024 * 1024)
    })()
    const sent = { method: 'PUT', path: '/', body: endless } as const
    try {
      const upload = http.request(sent, { pool: 'transfers', what: 'PUT', timeoutMs: 300 })
      await expect(upload).rejects.toMatchObject({ code: 'vsphere.timed-out' })
    } finally {
      http[Symbol.dispose]()
      for (const socket of taken) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    }
  })

  it('tells a broken connection from a short answer', async () => {
    const broken: Handler = (_request, response) => void response.socket?.destroy()
    expect(await ask(broken)).toContain('vsphere.reply-lost')
    const short: Handler = (_request, response) =>
      void response
        .writeHead(200, { 'content-length': good.length })
        .write(good.slice(0, 50), () => response.socket?.destroy())
    expect(await ask(short)).toContain('vsphere.reply-lost')
    for (let n = 0; n < good.length; n += 20) expect(await with_(200, good.slice(0, n))).toContain('vsphere.bad-answer')
  })

  it('survives whatever bytes come instead of HTTP', async () => {
    let reply = Buffer.alloc(0)
    const server = createServer(
      { cert: loopbackCertificate.certificatePem, key: loopbackCertificate.privateKeyPem },
      (socket) => {
        socket.on('error', () => {}).once('data', () => socket.end(reply))
      },
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const isKnown = (outcome: string) => /^vsphere\.(bad-answer|reply-lost|unavailable)/.test(outcome)
    try {
      const replies = [
        randomBytes(1000),
        Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello'),
        Buffer.from(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`),
        Buffer.from('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n'),
        Buffer.from('220 smtp.example ESMTP\r\n'),
      ]
      for (reply of replies) expect(await askPort(port, 1_000_000, 5_000)).toSatisfy(isKnown)
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.boolean(), async (bytes, isHttp) => {
          reply = Buffer.concat([Buffer.from(isHttp ? 'HTTP/1.1 200 OK\r\n\r\n' : ''), bytes])
          expect(await askPort(port, 1_000_000, 5_000)).toSatisfy(isKnown)
        }),
        { numRuns: 30 },
      )
    } finally {
      await new Promise((resolve) => server.close(resolve))
    }
  })
})
