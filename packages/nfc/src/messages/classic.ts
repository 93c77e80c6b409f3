// Classic NFC frames: 264 bytes each, the type first, zero padded. They open and close a connection.
// Source: cloudbase/OpenVixDiskLib docs, nfc_open. Evidence: observed there on ESXi 8.0.
import { ascii, type Decoded, exactly, FormatError, ignored, struct, u32le } from '@vmkeep/kit'

export const classicFrameBytes = 264

export const classicType = {
  SESSION_COMPLETE: 4,
  SESSION_PARAMS: 33,
  SESSION_PARAMS_REPLY: 36,
  HANDSHAKE: 43,
  VERSION: 51,
  AIO_SESSION_OPEN: 52,
  CONNECTION_DATA: 54,
  SESSION_FEATURES: 55,
} as const

/** The protocol version of ESXi 8. */
export const nfcVersion = 11

/** What CONNECTION_DATA names in every capture; whether a host cares is unknown, so we say the same. */
export const connectionNames = { client: 'vddk', operationId: 'nbdmode' } as const

/** What SESSION_FEATURES offers, as bits. */
export const sessionFeature = { interruption: 1, switch: 2 } as const

const frame = (name: string, type: number) =>
  struct(`nfc.${name}`, classicFrameBytes, { type: exactly(u32le, type), zeros: ignored(260) })

/** C → S, first. The text stays `PlainText` inside TLS too. */
export const Handshake = struct('nfc.HANDSHAKE', classicFrameBytes, {
  type: exactly(u32le, classicType.HANDSHAKE),
  encoding: exactly(ascii(16), 'PlainText'),
  zeros: ignored(244),
})

export const SessionParams = frame('SESSION_PARAMS', classicType.SESSION_PARAMS)

export const SessionParamsReply = struct('nfc.SESSION_PARAMS_REPLY', classicFrameBytes, {
  type: exactly(u32le, classicType.SESSION_PARAMS_REPLY),
  zeros: ignored(12),
  value: u32le, // 1 in every capture; its meaning is unknown
  rest: ignored(244),
})
export type SessionParamsReply = Decoded<typeof SessionParamsReply>

/** Both ways. */
export const Version = struct('nfc.VERSION', classicFrameBytes, {
  type: exactly(u32le, classicType.VERSION),
  version: u32le,
  zeros: ignored(256),
})
export type Version = Decoded<typeof Version>

/** C → S. Followed by the bytes of the name, then those of the operation id, unframed. */
export const ConnectionData = struct('nfc.CONNECTION_DATA', classicFrameBytes, {
  type: exactly(u32le, classicType.CONNECTION_DATA),
  nameBytes: u32le,
  operationIdBytes: u32le,
  zeros: ignored(252),
})
export type ConnectionData = Decoded<typeof ConnectionData>

/** C → S. `features` is a sum of {@link sessionFeature}. */
export const SessionFeatures = struct('nfc.SESSION_FEATURES', classicFrameBytes, {
  type: exactly(u32le, classicType.SESSION_FEATURES),
  features: u32le,
  zeros: ignored(256),
})
export type SessionFeatures = Decoded<typeof SessionFeatures>

/** Both ways. After the server's, only AIO frames follow, until SESSION_COMPLETE. */
export const AioSessionOpen = frame('AIO_SESSION_OPEN', classicType.AIO_SESSION_OPEN)

/** C → S, last. */
export const SessionComplete = frame('SESSION_COMPLETE', classicType.SESSION_COMPLETE)

/** The type of a classic frame, by name. @throws FormatError if it is too short or of no known type */
export function classicTypeOf(source: Uint8Array): keyof typeof classicType {
  if (source.byteLength < classicFrameBytes)
    throw new FormatError(`nfc classic frame: ${source.byteLength} of ${classicFrameBytes} bytes`)
  const value = new DataView(source.buffer, source.byteOffset).getUint32(0, true)
  const entry = Object.entries(classicType).find(([, type]) => type === value)
  if (entry === undefined) throw new FormatError(`nfc classic frame: unknown type ${value}`)
  return entry[0] as keyof typeof classicType
}
