// As much of DER as a certificate needs: tag, length, content. Source: ITU-T X.690. Evidence: documented.

const tlv = (tag: number, ...content: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(content)
  return Buffer.concat([Buffer.from([tag, ...lengthOf(body.length)]), body])
}

function lengthOf(length: number): number[] {
  if (length < 0x80) return [length]
  const bytes: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return [0x80 | bytes.length, ...bytes]
}

export const sequence = (...items: readonly Uint8Array[]): Buffer => tlv(0x30, ...items)
export const set = (...items: readonly Uint8Array[]): Buffer => tlv(0x31, ...items)
export const octetString = (content: Uint8Array): Buffer => tlv(0x04, content)
export const bitString = (content: Uint8Array): Buffer => tlv(0x03, Buffer.of(0), content)
export const utf8String = (text: string): Buffer => tlv(0x0c, Buffer.from(text))
export const boolean = (value: boolean): Buffer => tlv(0x01, Buffer.of(value ? 0xff : 0))
/** `[n]`, constructed. */
export const tagged = (number: number, ...items: readonly Uint8Array[]): Buffer => tlv(0xa0 | number, ...items)
/** `[n]` IMPLICIT, primitive. */
export const implicit = (number: number, content: Uint8Array): Buffer => tlv(0x80 | number, content)

/** A positive INTEGER from big-endian bytes. */
export function integer(bytes: Uint8Array): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0)
  const digits = first < 0 ? Uint8Array.of(0) : bytes.subarray(first)
  return tlv(0x02, ...(digits[0]! >= 0x80 ? [Uint8Array.of(0)] : []), digits)
}

/** `1.2.840.10045.4.3.2` */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return tlv(0x06, Buffer.from([first * 40 + second, ...rest].flatMap(base128)))
}

/** GeneralizedTime, or UTCTime for years that have one: RFC 5280 asks for that. */
export function time(date: Date): Buffer {
  const digits = date.toISOString().replaceAll(/[-:T]|\..*/g, '')
  return date.getUTCFullYear() < 2050
    ? tlv(0x17, Buffer.from(`${digits.slice(2)}Z`))
    : tlv(0x18, Buffer.from(`${digits}Z`))
}

function base128(value: number): number[] {
  const groups = [value & 0x7f]
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) groups.unshift(0x80 | (rest & 0x7f))
  return groups
}
