/** The named fields of an object that are there: a spec is rebuilt field by field, so that nothing newer slips through. */
export function pick<T extends object, K extends keyof T>(object: T | undefined, ...keys: readonly K[]): Pick<T, K> {
  const picked: Partial<Pick<T, K>> = {}
  if (object !== undefined) for (const key of keys) if (object[key] !== undefined) picked[key] = object[key]
  return picked as Pick<T, K>
}
