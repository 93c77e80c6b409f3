// A server's reading of a call, as strict as vpxd: fields in the order of the schema, none unknown, none repeated.
// Source: error texts of vpxd as its users quote them. Evidence: observed (form), inferred (texts for unknown types).
import { FormatError } from '@vmkeep/kit'
import type { ManagedObjectReference, MethodName } from '../types/data-object.ts'
import { isScalar } from '../types/notation.ts'
import {
  arrayItem,
  derivesFrom,
  enumerationValues,
  methodSchema,
  type MethodSchema,
  objectSchema,
  type SchemaField,
} from '../types/schema.ts'
import { readBody } from './envelope.ts'
import type { XmlLimits } from './read-xml.ts'
import { scalarCodecs } from './scalars.ts'
import type { XmlElement } from './xml-element.ts'

/** What vpxd answers with an `InvalidRequest` fault: the message, then where it was reading, line by line. */
export class InvalidRequestError extends FormatError {}

export interface DecodedRequest {
  readonly method: MethodName
  /** As sent; some clients leave the type away, and it is `undefined` then. */
  readonly _this: { readonly type: string | undefined; readonly value: string }
  readonly parameters: Readonly<Record<string, unknown>>
}

/** Reads a call. @throws InvalidRequestError in vpxd's words @throws FormatError if it is no envelope at all */
export function decodeRequest(text: string, limits?: XmlLimits): DecodedRequest {
  const call = readBody(text, limits)
  const schema = methodSchema(call.name)
  if (schema === undefined) throw new InvalidRequestError(`Unable to resolve WSDL method name ${call.name}`)
  return within(call, `call information for method ${call.name}`, () => decodeCall(call, schema))
}

function decodeCall(call: XmlElement, schema: MethodSchema): DecodedRequest {
  const [self, ...rest] = call.children
  if (self?.name !== '_this') throw missing('_this', schema.name)
  return {
    method: schema.name,
    _this: { type: self.attributes['type'], value: self.text },
    parameters: decodeFields(rest, schema.parameters, schema.name),
  }
}

/** The forward cursor: each element must belong to the current field or to a later one. */
function decodeFields(
  children: readonly XmlElement[],
  fields: readonly SchemaField[],
  typeName: string,
): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  let cursor = 0
  for (const child of children) {
    const at = fields.findIndex((field, index) => index >= cursor && field.name === child.name)
    if (at < 0) throw new InvalidRequestError(unexpected(child, fields, object))
    const field = fields[at]!
    const value = within(child, `property "${field.name}" of static type ${staticType(field)}`, () =>
      decodeItem(child, field),
    )
    if (field.isArray) ((object[field.name] ??= []) as unknown[]).push(value)
    else object[field.name] = value
    cursor = field.isArray ? at : at + 1
  }
  for (const field of fields) {
    if (object[field.name] !== undefined || field.isOptional) continue
    if (field.isArray) object[field.name] = []
    else throw missing(field.name, typeName)
  }
  return object
}

const unexpected = (
  child: XmlElement,
  fields: readonly SchemaField[],
  object: Readonly<Record<string, unknown>>,
): string => {
  const field = fields.find(({ name }) => name === child.name)
  return field !== undefined && !field.isArray && Object.hasOwn(object, field.name)
    ? `Single property ${child.name} provided multiple times`
    : `Unexpected element tag "${child.name}" seen`
}

const missing = (property: string, type: string): InvalidRequestError =>
  new InvalidRequestError(`Required property ${property} is missing from data object of type ${type}`)

const staticType = (field: SchemaField): string => (field.isArray ? `ArrayOf${field.type}` : field.type)

function decodeItem(element: XmlElement, field: Pick<SchemaField, 'kind' | 'type'>): unknown {
  switch (field.kind) {
    case 'scalar':
      return scalar(element, field.type)
    case 'enum':
      return enumeration(element, field.type)
    case 'ref':
      return reference(element)
    case 'anyType':
      return decodeAny(element)
    case 'object':
      return decodeObject(element, field.type)
    case 'opaque':
      throw new InvalidRequestError(`Values of type ${field.type} are not supported`)
  }
}

function decodeAny(element: XmlElement): unknown {
  const type = element.xsiType
  if (type === undefined) throw new InvalidRequestError('Type of a value of type anyType is not given')
  if (isScalar(type)) return scalar(element, type)
  if (type === 'ManagedObjectReference') return reference(element)
  if (enumerationValues(type) !== undefined) return enumeration(element, type)
  const item = arrayItem(type)
  if (item === undefined) return decodeObject(element, 'DynamicData')
  return element.children.map((child) =>
    within(child, `element of ${type}`, () => {
      if (child.name !== item.name) throw new InvalidRequestError(`Unexpected element tag "${child.name}" seen`)
      return decodeItem(child, item)
    }),
  )
}

function decodeObject(element: XmlElement, declared: string): unknown {
  const type = element.xsiType ?? declared
  const schema = objectSchema(type)
  if (schema === undefined) throw new InvalidRequestError(`Unable to resolve WSDL type name ${type}`)
  if (declared !== 'DynamicData' && !derivesFrom(type, declared))
    throw new InvalidRequestError(`Type ${type} is not a subtype of ${declared}`)
  return within(element, `serialized DataObject of type ${type}`, () => ({
    $type: type,
    ...decodeFields(element.children, schema.fields, type),
  }))
}

function scalar(element: XmlElement, type: string): unknown {
  if (element.children.length > 0)
    throw new InvalidRequestError(`Unexpected element tag "${element.children[0]!.name}" seen`)
  try {
    return scalarCodecs[type as keyof typeof scalarCodecs].decode(element.text)
  } catch (error) {
    if (error instanceof FormatError) throw new InvalidRequestError(error.message)
    throw error
  }
}

function enumeration(element: XmlElement, type: string): string {
  const value = element.text.trim()
  if (!enumerationValues(type)!.includes(value))
    throw new InvalidRequestError(`"${value}" is not a value of enumeration ${type}`)
  return value
}

function reference(element: XmlElement): ManagedObjectReference {
  const type = element.attributes['type']
  if (type === undefined) throw new InvalidRequestError('A managed object reference has no type')
  return { type, value: element.text }
}

const traceLengthMax = 4000 // a hostile request may nest for hundreds of levels

function within<T>(element: XmlElement, what: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof InvalidRequestError) || error.message.length > traceLengthMax) throw error
    const { line, column } = element.position
    throw new InvalidRequestError(`${error.message}\n\nwhile parsing ${what}\nat line ${line}, column ${column}`)
  }
}
