import { FormatError } from '@vmkeep/kit'
import { headerBytes } from '../formats/common-header.ts'
import { packKey } from '../formats/object-names.ts'
import {
  decodeFooter,
  decodePackHeader,
  decodeTrailer,
  footerBytes,
  type PackEntry,
  type PackFooter,
  type PackIdentity,
} from '../formats/pack.ts'
import type { ObjectStore } from '../storage/object-store.ts'

const suffixBytes = 64 * 1024 // a usual trailer and its footer in one read

export interface PackContents {
  readonly sizeBytes: number
  readonly kind: number
  readonly sha256: Uint8Array
  readonly entries: readonly PackEntry[]
}

/**
 * Reads what a pack says it holds.
 *
 * @throws FormatError if it is cut short or damaged; `storage.not-found`
 */
export async function readTrailer(
  objects: ObjectStore,
  identity: PackIdentity,
  indexKey: Uint8Array,
  signal?: AbortSignal,
): Promise<PackContents> {
  const key = packKey(identity.name)
  const header = new Uint8Array(headerBytes)
  const suffix = await objects.getSuffix(key, suffixBytes, signal)
  if (suffix === undefined || suffix.bytes.length < headerBytes + footerBytes)
    throw new FormatError(`it has ${suffix?.bytes.length ?? 'no'} bytes`)
  const { bytes, sizeBytes } = suffix
  const footer = decodeFooter(bytes.subarray(-footerBytes), sizeBytes)
  await objects.getRange(key, 0, header, signal)
  const { kind } = decodePackHeader(header, identity)
  const trailer = await trailerOf(objects, key, footer, bytes, signal)
  const { trailerOffsetBytes, sha256 } = footer
  const entries = decodeTrailer(trailer, { header, name: identity.name, indexKey, trailerOffsetBytes })
  return { sizeBytes, kind, sha256, entries }
}

async function trailerOf(
  objects: ObjectStore,
  key: string,
  { trailerOffsetBytes, trailerBytes }: PackFooter,
  suffix: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  if (trailerBytes + footerBytes <= suffix.length)
    return suffix.subarray(suffix.length - footerBytes - trailerBytes, suffix.length - footerBytes)
  const trailer = new Uint8Array(trailerBytes)
  await objects.getRange(key, trailerOffsetBytes, trailer, signal)
  return trailer
}
