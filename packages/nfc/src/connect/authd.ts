// authd, the daemon on TCP 902 that lets us in and hands the connection to the NFC service. See docs/protocols/nfc.md.
import type { Duplex } from 'node:stream'
import { fail } from '../errors.ts'
import {
  authdCode,
  authdCommand,
  authdLineBytesMax,
  type AuthdReply,
  authdService,
  parseAuthdReply,
} from '../messages/index.ts'
import { type NfcTicket, peerOf, sessionIdOf } from '../ticket.ts'
import { StreamReader } from './stream-reader.ts'

/** Waits for the line that authd sends in clear before TLS. @throws `nfc.service-unavailable` */
export async function readAuthdBanner(stream: Duplex, ticket: NfcTicket): Promise<void> {
  const reply = parseAuthdReply(await new StreamReader(stream).line(authdLineBytesMax))
  if (reply.code !== authdCode.ready)
    throw fail('nfc.service-unavailable', { peer: peerOf(ticket), reply: text(reply) })
}

/** Presents the ticket and asks for the NFC service. @throws `nfc.ticket-refused`, `nfc.service-refused` */
export async function logInToAuthd(stream: Duplex, ticket: NfcTicket, transport: 'nbd' | 'nbdssl'): Promise<void> {
  const reader = new StreamReader(stream)
  const service = authdService(ticket.service, transport)
  const expect = async (code: number) => {
    const reply = parseAuthdReply(await reader.line(authdLineBytesMax))
    if (reply.code === authdCode.notLoggedIn)
      throw fail('nfc.ticket-refused', { peer: peerOf(ticket), reply: text(reply) })
    if (reply.code !== code) throw fail('nfc.service-refused', { peer: peerOf(ticket), service, reply: text(reply) })
  }
  stream.write(authdCommand.session(sessionIdOf(ticket)))
  stream.write(authdCommand.banner())
  await expect(authdCode.ready)
  stream.write(authdCommand.thumbprintSha2())
  await expect(authdCode.ok)
  stream.write(authdCommand.proxy(service))
  await expect(authdCode.ok)
}

const text = (reply: AuthdReply) => `${reply.code} ${reply.text}`
