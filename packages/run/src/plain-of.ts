import type { Plain } from '@vmkeep/repository'

/** Typed attributes as the plain data a repository keeps: the same, without fields that are `undefined`. */
export function plainOf(value: object): Record<string, Plain> {
  return stripped(value) as Record<string, Plain>
}

function stripped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(stripped)
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, field]) => (field === undefined ? [] : [[key, stripped(field)]])),
  )
}
