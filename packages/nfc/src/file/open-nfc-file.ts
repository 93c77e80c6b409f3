import type { Duplex } from 'node:stream'
import { FormatError } from '@vmkeep/kit'
import { AioConnection } from '../aio/aio-connection.ts'
import { connectNfc } from '../connect/connect.ts'
import { phase } from '../connect/phase.ts'
import {
  fileType,
  OpenFile,
  OpenFileReply,
  openFlags,
  OpenSession,
  OpenSessionReply,
  SetResPool,
  SetSockOpts,
  SetSockOptsReply,
} from '../messages/index.ts'
import { type NfcTicket, peerOf } from '../ticket.ts'
import { NfcFile } from './nfc-file.ts'
import { type NfcFileOptions, type NfcSettings, settingsOf } from './options.ts'
import { bufferRefusal, openRefusal, refusal } from './refusals.ts'

export interface OpenNfcFileOptions extends NfcFileOptions {
  /** Used up by this. */
  readonly ticket: NfcTicket
  /** Stops the opening. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Opens a VMDK on an ESXi host.
 *
 * @throws `nfc.port-unreachable`, `nfc.host-unknown`, `nfc.certificate-mismatch`, `nfc.ticket-refused`,
 *   `nfc.buffer-refused` (ask for smaller ones), `nfc.file-refused`, `nfc.read-only` and what else `errors.ts` lists; `signal.reason` on abort
 */
export async function openNfcFile({ ticket, signal, ...options }: OpenNfcFileOptions): Promise<NfcFile> {
  const settings = settingsOf(options)
  const { transport, timeouts, clock } = settings
  const { connectMs: connectTimeoutMs, openMs: phaseTimeoutMs } = timeouts
  const stream = await connectNfc(ticket, { transport, connectTimeoutMs, phaseTimeoutMs, clock, signal })
  return await openFileOn(stream, peerOf(ticket), settings, signal)
}

/** The part that speaks AIO, on a stream that is ready for it and now belongs to the file. */
export async function openFileOn(
  stream: Duplex,
  peer: string,
  settings: NfcSettings,
  signal?: AbortSignal,
): Promise<NfcFile> {
  const { timeouts, clock, path } = settings
  const connection = new AioConnection(stream, { peer, requestTimeoutMs: timeouts.requestMs, clock })
  const during = `opening ${path}`
  try {
    return await phase({ peer, during, stream, timeoutMs: timeouts.openMs, clock, signal }, async () => {
      await openSession(connection, peer, settings)
      return await openFile(connection, peer, settings)
    })
  } catch (error) {
    connection.destroy()
    throw error
  }
}

async function openSession(connection: AioConnection, peer: string, settings: NfcSettings): Promise<void> {
  const { bufferBytes, bufferCount, path } = settings
  await connection.request({
    type: 'OPEN_SESSION',
    payload: OpenSession.encode({ bufferBytes, bufferCount }),
    reply: OpenSessionReply,
    refused: (error) => bufferRefusal(peer, settings, error),
  })
  await connection.request({
    type: 'SET_SOCK_OPTS',
    payload: SetSockOpts.encode({}),
    reply: SetSockOptsReply,
    refused: (error) => refusal(peer, path, 'SET_SOCK_OPTS', error),
  })
  await connection.command({
    type: 'SET_RES_POOL',
    payload: SetResPool.encode({ pool: 1 }),
    refused: (error) => refusal(peer, path, 'SET_RES_POOL', error),
  })
}

async function openFile(connection: AioConnection, peer: string, settings: NfcSettings): Promise<NfcFile> {
  const { path, access } = settings
  const extra = Buffer.from(path)
  const flags = access === 'read' ? openFlags.readOnly : openFlags.readWrite
  const { reply } = await connection.request({
    type: 'OPEN_FILE',
    payload: OpenFile.encode({ pathBytes: extra.length, fileType: fileType.disk, flags }),
    extra,
    reply: OpenFileReply,
    refused: (error) => openRefusal(peer, path, error),
  })
  checkDisk(reply)
  return new NfcFile({ id: reply.handle, connection, peer, settings }, reply)
}

/** @throws FormatError if what was opened can't be a disk */
function checkDisk({ fileType: type, capacityBytes, sectorSizeBytes }: OpenFileReply): void {
  if (type !== fileType.disk) throw new FormatError(`expected a file of type ${fileType.disk}, found type ${type}`)
  if (sectorSizeBytes !== 512 && sectorSizeBytes !== 4096)
    throw new FormatError(`a disk with sectors of ${sectorSizeBytes} bytes`)
  if (capacityBytes % sectorSizeBytes !== 0)
    throw new FormatError(`a disk of ${capacityBytes} bytes with sectors of ${sectorSizeBytes}`)
}
