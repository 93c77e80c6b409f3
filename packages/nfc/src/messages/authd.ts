// The text lines of authd, the daemon that answers on TCP 902. Lines end in CRLF; replies are FTP-like.
// Source: cloudbase/OpenVixDiskLib docs, nfc_auth. Evidence: observed there on vCenter 8.0.1 and ESXi 8.0.3.
import { FormatError } from '@vmkeep/kit'

export const authdPort = 902

/** No line seen is longer than 200 bytes; a peer that sends more is not authd. */
export const authdLineBytesMax = 1024

export const authdCode = { ok: 200, ready: 220, invalidArguments: 501, notLoggedIn: 530 } as const

export interface AuthdReply {
  readonly code: number
  readonly text: string
}

/** The server's first line, in clear, before TLS. */
export const authdBanner =
  'VMware Authentication Daemon Version 1.10: SSL Required, ServerDaemonProtocol:SOAP, ' +
  'MKSDisplayProtocol:VNC , VMXARGS supported, NFCSSL supported/t, SHA256 supported'

/** Client → server, in the order they are sent. */
export const authdCommand = {
  /** Gets no reply of its own: waiting for one looks like a hang. */
  session: (sessionId: string): string => line(`SESSION ${sessionId}`),
  /** The trailing space is part of the command. */
  banner: (): string => line('BANNER '),
  /** Asks for the SHA-256 thumbprint of the host's certificate. Both transports send `PlainText`. */
  thumbprintSha2: (): string => line('THUMBPRINT_SHA2 PlainText'),
  proxy: (service: string): string => line(`PROXY ${service}`),
} as const

/** The service PROXY asks for: the ticket's for nbd, the same with `ssl` behind it for nbdssl. */
export const authdService = (service: string, transport: 'nbd' | 'nbdssl'): string =>
  transport === 'nbdssl' ? `${service}ssl` : service

export const formatAuthdReply = ({ code, text }: AuthdReply): string => line(`${code} ${text}`)

/** @throws FormatError unless `text`, without its CRLF, is `ddd some text` */
export function parseAuthdReply(text: string): AuthdReply {
  const match = /^(\d{3})[ -](.*)$/s.exec(text)
  if (match === null) throw new FormatError(`expected an authd reply such as "220 …", found ${quoted(text)}`)
  return { code: Number(match[1]), text: match[2]! }
}

/** Splits a client's line, without its CRLF, at the first space. `BANNER ` gives an empty argument. */
export function parseAuthdCommand(text: string): { readonly name: string; readonly argument: string } {
  const match = /^([A-Z0-9_]+)(?: (.*))?$/s.exec(text)
  if (match === null) throw new FormatError(`expected an authd command, found ${quoted(text)}`)
  return { name: match[1]!, argument: match[2] ?? '' }
}

function line(text: string): string {
  // A line break inside an argument would be a second command.
  if (/[\r\n\0]/.test(text)) throw new FormatError('an authd line may not hold a line break')
  return `${text}\r\n`
}

const quoted = (text: string) => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
