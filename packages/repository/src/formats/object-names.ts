import { fromHex, toHex } from './hex.ts'

// Every storage key is made and understood here: docs/formats/repository.md §2.

export const formatKey = 'format'
export const keysPrefix = 'keys/'
export const packsPrefix = 'packs/'
export const deltasPrefix = 'index/delta/'
export const segmentsPrefix = 'index/seg/'
export const rootsPrefix = 'index/root/'
export const pointsPrefix = 'points/'
export const sessionsPrefix = 'sessions/'
export const trashPrefix = 'trash/'
export const readersPrefix = 'readers/'
export const collectionsPrefix = 'gc/'
export const lostPrefix = 'lost/'
export const lockRecordsPrefix = 'locks/'
export const proofsPrefix = 'proofs/'
export const validationsPrefix = 'validations/'
export const verifiedPrefix = 'verify/'
export const parityPrefix = 'parity/'

const decimal = (value: number, digits: number) => String(value).padStart(digits, '0')

export const slotKey = (slotId: Uint8Array): string => `keys/slot-${toHex(slotId)}`
export const ringKey = (number: number): string => `keys/ring-${decimal(number, 8)}`
export const pointKey = (sessionId: string): string => `points/${sessionId}`
export const sessionPrefix = (sessionId: string): string => `sessions/${sessionId}/`
export const sessionStartKey = (sessionId: string): string => `sessions/${sessionId}/start`
export const beatKey = (sessionId: string, number: number): string => `sessions/${sessionId}/beat-${decimal(number, 6)}`
export const sessionPinKey = (sessionId: string, pointId: string): string => `sessions/${sessionId}/pin-${pointId}`
export const readerPinKey = (readerId: string, pointId: string): string => `readers/${readerId}/pin-${pointId}`
export const trashEntryKey = (pointId: string, number: number): string => `trash/${pointId}/${decimal(number, 6)}`
export const pointTrashPrefix = (pointId: string): string => `trash/${pointId}/`
export const condemnedListKey = (number: number): string => `gc/${decimal(number, 8)}/list`
export const condemnedFinalKey = (number: number): string => `gc/${decimal(number, 8)}/final`
export const lostRecordKey = (recordId: Uint8Array): string => `lost/${toHex(recordId)}`
export const proofKey = (pointId: string): string => `proofs/${pointId}`
export const lockRecordKey = (pointId: string): string => `locks/${pointId}`
export const verifiedRecordKey = (recordId: Uint8Array): string => `verify/${toHex(recordId)}`
export const censusKey = (recordId: Uint8Array): string => `verify/census-${toHex(recordId)}`
export const validationKey = (id: string): string => `validations/${id}`
export const deltaKey = (sessionId: string, number: number): string => `index/delta/${sessionId}-${decimal(number, 6)}`

export const rootKey = (number: number): string => `index/root/${decimal(number, 8)}`

/** The 16 bytes of the slot id, or `undefined` if `key` is not a slot's. */
export const slotIdOf = (key: string): Uint8Array | undefined =>
  key.startsWith('keys/slot-') ? fromHex(key.slice('keys/slot-'.length), 16) : undefined

export const ringNumberOf = (key: string): number | undefined => {
  const match = /^keys\/ring-(\d{8})$/.exec(key)
  return match === null ? undefined : Number(match[1])
}

export const pointIdOf = (key: string): string | undefined => /^points\/([0-9a-f]{32})$/.exec(key)?.[1]

export const sessionIdOf = (key: string): string | undefined => /^sessions\/([0-9a-f]{32})\//.exec(key)?.[1]

/** A pin of a session or a reader: who holds which point. */
export function pinOf(key: string): { holderId: string; pointId: string } | undefined {
  const match = /^(?:sessions|readers)\/([0-9a-f]{32})\/pin-([0-9a-f]{32})$/.exec(key)
  return match === null ? undefined : { holderId: match[1]!, pointId: match[2]! }
}

