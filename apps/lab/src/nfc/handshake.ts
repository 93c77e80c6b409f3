import {
  AioSessionOpen,
  classicFrameBytes,
  ConnectionData,
  Handshake,
  nfcVersion,
  SessionFeatures,
  SessionParams,
  SessionParamsReply,
  Version,
} from '@vmkeep/nfc/messages'
import { FormatError, type Struct } from '@vmkeep/kit'
import type { ByteReader } from './byte-reader.ts'
import type { FrameWriter } from './frame-writer.ts'

const namesBytesMax = 1024

/**
 * The classic frames that open a connection, in the only order a host takes them.
 * Source: nfc-wire.md §3. Evidence: observed on 8.0.
 *
 * @throws FormatError for any other frame, `lab.nfc-peer-gone`
 */
export async function shakeHands(reader: ByteReader, writer: FrameWriter): Promise<void> {
  const next = async <T>(frame: Struct<T>) => frame.decode(await reader.exactly(classicFrameBytes))
  await next(Handshake)
  await next(SessionParams)
  await writer.send(SessionParamsReply.encode({ value: 1 }))
  await next(Version)
  await writer.send(Version.encode({ version: nfcVersion }))
  const { nameBytes, operationIdBytes } = await next(ConnectionData)
  if (nameBytes + operationIdBytes > namesBytesMax)
    throw new FormatError(`CONNECTION_DATA: names of ${nameBytes + operationIdBytes} bytes`)
  await reader.exactly(nameBytes + operationIdBytes)
  await next(SessionFeatures)
  await next(AioSessionOpen)
  await writer.send(AioSessionOpen.encode({}))
}
