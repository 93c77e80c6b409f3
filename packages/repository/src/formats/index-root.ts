import { FormatError } from '@vmkeep/kit'
import { magic } from './common-header.ts'
import { Fields } from './fields.ts'
import { fromHex, toHex } from './hex.ts'
import { indexKind } from './index-blocks.ts'
import { deltaKey, deltaNameOf, packNameBytes } from './object-names.ts'
import { decodeSealed, encodeSealed } from './sealed-object.ts'
import type { Sealing } from './sealing.ts'

const deltaNameBytes = 20
/** More are named by no root: they are read once more, which does no harm. */
export const foldedDeltasMax = 40_000
export const rootBytesMax = 4 * 2 ** 20

/** A part of the index that was written at once: its segments ascend, and their entries count the rows of its pack tables. */
export interface RunNames {
  readonly packTables: readonly Uint8Array[]
  readonly segments: readonly Uint8Array[]
  readonly entries: number
  readonly packs: number
}

/** What the index is made of, beside the deltas that are not folded: docs/formats/repository.md §6.2. */
export interface IndexRoot {
  readonly number: number
  readonly atMs: number
  readonly runs: readonly RunNames[]
  /** Keys of deltas whose entries lie in the runs. They may be gone. */
  readonly folded: readonly string[]
}

export function encodeRoot(
  repositoryId: Uint8Array,
  { number, atMs, runs, folded }: IndexRoot,
  { controlKey, random }: Sealing,
): Uint8Array {
  const content = {
    at: atMs,
    number,
    folded: joined(folded.slice(0, foldedDeltasMax).map(deltaNameBytesOf)),
    runs: runs.map(({ packTables, segments, entries, packs }) => ({
      entries,
      packs,
      packTables: joined(packTables),
      segments: joined(segments),
    })),
  }
  const header = { magic: magic.delta, kind: indexKind.root, repositoryId, objectId: objectIdOf(number) }
  return encodeSealed({ ...header, content }, controlKey, random)
}

/** @throws FormatError */
export function decodeRoot(
  source: Uint8Array,
  { repositoryId, number }: { repositoryId: Uint8Array; number: number },
  controlKey: Uint8Array,
): IndexRoot {
  const expected = { magic: magic.delta, kind: indexKind.root, repositoryId, objectId: objectIdOf(number) }
  const fields = new Fields(decodeSealed(source, controlKey, expected).content)
  if (fields.count('number') !== number) throw new FormatError('its number is not the one in its name')
  const runs = fields.maps('runs').map((run) => ({
    entries: run.count('entries'),
    packs: run.count('packs'),
    packTables: run.rows('packTables', packNameBytes),
    segments: run.rows('segments', packNameBytes),
  }))
  const folded = fields.rows('folded', deltaNameBytes).map(deltaKeyOf)
  return { number, atMs: fields.count('at'), runs, folded }
}

const joined = (rows: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(rows))

function deltaNameBytesOf(key: string): Uint8Array {
  const { sessionId, number } = deltaNameOf(key)!
  const name = new Uint8Array(deltaNameBytes)
  name.set(fromHex(sessionId, 16)!)
  new DataView(name.buffer).setUint32(16, number, true)
  return name
}

function deltaKeyOf(name: Uint8Array): string {
  const number = new DataView(name.buffer, name.byteOffset).getUint32(16, true)
  return deltaKey(toHex(name.subarray(0, 16)), number)
}

/** The number as an id, so that no root can take another's place. */
function objectIdOf(number: number): Uint8Array {
  const id = new Uint8Array(16)
  new DataView(id.buffer).setUint32(0, number, true)
  return id
}
