import type { DetailedPeerCertificate, PeerCertificate, TLSSocket } from 'node:tls'
import { fail } from '../errors.ts'
import { parseThumbprint } from './thumbprint.ts'

/** Why we believe that a server is the one it claims to be. There is no "do not check". */
export type Trust =
  /** A certificate authority vouches for it, and for its name: those given as PEM, or else those of the system. */
  | { readonly by: 'authority'; readonly ca?: string }
  /** It shows exactly the certificate with this SHA-256 or SHA-1 hash. Name, dates and issuer do not matter then. */
  | { readonly by: 'thumbprint'; readonly thumbprint: string }

/**
 * Judges the certificate of a socket whose handshake is complete, before anything is sent over it.
 *
 * @throws `vsphere.certificate-changed`, `.certificate-untrusted`, `.certificate-expired`, `.certificate-name-mismatch`
 */
export function checkCertificate(socket: TLSSocket, host: string, trust: Trust): void {
  const certificate = socket.getPeerCertificate()
  const address = addressOf(host, socket.remotePort)
  if (trust.by === 'thumbprint') checkThumbprint(certificate, address, trust.thumbprint)
  else if (!socket.authorized) throw refusal(certificate, address, String(socket.authorizationError))
}

/** The host as "vmkeep vcenter trust" must be told it: that command, too, asks port 443 unless another is named. */
function addressOf(host: string, port: number | undefined): string {
  if (port === undefined || port === 443) return host
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

function checkThumbprint(certificate: PeerCertificate, host: string, thumbprint: string): void {
  const { algorithm, text: expected } = parseThumbprint(thumbprint)
  const found = algorithm === 'sha1' ? certificate.fingerprint : certificate.fingerprint256
  if (found !== expected) throw fail('vsphere.certificate-changed', { host, expected, found })
}

function refusal(certificate: PeerCertificate, host: string, reason: string): Error {
  const found = certificate.fingerprint256
  switch (reason) {
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return fail('vsphere.certificate-name-mismatch', { host, found, names: namesOf(certificate) })
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return fail('vsphere.certificate-expired', {
        host,
        found,
        validFrom: certificate.valid_from,
        validTo: certificate.valid_to,
      })
    default:
      return fail('vsphere.certificate-untrusted', { host, found, reason })
  }
}

const namesOf = (certificate: PeerCertificate): string =>
  certificate.subjectaltname?.replaceAll('DNS:', '').replaceAll('IP Address:', '') ??
  String((certificate as Partial<DetailedPeerCertificate>).subject?.CN ?? 'no name')
