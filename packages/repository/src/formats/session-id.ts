import type { Random } from '@vmkeep/kit'
import { toHex } from './hex.ts'

/** 6 bytes of time, 2 of the process, 8 random: docs/formats/repository.md §2. Ids sort by time. */
export function newSessionId(nowMs: number, process: Uint8Array, random: Random): string {
  const time = Math.floor(nowMs).toString(16).padStart(12, '0')
  return time + toHex(process) + toHex(random.bytes(8))
}

export const createdAtMsOf = (sessionId: string): number => Number.parseInt(sessionId.slice(0, 12), 16)

/** The half that the names of its packs carry. */
export const packHalfOf = (sessionId: string): Uint8Array => new Uint8Array(Buffer.from(sessionId.slice(16), 'hex'))
