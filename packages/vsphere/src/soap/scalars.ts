// The scalars of XML Schema that vim25 uses: text to value and back.
import { FormatError } from '@vmkeep/kit'
import type { Scalars } from '../types/notation.ts'

interface ScalarCodec {
  decode(text: string): unknown
  /** The text, unescaped. @throws FormatError if the value is not of this type */
  encode(value: unknown): string
}

const shown = (value: unknown): string => {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
    ? String(value)
    : value === null
      ? 'null'
      : Array.isArray(value)
        ? 'an array'
        : `a value of type ${typeof value}`
}

const refuse = (value: unknown, type: string): never => {
  throw new FormatError(`${shown(value)} is not of type xsd:${type}`)
}

const text = (type: string): ScalarCodec => ({
  decode: (from) => from,
  encode: (value) => (typeof value === 'string' ? value : refuse(value, type)),
})

const boolean: ScalarCodec = {
  decode(from) {
    if (from === 'true' || from === '1') return true
    if (from === 'false' || from === '0') return false
    return refuse(from, 'boolean')
  },
  encode: (value) => (typeof value === 'boolean' ? String(value) : refuse(value, 'boolean')),
}

const digits = /^[+-]?\d{1,20}$/ // no more than 64 bits can need, so that no text is slow to convert

const integer = (type: string, bits: number): ScalarCodec => {
  const max = 2 ** (bits - 1)
  const fits = (value: number) => Number.isInteger(value) && value >= -max && value < max
  return {
    decode(from) {
      const value = digits.test(from) ? Number(from) : Number.NaN
      return fits(value) ? value + 0 : refuse(from, type)
    },
    encode: (value) => (typeof value === 'number' && fits(value) ? String(value) : refuse(value, type)),
  }
}

const long: ScalarCodec = {
  decode(from) {
    if (!digits.test(from)) return refuse(from, 'long')
    const value = Number(from)
    if (Number.isSafeInteger(value)) return value + 0
    const exact = BigInt(from.startsWith('+') ? from.slice(1) : from)
    return exact === BigInt.asIntN(64, exact) ? exact : refuse(from, 'long')
  },
  encode(value) {
    if (typeof value === 'bigint' && value === BigInt.asIntN(64, value)) return String(value)
    return Number.isSafeInteger(value) ? String(value) : refuse(value, 'long')
  },
}

const decimal = /^[+-]?(?:\d{1,400}(?:\.\d{0,400})?|\.\d{1,400})(?:[eE][+-]?\d{1,5})?$/
const special = new Map([
  ['INF', Infinity],
  ['+INF', Infinity],
  ['-INF', -Infinity],
  ['NaN', Number.NaN],
])

const floating = (type: string): ScalarCodec => ({
  decode(from) {
    const value = special.get(from) ?? (decimal.test(from) ? Number(from) : undefined)
    return value ?? refuse(from, type)
  },
  encode(value) {
    if (typeof value !== 'number') return refuse(value, type)
    if (Number.isNaN(value)) return 'NaN'
    return Number.isFinite(value) ? (Object.is(value, -0) ? '-0' : String(value)) : value > 0 ? 'INF' : '-INF'
  },
})

const base64Binary: ScalarCodec = {
  decode(from) {
    const bare = from.replaceAll(/\s+/g, '')
    if (bare.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(bare)) return refuse(from, 'base64Binary')
    return new Uint8Array(Buffer.from(bare, 'base64'))
  },
  encode(value) {
    if (!(value instanceof Uint8Array)) return refuse(value, 'base64Binary')
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
  },
}

/** One codec per scalar type. A string keeps every blank; the others are read without the blanks around them. */
export const scalarCodecs: Readonly<Record<keyof Scalars, ScalarCodec>> = {
  string: text('string'),
  boolean: trimmed(boolean),
  byte: trimmed(integer('byte', 8)),
  short: trimmed(integer('short', 16)),
  int: trimmed(integer('int', 32)),
  long: trimmed(long),
  float: trimmed(floating('float')),
  double: trimmed(floating('double')),
  dateTime: trimmed(text('dateTime')),
  anyURI: trimmed(text('anyURI')),
  base64Binary,
}

function trimmed(codec: ScalarCodec): ScalarCodec {
  return { decode: (from) => codec.decode(from.trim()), encode: (value) => codec.encode(value) }
}
