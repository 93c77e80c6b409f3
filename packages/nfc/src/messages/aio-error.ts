// Source: cloudbase/OpenVixDiskLib docs, nfc_auth and nfc_open. Evidence: observed there (type and first field);
// inferred (that text follows: the vendor's client logs one with the code).
import { FormatError } from '@vmkeep/kit'

/** The codes whose meaning is known. */
export const nfcErrorCode = {
  /** "Failed to allocate the requested N bytes": the host's NFC buffers are used up. Source: VMware, NBD performance notes. */
  noMemory: 5,
  /** Read-write flags on a read ticket, or a write to a handle opened for reading. */
  fileReadOnly: 0x0b,
} as const

export interface ErrorPayload {
  readonly code: number
  /** What the server adds, if it is readable. */
  readonly text: string
}

/** The payload of an ERROR frame is at least the code; more than this is not looked at. */
export const errorPayloadBytesMax = 4096

export function encodeError({ code, text }: ErrorPayload): Uint8Array {
  const payload = Buffer.alloc(4 + Buffer.byteLength(text))
  payload.writeUInt32LE(code, 0)
  payload.write(text, 4)
  return payload
}

/** @throws FormatError if `payload` does not even hold the code */
export function decodeError(payload: Uint8Array): ErrorPayload {
  if (payload.length < 4) throw new FormatError(`nfc.ERROR: ${payload.length} of 4 bytes`)
  const view = Buffer.from(payload.buffer, payload.byteOffset, payload.length)
  const text = view.toString('latin1', 4).replace(/\0+$/, '')
  return { code: view.readUInt32LE(0), text: /^[\x20-\x7e]*$/.test(text) ? text : '' }
}
