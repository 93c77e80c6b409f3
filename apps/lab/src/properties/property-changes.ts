import { type DataObject, objectSchema, type SchemaField } from '@vmkeep/vsphere/types'
import { isDeepStrictEqual } from 'node:util'
import type { PropertyPath } from './property-path.ts'
import { propertyValue } from './read-properties.ts'

type Change = DataObject<'PropertyChange'>

/**
 * How `after` differs from what was told `before`; with `before` unset, all of it.
 *
 * A property that is unset comes as an assignment without a value. With `partial`, only the fields of an object that changed
 * are told, under their own path: `info.state`.
 */
export function propertyChanges(
  before: ReadonlyMap<string, unknown> | undefined,
  after: ReadonlyMap<PropertyPath, unknown>,
  partial: boolean,
): Change[] {
  const changes: Change[] = []
  for (const [path, value] of after) {
    if (before === undefined) changes.push(assignment(path.text, path.field, value))
    else changes.push(...difference(path.text, path.field, before.get(path.text), value, partial))
  }
  return changes
}

const assignment = (name: string, field: SchemaField, value: unknown): Change => ({
  name,
  op: 'assign',
  ...(value === undefined ? {} : { val: propertyValue(field, value) }),
})

function* difference(
  name: string,
  field: SchemaField,
  before: unknown,
  after: unknown,
  partial: boolean,
): Iterable<Change> {
  if (isDeepStrictEqual(before, after)) return
  const fields = partial ? commonFields(field, before, after) : undefined
  if (fields === undefined) return yield assignment(name, field, after)
  for (const inner of fields)
    yield* difference(`${name}.${inner.name}`, inner, valueOf(before, inner), valueOf(after, inner), partial)
}

type Fields = Readonly<Record<string, unknown>>
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const valueOf = (object: unknown, { name }: SchemaField): unknown => (object as Fields)[name]

/** The fields two values share, if both are objects of the same type. */
function commonFields(field: SchemaField, before: unknown, after: unknown): readonly SchemaField[] | undefined {
  if (field.isArray || !isObject(before) || !isObject(after) || before['$type'] !== after['$type']) return undefined
  return objectSchema(typeof after['$type'] === 'string' ? after['$type'] : field.type)?.fields
}
