import { decode, encode, rfc8949EncodeOptions } from 'cborg'
import { FormatError, messageOf } from '@vmkeep/kit'
import type { Plain } from '../plain.ts'
import { sameBytes } from './hex.ts'

const depthMax = 64

/** Deterministic CBOR (RFC 8949 §4.2.1). @throws FormatError if `value` is not plain data */
export function encodeCbor(value: Plain): Uint8Array {
  checkPlain(value)
  return encode(value, rfc8949EncodeOptions)
}

/** The value of deterministic CBOR; anything else, even of the same meaning, is refused. @throws FormatError */
export function decodeCbor(source: Uint8Array): Plain {
  const value = decoded(source)
  checkPlain(value)
  if (!sameBytes(encode(value, rfc8949EncodeOptions), source)) throw new FormatError('its CBOR is not deterministic')
  return value
}

function decoded(source: Uint8Array): unknown {
  try {
    return decode(source, {
      strict: true,
      allowIndefinite: false,
      allowUndefined: false,
      allowInfinity: false,
      allowNaN: false,
      allowBigInt: false,
      rejectDuplicateMapKeys: true,
    })
  } catch (error) {
    throw new FormatError(`its CBOR is broken: ${messageOf(error)}`) // a RangeError of deep nesting included
  }
}

function checkPlain(value: unknown, depth = 0): asserts value is Plain {
  if (depth > depthMax) throw new FormatError(`data nests deeper than ${depthMax}`)
  if (value === null || typeof value === 'boolean' || typeof value === 'string' || value instanceof Uint8Array) return
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value)))
      throw new FormatError(`${value} is not a number that survives storing`)
  } else if (Array.isArray(value)) for (const item of value) checkPlain(item, depth + 1)
  else if (isRecord(value)) for (const item of Object.values(value)) checkPlain(item, depth + 1)
  else throw new FormatError(`${typeof value} is not plain data`)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
