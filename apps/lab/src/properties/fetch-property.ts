import type { LabObject } from '../inventory/lab-object.ts'
import type { Session } from '../soap/session.ts'
import { parsePropertyPath, valueAt } from './property-path.ts'
import { propertyValue } from './read-properties.ts'

/** One property of one object, ready for `xsd:anyType`. @throws VimFault `InvalidProperty` */
export function encodeOneProperty(object: LabObject, property: string, reader: Session | undefined): unknown {
  const path = parsePropertyPath(object.ref.type, property)
  const value = valueAt(object.read(path.steps[0]!.name, reader), path)
  return value === undefined ? undefined : propertyValue(path.field, value)
}
