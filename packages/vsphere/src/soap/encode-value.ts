// From values to XML, strictly: what vpxd's forward cursor will accept.
import { FormatError } from '@vmkeep/kit'
import { type ManagedObjectReference, type TypedValue, unknownElements } from '../types/data-object.ts'
import { type FieldType, isScalar } from '../types/notation.ts'
import {
  arrayItem,
  derivesFrom,
  enumerationValues,
  type ObjectSchema,
  objectSchema,
  type SchemaField,
  wireTypeOf,
} from '../types/schema.ts'
import { scalarCodecs } from './scalars.ts'
import { escapeAttribute, escapeText } from './xml-element.ts'

type ItemType = Pick<FieldType, 'kind' | 'type' | 'isPolymorphic'>

/**
 * Writes a field: nothing if it is optional and absent, one element, or one element per item.
 *
 * @throws FormatError if a required value is missing, a value is not of its type, or an object has a property its type
 *   does not know; the message gives the path
 */
export function encodeField(field: SchemaField, value: unknown): string {
  if (value === undefined) {
    if (field.isOptional) return ''
    throw new FormatError('a value is required')
  }
  if (!field.isArray) return encodeItem(field.name, value, field)
  if (!Array.isArray(value)) throw new FormatError('an array is required')
  let xml = ''
  for (const item of value) xml += encodeItem(field.name, item, field)
  return xml
}

/** Writes one element. */
export function encodeItem(name: string, value: unknown, type: ItemType): string {
  switch (type.kind) {
    case 'scalar':
      return element(name, '', escapeText(scalarCodecs[type.type as keyof typeof scalarCodecs].encode(value)))
    case 'enum':
      return element(name, '', enumerationText(value, type.type))
    case 'ref':
      return encodeReference(name, value, '')
    case 'anyType':
      return encodeAny(name, value)
    case 'opaque':
      throw new FormatError(`${type.type} is not declared in our table and cannot be sent`)
    case 'object':
      return encodeObject(name, value, type)
  }
}

/**
 * Writes a value of `xsd:anyType`, which names its own type: from `$type`, or from what the value is. A whole number is
 * an `xsd:int`, or an `xsd:long` where that does not fit; any other type (a date, a short, an array) is given as a
 * {@link TypedValue}.
 */
export function encodeAny(name: string, value: unknown): string {
  if (isTypedValue(value)) return encodeTyped(name, value)
  if (isReference(value)) return encodeReference(name, value, ' xsi:type="ManagedObjectReference"')
  if (typeof value === 'object' && value !== null && '$type' in value)
    return encodeObject(name, value, { kind: 'object', type: 'DynamicData', isPolymorphic: true })
  return encodeTyped(name, { $type: scalarTypeOf(value), $value: value })
}

/** A value together with the type its field declares, for a place where the schema says `xsd:anyType`. */
export function typedValue(field: FieldType, value: unknown): TypedValue {
  return { $type: wireTypeOf(field), $value: value }
}

function scalarTypeOf(value: unknown): string {
  if (typeof value === 'string') return 'xsd:string'
  if (typeof value === 'boolean') return 'xsd:boolean'
  if (typeof value === 'bigint') return 'xsd:long'
  if (value instanceof Uint8Array) return 'xsd:base64Binary'
  if (typeof value !== 'number') throw new FormatError('the value does not tell its type: give it as { $type, $value }')
  if (!Number.isInteger(value) || Object.is(value, -0)) return 'xsd:double'
  if (value === (value | 0)) return 'xsd:int'
  return Number.isSafeInteger(value) ? 'xsd:long' : 'xsd:double'
}

