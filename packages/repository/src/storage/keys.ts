import { fail } from '../errors.ts'

const name = /^[a-z0-9_][a-z0-9._-]{0,119}$/

/** Whether `text` can be one name of a key. */
export const isKeyName = (text: string): boolean => name.test(text)

/** The names of a key. @throws `storage.invalid-key` */
export function namesOf(key: string): string[] {
  const names = key.split('/')
  if (!names.every(isKeyName)) throw fail('storage.invalid-key', { key })
  return names
}

/** The folder a list prefix names, as names. @throws `storage.invalid-key` */
export function prefixNamesOf(prefix: string): string[] {
  if (prefix === '') return []
  if (!prefix.endsWith('/')) throw fail('storage.invalid-key', { key: prefix })
  return namesOf(prefix.slice(0, -1))
}
