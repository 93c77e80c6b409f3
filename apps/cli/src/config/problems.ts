import type { z } from 'zod'
import { closest } from './closest.ts'
import type { ConfigFile } from './config-file.ts'
import { configJsonSchema } from './schema.ts'

/** What the schema does not like, one sentence each, with the place and what was probably meant. */
export function describeProblems(error: z.ZodError, placeOf: Pick<ConfigFile, 'at' | 'atKey'>): string[] {
  const problems = error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => `${placeOf.atKey(issue.path, key)}: ${unknownKey(key, issue.path)}`)
    return [`${placeOf.at(issue.path)}: ${nameOf(issue.path)}: ${sentence(issue)}`]
  })
  return problems.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true })) // by line, as they stand in the file
}

function unknownKey(key: string, path: readonly PropertyKey[]): string {
  const known = keysAt(path)
  const meant = closest(key, known)
  const where = path.length === 0 ? 'the config' : nameOf(path)
  return `there is no "${key}" in ${where}; ${meant === undefined ? `it can hold ${known.join(', ')}` : `did you mean "${meant}"?`}`
}

/** `vcenters[0].host` */
function nameOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((name, part) => {
    if (typeof part === 'number') return `${name}[${part}]`
    return name === '' ? String(part) : `${name}.${String(part)}`
  }, '')
}

const kinds: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'text',
  array: 'a list',
  object: 'keys and values',
}

function sentence(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type')
    return issue.message.endsWith('received undefined')
      ? 'it is missing'
      : `it must be ${kinds[issue.expected] ?? issue.expected}`
  if (issue.code === 'too_small')
    return issue.origin === 'string' ? 'it must not be empty' : `it must be at least ${issue.minimum}`
  if (issue.code === 'too_big') return `it must be at most ${issue.maximum}`
  if (issue.code === 'invalid_value') return `it must be one of ${issue.values.map(String).join(', ')}`
  return issue.message
}

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly items?: SchemaNode
}

function keysAt(path: readonly PropertyKey[]): string[] {
  let node: SchemaNode | undefined = configJsonSchema() as SchemaNode
  for (const part of path) node = typeof part === 'number' ? node?.items : node?.properties?.[String(part)]
  return Object.keys(node?.properties ?? {})
}
