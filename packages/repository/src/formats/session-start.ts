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
}

export function encodeSessionStart(
  { repositoryId, sessionId }: PointIdentity,
  { startedAtMs, writer }: SessionStart,
  { controlKey, random }: { controlKey: Uint8Array; random: Random },
): Uint8Array {
  const objectId = fromHex(sessionId, 16)!
  const content = { startedAt: startedAtMs, writer }
  return encodeSealed({ magic: magic.session, kind: kinds.start, repositoryId, objectId, content }, controlKey, random)
}

/** @throws FormatError */
export function decodeSessionStart(
  source: Uint8Array,
  { repositoryId, sessionId }: PointIdentity,
  controlKey: Uint8Array,
): SessionStart {
  const objectId = fromHex(sessionId, 16)!
  const expected = { magic: magic.session, kind: kinds.start, repositoryId, objectId }
  const fields = new Fields(decodeSealed(source, controlKey, expected).content)
  return { startedAtMs: fields.count('startedAt'), writer: fields.text('writer') }
}
