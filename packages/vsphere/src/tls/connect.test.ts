import { X509Certificate } from 'node:crypto'
import { createServer, type Server } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { AppError } from '@vmkeep/kit'
import { makeCertificate, type TestCertificate } from '../testing/certificates.ts'
import { loopbackCertificate, TestHttpsServer } from '../testing/https-server.ts'
import { connectionError, connectTrusted } from './connect.ts'
import { fetchCertificate } from './fetch-certificate.ts'
import type { Trust } from './trust.ts'

const names = ['127.0.0.1']
const authority = makeCertificate({ subject: 'Test Authority' })
const vouched = makeCertificate({ subject: 'vcenter.example', names, issuer: authority })
const expired = makeCertificate({ subject: 'old', names, issuer: authority, validTo: '20210101000000Z' })
const future = makeCertificate({ subject: 'new', names, issuer: authority, validFrom: '20980101000000Z' })
const misnamed = makeCertificate({ subject: 'other', names: ['other.example', '10.0.0.1'], issuer: authority })

async function connect(certificate: TestCertificate, trust: Trust): Promise<'trusted' | AppError> {
  let served = 0
  await using server = await TestHttpsServer.start((_request, response) => {
    served++
    response.end()
  }, certificate)
  try {
    const socket = await connectTrusted({ host: '127.0.0.1', port: server.port }, trust, { timeoutMs: 10_000 })
    socket.destroy()
    return 'trusted'
  } catch (error) {
    expect(served, 'nothing may be sent to whom we do not trust').toBe(0)
    if (error instanceof AppError) return error
    throw error
  }
}

const byAuthority: Trust = { by: 'authority', ca: authority.certificatePem }
const pinned = (certificate: TestCertificate, hash: 'fingerprint' | 'fingerprint256'): Trust => ({
  by: 'thumbprint',
  thumbprint: new X509Certificate(certificate.certificatePem)[hash],
})

describe('trust', () => {
  it.each<[string, TestCertificate, Trust]>([
    ['what a given authority vouches for', vouched, byAuthority],
    ['a self-signed certificate pinned by SHA-256', loopbackCertificate, pinned(loopbackCertificate, 'fingerprint256')],
    ['a self-signed certificate pinned by SHA-1', loopbackCertificate, pinned(loopbackCertificate, 'fingerprint')],
    ['an expired certificate that is pinned', expired, pinned(expired, 'fingerprint256')],
    ['a certificate for another name that is pinned', misnamed, pinned(misnamed, 'fingerprint256')],
    [
      'the very certificate given as its own authority',
      loopbackCertificate,
      { by: 'authority', ca: loopbackCertificate.certificatePem },
    ],
  ])('is given to %s', async (_name, certificate, trust) => {
    expect(await connect(certificate, trust)).toBe('trusted')
  })

  it.each<[string, TestCertificate, Trust, string]>([
    ['a self-signed certificate', loopbackCertificate, { by: 'authority' }, 'vsphere.certificate-untrusted'],
    ['an authority the system does not know', vouched, { by: 'authority' }, 'vsphere.certificate-untrusted'],
    ['another authority than the one given', loopbackCertificate, byAuthority, 'vsphere.certificate-untrusted'],
    ['an expired certificate', expired, byAuthority, 'vsphere.certificate-expired'],
    ['a certificate that is not valid yet', future, byAuthority, 'vsphere.certificate-expired'],
    ['a certificate for another name', misnamed, byAuthority, 'vsphere.certificate-name-mismatch'],
    [
      'another certificate than the one pinned',
      vouched,
      pinned(expired, 'fingerprint256'),
      'vsphere.certificate-changed',
    ],
  ])('is refused to %s', async (_name, certificate, trust, code) => {
    const error = await connect(certificate, trust)
    expect(error).toMatchObject({ code, remedy: 'call-operator' })
    expect((error as AppError).message).toMatch(/"vmkeep vcenter trust 127\.0\.0\.1:\d+"/)
    expect((error as AppError).message).toContain(new X509Certificate(certificate.certificatePem).fingerprint256)
  })

  it('names the old and the new thumbprint of a changed certificate, and the names of a misnamed one', async () => {
    const old = new X509Certificate(expired.certificatePem).fingerprint
    expect(await connect(vouched, pinned(expired, 'fingerprint'))).toMatchObject({
      details: { expected: old, found: new X509Certificate(vouched.certificatePem).fingerprint },
    })
    expect(await connect(misnamed, byAuthority)).toMatchObject({ details: { names: 'other.example, 10.0.0.1' } })
  })
})

