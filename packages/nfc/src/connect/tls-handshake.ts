import type { Duplex } from 'node:stream'
import { connect, type TLSSocket } from 'node:tls'
import { fail } from '../errors.ts'
import { type NfcTicket, peerOf } from '../ticket.ts'

/**
 * Starts TLS on `stream` and checks the host's certificate against the ticket's thumbprint: that, not a certificate
 * authority, is what vCenter vouches for. Nothing is sent before the check.
 *
 * @throws `nfc.certificate-mismatch`, `nfc.tls-failed`
 */
export async function tlsHandshake(stream: Duplex, ticket: NfcTicket, during: string): Promise<TLSSocket> {
  const session = connect({ socket: stream, rejectUnauthorized: false, minVersion: 'TLSv1.2' })
  try {
    await new Promise<void>((resolve, reject) => {
      session.once('secureConnect', resolve).once('error', reject)
      session.once('close', () => reject(new Error('the peer closed the connection')))
    })
  } catch (error) {
    session.on('error', () => {})
    session.destroy()
    throw isTlsError(error) ? fail('nfc.tls-failed', { peer: peerOf(ticket), during }, error) : error
  }
  session.on('error', () => {}) // kept in `errored`; whoever reads or writes reports it
  checkCertificate(session, ticket)
  return session
}

function checkCertificate(session: TLSSocket, ticket: NfcTicket): void {
  const expected = plainHex(ticket.sslThumbprint)
  const certificate = session.getPeerX509Certificate()
  const sha256 = expected.length === 64
  const found = (sha256 ? certificate?.fingerprint256 : certificate?.fingerprint) ?? '(none)'
  if (plainHex(found) === expected) return
  session.destroy()
  throw fail('nfc.certificate-mismatch', { peer: peerOf(ticket), expected: ticket.sslThumbprint, found })
}

const plainHex = (thumbprint: string) => thumbprint.replaceAll(/[:\s]/g, '').toUpperCase()

/** OpenSSL's own complaints, as against a connection that broke. */
const isTlsError = (error: unknown) =>
  /^(ERR_SSL_|ERR_TLS_|EPROTO)/.test((error as NodeJS.ErrnoException | null)?.code ?? '')
