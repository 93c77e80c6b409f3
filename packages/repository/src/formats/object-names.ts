import { fromHex, toHex } from './hex.ts'

// Every storage key is made and understood here: docs/formats/repository.md §2.

export const formatKey = 'format'
export const keysPrefix = 'keys/'
export const packsPrefix = 'packs/'
export const deltasPrefix = 'index/delta/'
export const pointsPrefix = 'points/'
export const sessionsPrefix = 'sessions/'

const decimal = (value: number, digits: number) => String(value).padStart(digits, '0')

export const slotKey = (slotId: Uint8Array): string => `keys/slot-${toHex(slotId)}`
export const ringKey = (number: number): string => `keys/ring-${decimal(number, 8)}`
export const pointKey = (sessionId: string): string => `points/${sessionId}`
export const sessionPrefix = (sessionId: string): string => `sessions/${sessionId}/`
export const sessionStartKey = (sessionId: string): string => `sessions/${sessionId}/start`
export const deltaKey = (sessionId: string, number: number): string => `index/delta/${sessionId}-${decimal(number, 6)}`

/** The 16 bytes of the slot id, or `undefined` if `key` is not a slot's. */
export const slotIdOf = (key: string): Uint8Array | undefined =>
  key.startsWith('keys/slot-') ? fromHex(key.slice('keys/slot-'.length), 16) : undefined

export const isRingKey = (key: string): boolean => /^keys\/ring-\d{8}$/.test(key)

export const pointIdOf = (key: string): string | undefined => /^points\/([0-9a-f]{32})$/.exec(key)?.[1]

export const sessionIdOf = (key: string): string | undefined => /^sessions\/([0-9a-f]{32})\//.exec(key)?.[1]

export function deltaNameOf(key: string): { sessionId: string; number: number } | undefined {
  const match = /^index\/delta\/([0-9a-f]{32})-(\d{6})$/.exec(key)
  return match === null ? undefined : { sessionId: match[1]!, number: Number(match[2]) }
}

export const packNameBytes = 24

/** A pack's 24-byte name: 16 random bytes and the random half of its session's id. */
export const packKey = (name: Uint8Array): string => {
  const hex = toHex(name)
  return `packs/${hex.slice(0, 2)}/${hex.slice(0, 32)}-${hex.slice(32)}`
}

export function packNameOf(key: string): Uint8Array | undefined {
  const match = /^packs\/([0-9a-f]{2})\/([0-9a-f]{32})-([0-9a-f]{16})$/.exec(key)
  if (match === null || !match[2]!.startsWith(match[1]!)) return undefined
  return fromHex(match[2]! + match[3]!, packNameBytes)
}
