import { type Address, handshake } from './connect.ts'

/** A server's certificate, for a person to look at before trusting it. Hashes as `AB:CD:…`. */
export interface ServerCertificate {
  readonly sha1: string
  readonly sha256: string
  readonly subject: string
  readonly issuer: string
  /** ISO 8601, UTC. */
  readonly validFrom: string
  readonly validTo: string
  readonly pem: string
}

/**
 * Fetches the certificate a server shows, whether anyone vouches for it or not. Sends nothing to it.
 *
 * @throws `vsphere.unknown-host`, `.unreachable`, `.tls-failed`, `.timed-out`
 */
export async function fetchCertificate(
  { host, port, timeoutMs = 15_000 }: Address & { readonly timeoutMs?: number },
  signal?: AbortSignal,
): Promise<ServerCertificate> {
  const socket = await handshake({ host, port }, { timeoutMs, signal })
  try {
    const certificate = socket.getPeerX509Certificate()!
    return {
      sha1: certificate.fingerprint,
      sha256: certificate.fingerprint256,
      subject: oneLine(certificate.subject),
      issuer: oneLine(certificate.issuer),
      validFrom: certificate.validFromDate.toISOString(),
      validTo: certificate.validToDate.toISOString(),
      pem: certificate.toString(),
    }
  } finally {
    socket.destroy()
  }
}

const oneLine = (name: string | undefined): string => (name ?? '').replaceAll('\n', ', ')
