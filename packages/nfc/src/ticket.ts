import { Secret } from '@vmkeep/kit'

/**
 * What a host's NFC service lets one connection in with: vSphere's `HostServiceTicket`, as plain data. Good for one connection.
 * Source: vSphere API reference, HostServiceTicket. Evidence: documented; that it works once: observed.
 */
export interface NfcTicket {
  /** The host to dial. A ticket from ESXi itself names none: put in the host that gave it. */
  readonly host: string
  /** 902. */
  readonly port: number
  /** SHA-1 or SHA-256 of the host's certificate, in hex, with or without colons. */
  readonly sslThumbprint: string
  /** `vpxa-nfc` through vCenter, `nfc` from ESXi itself. */
  readonly service: string
  readonly serviceVersion: string
  readonly sessionId: Secret | string
}

/** How the host is called in messages. */
export const peerOf = ({ host, port }: NfcTicket): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

export const sessionIdOf = ({ sessionId }: NfcTicket): string =>
  sessionId instanceof Secret ? sessionId.reveal() : sessionId