export function beatOf(key: string): { sessionId: string; number: number } | undefined {
  const match = /^sessions\/([0-9a-f]{32})\/beat-(\d{6})$/.exec(key)
  return match === null ? undefined : { sessionId: match[1]!, number: Number(match[2]) }
}

export function trashEntryOf(key: string): { pointId: string; number: number } | undefined {
  const match = /^trash\/([0-9a-f]{32})\/(\d{6})$/.exec(key)
  return match === null ? undefined : { pointId: match[1]!, number: Number(match[2]) }
}

export const lockRecordPointOf = (key: string): string | undefined => /^locks\/([0-9a-f]{32})$/.exec(key)?.[1]

export const proofPointOf = (key: string): string | undefined => /^proofs\/([0-9a-f]{32})$/.exec(key)?.[1]

export const validationIdOf = (key: string): string | undefined => /^validations\/([0-9a-f]{32})$/.exec(key)?.[1]

export function collectionOf(key: string): { number: number; part: 'list' | 'final' } | undefined {
  const match = /^gc\/(\d{8})\/(list|final)$/.exec(key)
  return match === null ? undefined : { number: Number(match[1]), part: match[2] as 'list' | 'final' }
}

export const lostRecordOf = (key: string): Uint8Array | undefined =>
  key.startsWith(lostPrefix) ? fromHex(key.slice(lostPrefix.length), 16) : undefined

export const verifiedRecordOf = (key: string): Uint8Array | undefined =>
  key.startsWith(verifiedPrefix) ? fromHex(key.slice(verifiedPrefix.length), 16) : undefined

export const censusOf = (key: string): Uint8Array | undefined =>
  key.startsWith('verify/census-') ? fromHex(key.slice('verify/census-'.length), 16) : undefined

export function deltaNameOf(key: string): { sessionId: string; number: number } | undefined {
  const match = /^index\/delta\/([0-9a-f]{32})-(\d{6})$/.exec(key)
  return match === null ? undefined : { sessionId: match[1]!, number: Number(match[2]) }
}

export function rootNumberOf(key: string): number | undefined {
  const match = /^index\/root\/(\d{8})$/.exec(key)
  return match === null ? undefined : Number(match[1])
}

export const packNameBytes = 24

/** A pack's 24-byte name: 16 random bytes and the random half of its session's id. */
export const packKey = (name: Uint8Array): string => {
  const hex = toHex(name)
  return `packs/${hex.slice(0, 2)}/${hex.slice(0, 32)}-${hex.slice(32)}`
}

/** A pack's parity lies beside it, under the same name. */
export const parityKey = (packName: Uint8Array): string => packKey(packName).replace(packsPrefix, parityPrefix)

export const parityPackOf = (key: string): Uint8Array | undefined =>
  key.startsWith(parityPrefix) ? packNameOf(key.replace(parityPrefix, packsPrefix)) : undefined

export function packNameOf(key: string): Uint8Array | undefined {
  const match = /^packs\/([0-9a-f]{2})\/([0-9a-f]{32})-([0-9a-f]{16})$/.exec(key)
  if (match === null || !match[2]!.startsWith(match[1]!)) return undefined
  return fromHex(match[2]! + match[3]!, packNameBytes)
}

/** A segment's or pack table's 24-byte name is made like a pack's. */
export const segmentKey = (name: Uint8Array): string => `index/seg/${segmentFileName(name)}`

export function segmentFileName(name: Uint8Array): string {
  const hex = toHex(name)
  return `${hex.slice(0, 32)}-${hex.slice(32)}`
}

export function segmentNameOf(key: string): Uint8Array | undefined {
  const match = /^index\/seg\/([0-9a-f]{32})-([0-9a-f]{16})$/.exec(key)
  return match === null ? undefined : fromHex(match[1]! + match[2]!, packNameBytes)
}
