// Everything of the wire and nothing of the client: what apps/lab builds its server on.
export { decodeAny, decodeValueXml } from '../soap/decode-value.ts'
export { type DecodedRequest, decodeRequest, InvalidRequestError } from '../soap/decode-request.ts'
export { encodeAny, encodeField, typedValue } from '../soap/encode-value.ts'
export {
  decodeResponse,
  encodeFault,
  encodeRequest,
  encodeResponse,
  isMethodOf,
  namespaceOf,
  readAnswer,
  readSessionCookie,
  type WireFault,
} from '../soap/envelope.ts'
export { readXml, type XmlLimits } from '../soap/read-xml.ts'
export { escapeAttribute, escapeText, namespaces, XmlElement } from '../soap/xml-element.ts'
export {
  type AnyOf,
  type DataObject,
  type DataObjectName,
  type Derived,
  type Enumeration,
  type EnumerationName,
  type FieldValue,
  type ManagedObject,
  type ManagedObjectName,
  type ManagedObjectReference,
  type MethodName,
  type Opaque,
  type PropertyAt,
  type Request,
  type Response,
  type TypedValue,
  type UnknownElement,
  unknownElements,
} from './data-object.ts'
export { safeNumber } from './safe-number.ts'
export {
  arrayItem,
  derivesFrom,
  enumerationValues,
  isA,
  managedObjectDerivesFrom,
  managedObjectSchema,
  type MethodSchema,
  methodSchema,
  type ObjectSchema,
  objectSchema,
  propertyField,
  type SchemaField,
  wireTypeOf,
} from './schema.ts'
export { dataObjectTable, enumerationTable, managedObjectTable, methodTable } from './table.ts'
