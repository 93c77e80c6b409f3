// Fixed-size binary records, declared in wire order. Bytes in, bytes out: no sockets, no files.

/** Bytes that are not what their declaration says. Codecs say what is wrong; callers know what to do about it. */
export class FormatError extends Error {
  override readonly name = 'FormatError'
}

export interface Field<T> {
  readonly sizeBytes: number
  read(view: DataView, at: number): T
  write(view: DataView, at: number, value: T): void
  /** The value written when the caller gives none: constants and reserved bytes. */
  readonly fallback?: T
}

const number = (sizeBytes: 1 | 2 | 4, littleEndian: boolean): Field<number> => ({
  sizeBytes,
  read: (v, at) =>
    sizeBytes === 1 ? v.getUint8(at) : sizeBytes === 2 ? v.getUint16(at, littleEndian) : v.getUint32(at, littleEndian),
  write(v, at, x) {
    if (!Number.isInteger(x) || x < 0 || x >= 2 ** (8 * sizeBytes))
      throw new FormatError(`${x} does not fit ${sizeBytes} bytes`)
    if (sizeBytes === 1) v.setUint8(at, x)
    else if (sizeBytes === 2) v.setUint16(at, x, littleEndian)
    else v.setUint32(at, x, littleEndian)
  },
})

const big = (littleEndian: boolean): Field<bigint> => ({
  sizeBytes: 8,
  read: (v, at) => v.getBigUint64(at, littleEndian),
  write: (v, at, x) => v.setBigUint64(at, x, littleEndian),
})

/** A 64-bit unsigned integer that must be a safe JavaScript number: sizes and offsets. */
const safe = (littleEndian: boolean): Field<number> => ({
  sizeBytes: 8,
  read(v, at) {
    const value = v.getBigUint64(at, littleEndian)
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new FormatError(`${value} at byte ${at} is beyond 2^53`)
    return Number(value)
  },
  write(v, at, x) {
    if (!Number.isSafeInteger(x) || x < 0) throw new FormatError(`${x} is not a size or offset`)
    v.setBigUint64(at, BigInt(x), littleEndian)
  },
})

export const u8: Field<number> = number(1, true)
export const u16le: Field<number> = number(2, true)
export const u32le: Field<number> = number(4, true)
export const u64le: Field<bigint> = big(true)
export const size64le: Field<number> = safe(true)
export const u16be: Field<number> = number(2, false)
export const u32be: Field<number> = number(4, false)
export const u64be: Field<bigint> = big(false)
export const size64be: Field<number> = safe(false)

/** `sizeBytes` bytes as they are. Reading copies, so that the record outlives its buffer. */
export const bytes = (sizeBytes: number): Field<Uint8Array> => ({
  sizeBytes,
  read: (v, at) => new Uint8Array(v.buffer, v.byteOffset + at, sizeBytes).slice(),
  write(v, at, value) {
    if (value.byteLength !== sizeBytes) throw new FormatError(`${value.byteLength} bytes where ${sizeBytes} belong`)
    new Uint8Array(v.buffer, v.byteOffset + at, sizeBytes).set(value)
  },
})

/** ASCII text in a fixed field, padded with zero bytes. */
export const ascii = (sizeBytes: number): Field<string> => ({
  sizeBytes,
  read: (v, at) =>
    Buffer.from(v.buffer, v.byteOffset + at, sizeBytes)
      .toString('latin1')
      .replace(/\0+$/, ''),
  write(v, at, text) {
    if (text.length > sizeBytes) throw new FormatError(`"${text}" is longer than ${sizeBytes} bytes`)
    const target = Buffer.from(v.buffer, v.byteOffset + at, sizeBytes)
    target.fill(0)
    target.write(text, 'latin1')
  },
})

/** A field that must hold one value: a magic number or a reserved zero. */
export const exactly = <T extends number | bigint | string>(field: Field<T>, expected: T): Field<T> => ({
  sizeBytes: field.sizeBytes,
  fallback: expected,
  read(view, at) {
    const found = field.read(view, at)
    if (found !== expected) throw new FormatError(`expected ${show(expected)} at byte ${at}, found ${show(found)}`)
    return expected
  },
  write: (view, at) => field.write(view, at, expected),
})

/** Bytes whose meaning is unknown or reserved: written as zeroes, ignored on reading. */
export const ignored = (sizeBytes: number): Field<undefined> => ({
  sizeBytes,
  fallback: undefined,
  read: () => undefined,
  write: (v, at) => void new Uint8Array(v.buffer, v.byteOffset + at, sizeBytes).fill(0),
})

const show = (x: number | bigint | string) => (typeof x === 'string' ? JSON.stringify(x) : `0x${x.toString(16)}`)

type Shape = Record<string, Field<any>>
type Values<S extends Shape> = { [K in keyof S]: S[K] extends Field<infer T> ? T : never }
export type Decoded<S> = S extends Struct<infer T> ? T : never

export interface Struct<T> {
  readonly name: string
  readonly sizeBytes: number
  /** @throws FormatError if `source` is too short or a constant is wrong; bytes beyond the record are not looked at */
  decode(source: Uint8Array): T
  /** Constants and ignored fields may be left out; anything else missing is a FormatError. */
  encode(value: Partial<T>): Uint8Array
}

/** A fixed-size record, declared in wire order. Refuses to load if the fields do not add up to the stated size. */
export function struct<S extends Shape>(name: string, sizeBytes: number, shape: S): Struct<Values<S>> {
  const fields = Object.entries(shape)
  const sum = fields.reduce((total, [, field]) => total + field.sizeBytes, 0)
  if (sum !== sizeBytes) throw new Error(`${name}: fields add up to ${sum} bytes, the specification says ${sizeBytes}`)
  return {
    name,
    sizeBytes,
    decode(source) {
      if (source.byteLength < sizeBytes) throw new FormatError(`${name}: ${source.byteLength} of ${sizeBytes} bytes`)
      const view = new DataView(source.buffer, source.byteOffset, sizeBytes)
      const out: Record<string, unknown> = {}
      walk(fields, (key, field, at) => {
        out[key] = named(name, key, () => field.read(view, at))
      })
      return out as Values<S>
    },
    encode(value) {
      const target = new Uint8Array(sizeBytes)
      const view = new DataView(target.buffer)
      walk(fields, (key, field, at) => {
        if (value[key] === undefined && !('fallback' in field)) throw new FormatError(`${name}.${key}: no value`)
        named(name, key, () => field.write(view, at, value[key] ?? field.fallback))
      })
      return target
    },
  }
}

function walk(
  fields: [string, Field<unknown>][],
  visit: (key: string, field: Field<unknown>, at: number) => void,
): void {
  let at = 0
  for (const [key, field] of fields) {
    visit(key, field, at)
    at += field.sizeBytes
  }
}

function named<T>(record: string, key: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof FormatError) throw new FormatError(`${record}.${key}: ${error.message}`)
    throw error
  }
}
