import { FormatError } from '@vmkeep/kit'
import type { Plain } from '../plain.ts'

type PlainRecord = { readonly [key: string]: Plain }

/** Typed access to decoded CBOR: every getter says which field is wrong. */
export class Fields {
  readonly #values: PlainRecord
  readonly #path: string

  /** @throws FormatError if `value` is not a map */
  constructor(value: Plain | undefined, path = '') {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array)
      throw new FormatError(`${path === '' ? 'its content' : path} is no map`)
    this.#values = value as PlainRecord
    this.#path = path
  }

  get values(): PlainRecord {
    return this.#values
  }

  has(key: string): boolean {
    return this.#own(key) !== undefined
  }

  text(key: string): string {
    return this.#typed(key, 'text', (value) => typeof value === 'string')
  }

  /** A whole number from 0 to 2^53. */
  count(key: string): number {
    return this.#typed(key, 'a whole number', (value) => Number.isSafeInteger(value) && (value as number) >= 0)
  }

  bytes(key: string, sizeBytes: number): Uint8Array {
    return this.#typed(key, `${sizeBytes} bytes`, (value) => value instanceof Uint8Array && value.length === sizeBytes)
  }

  bytesOrNull(key: string, sizeBytes: number): Uint8Array | null {
    return this.#values[key] === null ? null : this.bytes(key, sizeBytes)
  }

  map(key: string): Fields {
    return new Fields(this.#own(key), this.#name(key))
  }

  list(key: string): Plain[] {
    return this.#typed(key, 'a list', (value) => Array.isArray(value))
  }

  maps(key: string): Fields[] {
    return this.list(key).map((item, i) => new Fields(item, `${this.#name(key)}[${i}]`))
  }

  texts(key: string): string[] {
    const list = this.list(key)
    if (!list.every((item) => typeof item === 'string')) throw new FormatError(`${this.#name(key)} is no list of texts`)
    return list
  }

  /** Bytes of a known length, one row after the other. */
  rows(key: string, rowBytes: number): Uint8Array[] {
    const source = this.#typed<Uint8Array>(
      key,
      `a row of ${rowBytes} bytes each`,
      (value) => value instanceof Uint8Array && value.length % rowBytes === 0,
    )
    return Array.from({ length: source.length / rowBytes }, (_, i) => source.subarray(i * rowBytes, (i + 1) * rowBytes))
  }

  #typed<T>(key: string, what: string, test: (value: Plain | undefined) => boolean): T {
    const value = this.#own(key)
    if (!test(value)) throw new FormatError(`${this.#name(key)} is not ${what}`)
    return value as T
  }

  #own(key: string): Plain | undefined {
    return Object.hasOwn(this.#values, key) ? this.#values[key] : undefined
  }

  #name(key: string): string {
    return this.#path === '' ? key : `${this.#path}.${key}`
  }
}
