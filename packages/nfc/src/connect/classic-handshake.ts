import type { Duplex } from 'node:stream'
import { fail } from '../errors.ts'
import {
  AioSessionOpen,
  classicFrameBytes,
  ConnectionData,
  connectionNames,
  Handshake,
  nfcVersion,
  sessionFeature,
  SessionFeatures,
  SessionParams,
  SessionParamsReply,
  Version,
} from '../messages/index.ts'
import { StreamReader } from './stream-reader.ts'

/**
 * The least version that knows CONNECTION_DATA, by the vendor's log.
 * Source: cloudbase/OpenVixDiskLib docs, nfc_open. Evidence: observed for 11; inferred below that.
 */
const nfcVersionMin = 3

/** Says hello and switches to AIO frames. @throws `nfc.version-mismatch` */
export async function classicHandshake(stream: Duplex, peer: string): Promise<void> {
  const reader = new StreamReader(stream)
  stream.write(Buffer.concat([Handshake.encode({}), SessionParams.encode({})]))
  SessionParamsReply.decode(await reader.exactly(classicFrameBytes))
  stream.write(Version.encode({ version: nfcVersion }))
  const { version } = Version.decode(await reader.exactly(classicFrameBytes))
  if (version < nfcVersionMin) throw fail('nfc.version-mismatch', { peer, version, versionMin: nfcVersionMin })
  stream.write(introduction())
  AioSessionOpen.decode(await reader.exactly(classicFrameBytes))
}

function introduction(): Buffer {
  const name = Buffer.from(connectionNames.client)
  const operationId = Buffer.from(connectionNames.operationId)
  return Buffer.concat([
    ConnectionData.encode({ nameBytes: name.length, operationIdBytes: operationId.length }),
    name,
    operationId,
    SessionFeatures.encode({ features: sessionFeature.interruption | sessionFeature.switch }),
    AioSessionOpen.encode({}),
  ])
}
