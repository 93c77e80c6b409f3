import { ascii, FormatError, type Random, struct } from '@vmkeep/kit'
import { type LockPolicy, lockDaysMax } from '../lock/lock-rule.ts'
import { formatMajor, headerBytes, magic, majorOf } from './common-header.ts'
import { Fields } from './fields.ts'
import { sameBytes } from './hex.ts'
import { decodeSealed, encodeSealed } from './sealed-object.ts'

/** docs/formats/repository.md §7: readable without a key, in every version, so that an old program can say what is needed. */
const Preface = struct('repository.format', 16, { needs: ascii(16) })

export interface FormatObject {
  /** The repository whose keys of blobs this one uses: itself, or the one it was made a twin of. */
  readonly keysId: Uint8Array
  readonly chunkSizeBytes: number
  readonly createdAtMs: number
  readonly writer: string
  readonly readFeatures: readonly string[]
  readonly writeFeatures: readonly string[]
  readonly gcFeatures: readonly string[]
  readonly lock?: LockPolicy
  /** Whether each pack gets parity. Writers that do not know of it leave it to the next verification. */
  readonly parity?: boolean
}

/** The vmkeep that can work with what we write. */
const needsFor = (features: readonly string[]) => (features.length === 0 ? '0.1.0' : '0.2.0')

export function encodeFormat(
  format: FormatObject,
  repositoryId: Uint8Array,
  controlKey: Uint8Array,
  random: Random,
): Uint8Array {
  const { createdAtMs, keysId, lock, ...rest } = format
  const twin = sameBytes(keysId, repositoryId) ? {} : { keysOf: keysId }
  const locked = lock === undefined ? {} : { lock: { ...lock } }
  return encodeSealed(
    {
      magic: magic.format,
      kind: 0,
      repositoryId,
      objectId: repositoryId,
      preface: Preface.encode({ needs: needsFor([...rest.readFeatures, ...rest.writeFeatures]) }),
      content: { ...rest, ...twin, ...locked, createdAt: createdAtMs },
    },
    controlKey,
    random,
  )
}

/** What can be said of a `format` object without a key. @throws FormatError */
export function peekFormat(source: Uint8Array): {
  major: number
  known: boolean
  needs: string
  repositoryId: Uint8Array
} {
  const major = majorOf(source, magic.format)
  const { needs } = Preface.decode(source.subarray(headerBytes))
  return { major, known: major === formatMajor, needs: printable(needs), repositoryId: source.slice(16, 32) }
}

/** @throws FormatError */
export function decodeFormat(source: Uint8Array, repositoryId: Uint8Array, controlKey: Uint8Array): FormatObject {
  const expected = { magic: magic.format, repositoryId, objectId: repositoryId, prefaceBytes: Preface.sizeBytes }
  const fields = new Fields(decodeSealed(source, controlKey, expected).content)
  return {
    keysId: fields.has('keysOf') ? fields.bytes('keysOf', 16) : repositoryId,
    chunkSizeBytes: fields.count('chunkSizeBytes'),
    createdAtMs: fields.count('createdAt'),
    writer: fields.text('writer'),
    readFeatures: fields.texts('readFeatures'),
    writeFeatures: fields.texts('writeFeatures'),
    gcFeatures: fields.texts('gcFeatures'),
    ...lockOf(fields),
    ...(fields.values['parity'] === true ? { parity: true } : {}),
  }
}

function lockOf(fields: Fields): { lock?: LockPolicy } {
  if (fields.values['lock'] === undefined) return {}
  const lock = fields.map('lock')
  const [days, mode] = [lock.count('days'), lock.text('mode')]
  if (days < 1 || days > lockDaysMax) throw new FormatError(`a lock of ${days} days`)
  if (mode !== 'governance' && mode !== 'compliance') throw new FormatError(`a lock of the mode "${mode}"`)
  return { lock: { days, mode } }
}

function printable(text: string): string {
  if (!/^[\x20-\x7e]+$/.test(text)) throw new FormatError('the version it needs is not text')
  return text
}