describe('connecting', () => {
  const attempt = (address: { host: string; port: number }, signal?: AbortSignal, timeoutMs = 10_000) =>
    connectTrusted(address, { by: 'authority' }, { timeoutMs, signal })

  async function listen(onConnection: (socket: Socket) => void): Promise<Server & AsyncDisposable> {
    const sockets = new Set<Socket>()
    const server = createServer((socket) => {
      sockets.add(socket.on('error', () => {}))
      onConnection(socket)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const close = async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    }
    return Object.assign(server, { [Symbol.asyncDispose]: close })
  }
  const portOf = (server: Server) => (server.address() as AddressInfo).port

  it('tells why a server cannot be reached', async () => {
    const server = await listen(() => {})
    const port = portOf(server)
    await server[Symbol.asyncDispose]()
    await expect(attempt({ host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'vsphere.unreachable',
      message: expect.stringContaining('connection refused') as string,
    })
  })

  it.each([
    ['ENOTFOUND', 'vsphere.unknown-host', 'the name does not resolve'],
    ['EAI_AGAIN', 'vsphere.unreachable', 'the name server does not answer'],
    ['EHOSTUNREACH', 'vsphere.unreachable', 'no route to the host'],
    ['EPROTO', 'vsphere.tls-failed', 'does not speak TLS as expected'],
    ['ESTRANGE', 'vsphere.unreachable', 'ESTRANGE'],
  ])('takes %s for %s', (systemCode, code, message) => {
    const error = connectionError(Object.assign(new Error('x'), { code: systemCode }), { host: 'vc', port: 443 })
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) as string })
  })

  it('tells what does not speak TLS from what does not speak', async () => {
    await using plain = await listen((socket) => socket.end('220 smtp ready\r\n'))
    await expect(attempt({ host: '127.0.0.1', port: portOf(plain) })).rejects.toMatchObject({
      code: 'vsphere.tls-failed',
    })
    await using closing = await listen((socket) => socket.destroy())
    await expect(attempt({ host: '127.0.0.1', port: portOf(closing) })).rejects.toMatchObject({
      code: 'vsphere.unreachable',
    })
  })

  it('gives up on silence, and at once when aborted, with the caller’s own reason', async () => {
    await using silent = await listen(() => {})
    const address = { host: '127.0.0.1', port: portOf(silent) }
    await expect(attempt(address, undefined, 50)).rejects.toMatchObject({ code: 'vsphere.timed-out' })
    const reason = new Error('enough')
    const controller = new AbortController()
    const attempted = attempt(address, controller.signal)
    controller.abort(reason)
    await expect(attempted).rejects.toBe(reason)
    await expect(attempt(address, controller.signal)).rejects.toBe(reason)
  })
})

describe('fetching a certificate', () => {
  it('shows it to the operator whoever vouches for it', async () => {
    await using server = await TestHttpsServer.start((_request, response) => void response.end(), expired)
    const certificate = await fetchCertificate({ host: '127.0.0.1', port: server.port })
    const { fingerprint, fingerprint256 } = new X509Certificate(expired.certificatePem)
    expect(certificate).toEqual({
      sha1: fingerprint,
      sha256: fingerprint256,
      subject: 'CN=old',
      issuer: 'CN=Test Authority',
      validFrom: '2020-01-01T00:00:00.000Z',
      validTo: '2021-01-01T00:00:00.000Z',
      pem: expired.certificatePem,
    })
  })
})
