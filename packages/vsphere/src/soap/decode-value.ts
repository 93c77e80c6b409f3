// From XML to values, tolerantly: what a client does with a server's answer.
//
// A newer server may send fields and types we have never heard of; they are kept, not refused. What is refused is text
// that cannot be the scalar it claims to be, and, outside xsd:anyType, a required field that is missing: an answer to a
// call of ours must be whole, but one odd property of one VM must not spoil a page of a thousand.
import { FormatError } from '@vmkeep/kit'
import { type ManagedObjectReference, type Opaque, type UnknownElement, unknownElements } from '../types/data-object.ts'
import { type FieldType, isScalar } from '../types/notation.ts'
import { arrayItem, enumerationValues, type ObjectSchema, objectSchema, type SchemaField } from '../types/schema.ts'
import { readXml } from './read-xml.ts'
import { scalarCodecs } from './scalars.ts'
import type { XmlElement } from './xml-element.ts'

type Place = 'declared' | 'anyType'
type ItemType = Pick<FieldType, 'kind' | 'type' | 'isPolymorphic'>

/** Decodes one element as the type its field declares. @throws FormatError naming the path of what is wrong */
export function decodeItem(element: XmlElement, type: ItemType, place: Place = 'declared'): unknown {
  switch (type.kind) {
    case 'scalar':
      return scalar(element, type.type as keyof typeof scalarCodecs)
    case 'enum':
      return element.text.trim()
    case 'ref':
      return decodeReference(element)
    case 'anyType':
      return decodeAny(element)
    case 'opaque':
      return opaque(element)
    case 'object':
      return decodeObject(element, type, place)
  }
}

/** Decodes an element that names its own type by `xsi:type`. Without one it is text, or an opaque object. */
export function decodeAny(element: XmlElement): unknown {
  const type = element.xsiType
  if (type === undefined) return element.children.length === 0 ? element.text : opaque(element)
  if (isScalar(type)) return scalar(element, type)
  if (type === 'ManagedObjectReference') return decodeReference(element)
  if (enumerationValues(type) !== undefined) return element.text.trim()
  if (objectSchema(type) !== undefined)
    return decodeObject(element, { kind: 'object', type, isPolymorphic: true }, 'anyType')
  if (type.startsWith('ArrayOf')) return decodeArray(element, arrayItem(type) ?? anyItem)
  return element.children.length === 0 ? element.text : opaque(element, type) // an unknown enumeration, or object
}

/** Decodes the XML of one property value, as {@link XmlElement.xml} kept it. */
export function decodeValueXml(xml: string): unknown {
  return decodeAny(readXml(xml))
}

const anyItem: ItemType = { kind: 'anyType', type: 'anyType', isPolymorphic: true }

const decodeArray = (element: XmlElement, item: ItemType): unknown[] =>
  element.children.map((child) => named(element.name, () => decodeItem(child, item, 'anyType')))

function scalar(element: XmlElement, type: keyof typeof scalarCodecs): unknown {
  if (element.children.length > 0) throw new FormatError(`<${element.name}> holds elements where xsd:${type} belongs`)
  return scalarCodecs[type].decode(element.text)
}

function decodeReference(element: XmlElement): ManagedObjectReference {
  const type = element.attributes['type']
  if (type === undefined || element.children.length > 0)
    throw new FormatError(`<${element.name}> is not a managed object reference`)
  return { type, value: element.text }
}

function opaque(element: XmlElement, $type = element.xsiType): Opaque {
  return { ...($type === undefined ? {} : { $type }), [unknownElements]: element.children.map(unknown) }
}

const unknown = (element: XmlElement): UnknownElement => ({ name: element.name, xml: element.xml })

function decodeObject(element: XmlElement, declared: ItemType, place: Place): unknown {
  const named = element.xsiType
  const schema = objectSchema(named ?? declared.type) ?? objectSchema(declared.type)!
  const showsType = declared.isPolymorphic || place === 'anyType' || (named !== undefined && named !== declared.type)
  const object: Record<string | symbol, unknown> = showsType ? { $type: named ?? declared.type } : {}
  for (const child of element.children) decodeField(object, child, schema, place)
  complete(object, schema, place)
  return object
}

function decodeField(
  object: Record<string | symbol, unknown>,
  child: XmlElement,
  schema: ObjectSchema,
  place: Place,
): void {
  const field = schema.fieldOf.get(child.name)
  if (field === undefined) {
    const kept = (object[unknownElements] ??= []) as UnknownElement[]
    kept.push(unknown(child))
    return
  }
  const value = decodeNamed(child, field, schema, place)
  if (!field.isArray) object[field.name] = value
  else ((object[field.name] ??= []) as unknown[]).push(value)
}

function decodeNamed(child: XmlElement, field: SchemaField, schema: ObjectSchema, place: Place): unknown {
  try {
    return decodeItem(child, field, place)
  } catch (error) {
    throw located(error, `${schema.name}.${field.name}`)
  }
}

/** Gives a required array that came with no element its empty value, and refuses what else is missing. */
function complete(object: Record<string | symbol, unknown>, schema: ObjectSchema, place: Place): void {
  for (const field of schema.fields) {
    if (field.isOptional || object[field.name] !== undefined) continue
    if (field.isArray) object[field.name] = []
    else if (place === 'declared') throw new FormatError(`${schema.name}.${field.name} is missing`)
  }
}

function named<T>(name: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw located(error, name)
  }
}

const pathLengthMax = 300 // a hostile answer may nest for hundreds of levels

function located(error: unknown, where: string): unknown {
  if (!(error instanceof FormatError) || error.message.length > pathLengthMax) return error
  return new FormatError(`${where}: ${error.message}`)
}
