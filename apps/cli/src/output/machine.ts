/**
 * A value as machines get it: dates as RFC 3339 UTC, bytes as hex, big integers as decimal text beyond 2^53,
 * secrets as `[secret]`, nothing undefined.
 */
export function toMachine(value: unknown): unknown {
  if (value === undefined || value === null) return null
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()
  if (typeof value !== 'object') return value
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')
  if (Array.isArray(value)) return value.map(toMachine)
  if (value instanceof Map) return toMachine(Object.fromEntries(value))
  if (value instanceof Set) return toMachine([...value])
  if ('toJSON' in value && typeof value.toJSON === 'function') return toMachine(value.toJSON())
  const known = Object.entries(value).filter(([, part]) => part !== undefined && typeof part !== 'function')
  return Object.fromEntries(known.map(([key, part]) => [key, toMachine(part)]))
}

export function toJson(value: unknown): string {
  return JSON.stringify(toMachine(value), undefined, 2)
}

export async function toYaml(value: unknown): Promise<string> {
  const { stringify } = await import('yaml')
  return stringify(toMachine(value), { lineWidth: 0 }).trimEnd()
}
