// How the tables of this folder are written.
//
//   VirtualDisk: {
//     $extends: 'VirtualDevice',          what it inherits; DynamicData, which has no fields, if left out
//     capacityInKB: 'long',               required
//     shares: 'SharesInfo?',              optional
//     iofilter: 'string[]?',              an array, on the wire as a repeated element; none at all is allowed
//     backing: 'any VirtualDeviceBackingInfo?',   that type or one derived from it: needs xsi:type on the wire
//     value: 'any',                       xsd:anyType: anything, named by xsi:type
//     datastore: 'ref',                   a managed object reference
//     network: 'opaque HostNetworkInfo?', a type we do not declare: kept as XML, never sent
//   }
//
// Own fields only, in the order of the schema: vpxd reads them with a forward cursor and refuses any other order.

/** The scalars of the wire and what they are in JavaScript. */
export interface Scalars {
  string: string
  boolean: boolean
  byte: number
  short: number
  int: number
  /** 64 bits: a number where it is exact, a bigint beyond 2^53. {@link safeNumber} for sizes. */
  long: number | bigint
  float: number
  double: number
  /** Verbatim, as the server wrote it: `2026-11-22T16:14:05.123456Z`. */
  dateTime: string
  anyURI: string
  base64Binary: Uint8Array
}

/** A data object type: its own fields in schema order. */
export type Declaration = Readonly<Record<string, string>>

/** Declares data object types. */
export function dataTypes<const T extends Readonly<Record<string, Declaration>>>(types: T): T {
  return types
}

/** A method: `$on` the managed object type it belongs to, its parameters in order, what it `$returns` (nothing, if left out). */
export type MethodDeclaration = Declaration & { readonly $on: string; readonly $returns?: string }

/** Declares methods. */
export function methods<const T extends Readonly<Record<string, MethodDeclaration>>>(table: T): T {
  return table
}

/** A managed object type: its own properties, in any order. */
export function managedObjects<const T extends Readonly<Record<string, Declaration>>>(table: T): T {
  return table
}

/** Declares enumerations, each with the values of the schema. */
export function enumerations<const T extends Readonly<Record<string, readonly string[]>>>(types: T): T {
  return types
}

/** A field's type, taken apart. */
export interface FieldType {
  readonly kind: 'scalar' | 'enum' | 'ref' | 'anyType' | 'object' | 'opaque'
  /** The declared type: `long`, `VirtualDevice`, `ManagedObjectReference`, `anyType`. */
  readonly type: string
  readonly isArray: boolean
  readonly isOptional: boolean
  /** Whether the value may be of a derived type, and so carries `$type` here and `xsi:type` on the wire. */
  readonly isPolymorphic: boolean
}

const scalars: Readonly<Record<keyof Scalars, true>> = {
  string: true,
  boolean: true,
  byte: true,
  short: true,
  int: true,
  long: true,
  float: true,
  double: true,
  dateTime: true,
  anyURI: true,
  base64Binary: true,
}

export const isScalar = (type: string): type is keyof Scalars => Object.hasOwn(scalars, type)

/** Reads the notation above. `isEnum` tells enumerations from objects. */
export function parseFieldType(text: string, isEnum: (type: string) => boolean): FieldType {
  const isOptional = text.endsWith('?')
  const bare = isOptional ? text.slice(0, -1) : text
  const isArray = bare.endsWith('[]')
  const item = isArray ? bare.slice(0, -2) : bare
  return { isOptional, isArray, ...parseItem(item, isEnum) }
}

function parseItem(
  item: string,
  isEnum: (type: string) => boolean,
): Pick<FieldType, 'kind' | 'type' | 'isPolymorphic'> {
  if (item === 'ref') return { kind: 'ref', type: 'ManagedObjectReference', isPolymorphic: false }
  if (item === 'any') return { kind: 'anyType', type: 'anyType', isPolymorphic: true }
  if (item.startsWith('any ')) return { kind: 'object', type: item.slice(4), isPolymorphic: true }
  if (item.startsWith('opaque ')) return { kind: 'opaque', type: item.slice(7), isPolymorphic: false }
  if (isScalar(item)) return { kind: 'scalar', type: item, isPolymorphic: false }
  return { kind: isEnum(item) ? 'enum' : 'object', type: item, isPolymorphic: false }
}
