// The tables, taken apart once and kept: what the codec and the lab ask at run time.
import { type Declaration, type FieldType, isScalar, parseFieldType } from './notation.ts'
import { dataObjectTable, enumerationTable, managedObjectTable, methodTable } from './table.ts'
import type { AnyOf, DataObjectName, ManagedObjectName, MethodName } from './data-object.ts'

export interface SchemaField extends FieldType {
  readonly name: string
}

/** A data object type with everything it inherits. */
export interface ObjectSchema {
  readonly name: string
  readonly base: string | undefined
  /** Inherited fields first, then its own: the order of the wire. */
  readonly fields: readonly SchemaField[]
  readonly fieldOf: ReadonlyMap<string, SchemaField>
  /** Its own name, its base's, and so on. */
  readonly lineage: ReadonlySet<string>
}

export interface MethodSchema {
  readonly name: MethodName
  /** The managed object type it is defined on. */
  readonly on: string
  readonly parameters: readonly SchemaField[]
  /** `undefined` for a method that answers nothing. */
  readonly result: SchemaField | undefined
}

const isEnum = (type: string): boolean => Object.hasOwn(enumerationTable, type)
const parse = (name: string, text: string): SchemaField => ({ name, ...parseFieldType(text, isEnum) })

const ownFields = (declaration: Declaration): SchemaField[] =>
  Object.entries(declaration).flatMap(([name, text]) => (name.startsWith('$') ? [] : [parse(name, text)]))

function schemas(
  table: Readonly<Record<string, Declaration>>,
  rootName: string,
): (name: string) => ObjectSchema | undefined {
  const known = new Map<string, ObjectSchema>()
  const find = (name: string): ObjectSchema | undefined => {
    const found = known.get(name)
    if (found !== undefined || !Object.hasOwn(table, name)) return found
    const declaration = table[name]!
    const baseName = declaration['$extends'] ?? (name === rootName ? undefined : rootName)
    const base = baseName === undefined ? undefined : find(baseName)!
    const fields = [...(base?.fields ?? []), ...ownFields(declaration)]
    const schema: ObjectSchema = {
      name,
      base: baseName,
      fields,
      fieldOf: new Map(fields.map((field) => [field.name, field])),
      lineage: new Set([name, ...(base?.lineage ?? [])]),
    }
    known.set(name, schema)
    return schema
  }
  return find
}

/** The schema of a data object type, or `undefined` if the table does not hold it. */
export const objectSchema: (name: string) => ObjectSchema | undefined = schemas(dataObjectTable, 'DynamicData')

/** The schema of a managed object type: its properties instead of fields. */
export const managedObjectSchema: (name: string) => ObjectSchema | undefined = schemas(
  managedObjectTable,
  'ManagedObject',
)

const methodSchemas = new Map<string, MethodSchema>()

/** The schema of a method, or `undefined` if the table does not hold it. */
export function methodSchema(name: string): MethodSchema | undefined {
  const found = methodSchemas.get(name)
  if (found !== undefined || !Object.hasOwn(methodTable, name)) return found
  const declaration: Declaration = methodTable[name as MethodName]
  const result = declaration['$returns']
  const schema: MethodSchema = {
    name: name as MethodName,
    on: declaration['$on']!,
    parameters: ownFields(declaration),
    result: result === undefined ? undefined : parse('returnval', result),
  }
  methodSchemas.set(name, schema)
  return schema
}

/** The values an enumeration had when the table was written, or `undefined` if `name` is none. */
export function enumerationValues(name: string): readonly string[] | undefined {
  return isEnum(name) ? enumerationTable[name as keyof typeof enumerationTable] : undefined
}

/** Whether `name` is `base` or a type derived from it. */
export function derivesFrom(name: string, base: string): boolean {
  return objectSchema(name)?.lineage.has(base) ?? false
}

/** Whether a managed object type is `base` or one derived from it. */
export function managedObjectDerivesFrom(name: string, base: string): boolean {
  return managedObjectSchema(name)?.lineage.has(base) ?? false
}

/** Whether a decoded value is of type `base` or one derived from it; narrows it to exactly those. */
export function isA<B extends DataObjectName>(value: unknown, base: B): value is AnyOf<B> {
  return (
    typeof value === 'object' &&
    value !== null &&
    '$type' in value &&
    typeof value.$type === 'string' &&
    derivesFrom(value.$type, base)
  )
}

const capitalised = (type: string): string => type[0]!.toUpperCase() + type.slice(1)

/** How a field's value names its type where the schema says `xsd:anyType`: `xsd:long`, `ArrayOfVirtualDevice`. */
export function wireTypeOf(field: Pick<FieldType, 'type' | 'isArray' | 'kind'>): string {
  const isXsd = field.kind === 'scalar' || field.kind === 'anyType'
  if (field.isArray) return `ArrayOf${isXsd ? capitalised(field.type) : field.type}`
  return isXsd ? `xsd:${field.type}` : field.type
}

const lowerCased = (type: string): string => type[0]!.toLowerCase() + type.slice(1)

/** The item of an `ArrayOf…` type, named as its elements are named; `undefined` for anything else or an unknown item. */
export function arrayItem(arrayType: string): SchemaField | undefined {
  if (!arrayType.startsWith('ArrayOf') || arrayType.length === 7) return undefined
  const type = arrayType.slice(7)
  const one = { isArray: false, isOptional: false }
  const scalar = lowerCased(type)
  if (isScalar(scalar)) return { name: scalar, kind: 'scalar', type: scalar, isPolymorphic: false, ...one }
  if (type === 'AnyType') return { name: 'anyType', kind: 'anyType', type: 'anyType', isPolymorphic: true, ...one }
  if (type === 'ManagedObjectReference') return { name: type, kind: 'ref', type, isPolymorphic: false, ...one }
  if (isEnum(type)) return { name: type, kind: 'enum', type, isPolymorphic: false, ...one }
  if (objectSchema(type) === undefined) return undefined
  return { name: type, kind: 'object', type, isPolymorphic: true, ...one }
}

/** The declared type of a property path, as `config.hardware.device`; `undefined` where the table does not reach. */
export function propertyField(type: ManagedObjectName | (string & {}), path: string): SchemaField | undefined {
  const [first, ...rest] = path.split('.')
  let field = managedObjectSchema(type)?.fieldOf.get(first!)
  for (const name of rest) {
    if (field === undefined || field.kind !== 'object' || field.isArray) return undefined
    field = objectSchema(field.type)?.fieldOf.get(name)
  }
  return field
}
