import type { Random } from '@vmkeep/kit'
import { magic } from './common-header.ts'
import { Fields } from './fields.ts'
import { fromHex } from './hex.ts'
import type { PointIdentity } from './point.ts'
import { decodeSealed, encodeSealed } from './sealed-object.ts'

const kinds = { start: 1 } as const

export interface SessionStart {
  readonly startedAtMs: number
  readonly writer: string
  /** The highest data key it knows; what was replaced by then it does not use. Without: it may use any. */
  readonly keyGeneration?: number
}

export function encodeSessionStart(
  { repositoryId, sessionId }: PointIdentity,
  { startedAtMs, writer, keyGeneration = 0 }: SessionStart,
  { controlKey, random }: { controlKey: Uint8Array; random: Random },
): Uint8Array {
  const objectId = fromHex(sessionId, 16)!
  const content = { startedAt: startedAtMs, writer }
  const header = { magic: magic.session, kind: kinds.start, repositoryId, objectId, keyGeneration }
  return encodeSealed({ ...header, content }, controlKey, random)
}

/** @throws FormatError */
export function decodeSessionStart(
  source: Uint8Array,
  { repositoryId, sessionId }: PointIdentity,
  controlKey: Uint8Array,
): SessionStart {
  const objectId = fromHex(sessionId, 16)!
  const expected = { magic: magic.session, kind: kinds.start, repositoryId, objectId }
  const { header, content } = decodeSealed(source, controlKey, expected)
  const fields = new Fields(content)
  const { keyGeneration } = header
  return { startedAtMs: fields.count('startedAt'), writer: fields.text('writer'), keyGeneration }
}