function encodeTyped(name: string, { $type, $value }: TypedValue): string {
  const type = $type.slice($type.indexOf(':') + 1)
  const attribute = ` xsi:type="${escapeAttribute($type)}"`
  if ($type.startsWith('xsd:') && isScalar(type))
    return element(name, attribute, escapeText(scalarCodecs[type].encode($value)))
  if (type === 'ManagedObjectReference') return encodeReference(name, $value, attribute)
  if (enumerationValues(type) !== undefined) return element(name, attribute, enumerationText($value, type))
  const item = arrayItem(type)
  if (item !== undefined && Array.isArray($value))
    return element(name, attribute, $value.map((one) => encodeItem(item.name, one, item)).join(''))
  if (objectSchema(type) !== undefined)
    return encodeObject(name, { $type: type, ...($value as object) }, { kind: 'object', type, isPolymorphic: true })
  throw new FormatError(`${$type} is not declared in our table and cannot be sent`)
}

const element = (name: string, attributes: string, content: string): string =>
  content === '' ? `<${name}${attributes}/>` : `<${name}${attributes}>${content}</${name}>`

function enumerationText(value: unknown, type: string): string {
  if (typeof value !== 'string' || !enumerationValues(type)!.includes(value))
    throw new FormatError(`${JSON.stringify(value)} is not one of ${type}: ${enumerationValues(type)!.join(', ')}`)
  return value
}

const isReference = (value: unknown): value is ManagedObjectReference =>
  typeof value === 'object' &&
  value !== null &&
  'type' in value &&
  typeof value.type === 'string' &&
  'value' in value &&
  typeof value.value === 'string' &&
  Object.keys(value).length === 2

const isTypedValue = (value: unknown): value is TypedValue =>
  typeof value === 'object' && value !== null && '$type' in value && '$value' in value

// `type` goes before `xsi:type`: that is how vCenter writes it, and some clients look no further than the first "type".
function encodeReference(name: string, value: unknown, typeAttribute: string): string {
  if (!isReference(value)) throw new FormatError('a managed object reference { type, value } is required')
  return element(name, ` type="${escapeAttribute(value.type)}"${typeAttribute}`, escapeText(value.value))
}

function encodeObject(name: string, value: unknown, declared: ItemType): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new FormatError(`an object of type ${declared.type} is required`)
  const object = value as Readonly<Record<string | symbol, unknown>>
  const schema = schemaOf(object, declared)
  const attribute =
    declared.isPolymorphic || schema.name !== declared.type ? ` xsi:type="${escapeAttribute(schema.name)}"` : ''
  refuseUnknown(object, schema)
  return element(name, attribute, encodeFields(object, schema.fields, schema.name))
}

function schemaOf(object: Readonly<Record<string | symbol, unknown>>, declared: ItemType): ObjectSchema {
  const type = object['$type'] ?? (declared.isPolymorphic ? undefined : declared.type)
  if (typeof type !== 'string')
    throw new FormatError(`$type is required: ${declared.type} or the name of a type derived from it`)
  const schema = objectSchema(type)
  if (schema === undefined) throw new FormatError(`${type} is not declared in our table and cannot be sent`)
  const isRoot = declared.type === 'DynamicData' // anything goes where the schema says anyType
  if (!isRoot && !derivesFrom(type, declared.type)) throw new FormatError(`${type} is not a ${declared.type}`)
  return schema
}

/** Writes an object's fields in the order of the schema. */
export function encodeFields(
  object: Readonly<Record<string, unknown>>,
  fields: readonly SchemaField[],
  typeName: string,
): string {
  let xml = ''
  for (const field of fields) {
    try {
      xml += encodeField(field, object[field.name])
    } catch (error) {
      if (error instanceof FormatError) throw new FormatError(`${typeName}.${field.name}: ${error.message}`)
      throw error
    }
  }
  return xml
}

function refuseUnknown(object: Readonly<Record<string | symbol, unknown>>, schema: ObjectSchema): void {
  for (const key in object)
    if (key !== '$type' && object[key] !== undefined && !schema.fieldOf.has(key))
      throw new FormatError(`${schema.name} has no property "${key}"`)
  const kept = object[unknownElements] as readonly { readonly name: string }[] | undefined
  if (kept !== undefined && kept.length > 0)
    throw new FormatError(
      `${schema.name} carries ${kept.map((one) => one.name).join(', ')}, which our table does not declare: build it field by field`,
    )
}
