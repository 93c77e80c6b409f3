import { FormatError } from '@vmkeep/kit'
import { type Descriptor, formatDescriptor, parseDescriptor } from './descriptor-format.ts'

/** No descriptor is anywhere near this; what is larger is something else. */
export const descriptorSizeBytesMax = 1024 * 1024

/**
 * Reads a descriptor in the encoding it declares. A host with a Chinese locale writes `encoding="GBK"`.
 * Source: VMware "Virtual Disk Format 5.0", "encoding". Evidence: documented; the list of encodings is ICU's.
 *
 * @throws FormatError
 */
export function decodeDescriptor(bytes: Uint8Array): Descriptor {
  const end = bytes.indexOf(0)
  const text = end === -1 ? bytes : bytes.subarray(0, end)
  const declared = /^[ \t]*encoding[ \t]*=[ \t]*"?([\w.:-]+)"?/im.exec(Buffer.from(text).toString('latin1'))?.[1]
  return parseDescriptor(decoderFor(declared ?? 'UTF-8')(text))
}

export const encodeDescriptor = (descriptor: Descriptor): Uint8Array => Buffer.from(formatDescriptor(descriptor))

function decoderFor(encoding: string): (bytes: Uint8Array) => string {
  return (bytes) => {
    try {
      return new TextDecoder(encoding, { fatal: true }).decode(bytes)
    } catch (error) {
      throw new FormatError(`the text is not ${encoding}: ${(error as Error).message}`)
    }
  }
}
