/** A deep copy without the elements our table does not declare: what a newer server said can't be sent to any. */
export function declaredOnly<T>(value: T): T {
  if (Array.isArray(value)) return value.map(declaredOnly) as T
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  const entries = Object.entries(value).map(([key, field]) => [key, declaredOnly(field as unknown)] as const)
  return Object.fromEntries(entries) as T // symbols, where such elements are kept, are not entries
}
