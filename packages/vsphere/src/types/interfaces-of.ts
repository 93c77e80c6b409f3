import type { Scalars } from './notation.ts'
import { objectSchema, type SchemaField } from './schema.ts'
import { dataObjectTable } from './table.ts'

const scalars: Readonly<Record<keyof Scalars, string>> = {
  string: 'string',
  boolean: 'boolean',
  byte: 'number',
  short: 'number',
  int: 'number',
  long: 'number | bigint',
  float: 'number',
  double: 'number',
  dateTime: 'string',
  anyURI: 'string',
  base64Binary: 'Uint8Array',
}

/**
 * The table's data object types as TypeScript interfaces: the text of `interfaces.ts`.
 *
 * They could be inferred from the table, and were; the compiler then took half a minute over unions of a hundred types.
 */
export function interfacesOf(): string {
  const names = Object.keys(dataObjectTable)
  return [
    '// Made from the tables beside it by interfaces-of.ts. Do not edit: run `npx vitest run interfaces-of -u`.',
    "import type { AnyOf, Enumeration, ManagedObjectReference, Opaque } from './data-object.ts'",
    '',
    ...names.flatMap(interfaceOf),
    '/** Every data object type by its name. */',
    'export interface DataObjects {',
    ...names.map((name) => `  readonly ${name}: ${name}`),
    '}',
    '',
    '/** Every data object type from which others derive, with the names of all that do. */',
    'export interface Families {',
    ...names.flatMap((name) => familyOf(name, names)),
    '}',
    '',
  ].join('\n')
}

function interfaceOf(name: string): string[] {
  const { base, fields } = objectSchema(name)!
  const own = fields.slice(base === undefined ? 0 : objectSchema(base)!.fields.length)
  const head = `export interface ${name}${base === undefined ? '' : ` extends ${base}`} {`
  return own.length === 0 ? [`${head}}`, ''] : [head, ...own.map(propertyOf), '}', '']
}

function familyOf(base: string, names: readonly string[]): string[] {
  const family = names.filter((name) => objectSchema(name)!.lineage.has(base)).map((name) => `'${name}'`)
  if (family.length === 1 || base === 'DynamicData') return [] // everything derives from DynamicData
  const line = `  readonly ${base}: ${family.join(' | ')}`
  return line.length <= lineLengthMax ? [line] : [`  readonly ${base}:`, ...family.map((name) => `    | ${name}`)]
}

const lineLengthMax = 120 // oxfmt's

function propertyOf(field: SchemaField): string {
  const item = itemOf(field)
  const type = field.isArray ? `readonly ${item.includes('|') ? `(${item})` : item}[]` : item
  if (!field.isOptional) return `  readonly ${field.name}: ${type}`
  return `  readonly ${field.name}?: ${type}${type === 'unknown' ? '' : ' | undefined'}`
}

function itemOf({ kind, type, isPolymorphic }: SchemaField): string {
  switch (kind) {
    case 'scalar':
      return scalars[type as keyof Scalars]
    case 'enum':
      return `Enumeration<'${type}'>`
    case 'ref':
      return 'ManagedObjectReference'
    case 'anyType':
      return 'unknown'
    case 'opaque':
      return 'Opaque'
    case 'object':
      return isPolymorphic ? `AnyOf<'${type}'>` : type
  }
}
