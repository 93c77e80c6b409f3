import {
  type DataObject,
  managedObjectDerivesFrom,
  managedObjectSchema,
  type SchemaField,
  typedValue,
} from '@vmkeep/vsphere/types'
import { VimFault } from '../faults/vim-fault.ts'
import type { LabObject } from '../inventory/lab-object.ts'
import type { Session } from '../soap/session.ts'
import { parsePropertyPath, type PropertyPath, valueAt } from './property-path.ts'
import { nameOf } from '../soap/check-privileges.ts'
import { hasOn } from '../soap/user.ts'

/** One propSet of a filter, its paths checked. `paths` is `undefined` for all properties. */
export interface PropertySelection {
  readonly type: string
  readonly paths: readonly PropertyPath[] | undefined
}

/** Properties of one object: those that are set, those that are not, and those this reader may not see. */
export interface PropertyReading {
  readonly values: ReadonlyMap<PropertyPath, unknown>
  readonly missing: readonly DataObject<'MissingProperty'>[]
}

/** Checks the propSets of a filter. @throws VimFault `InvalidProperty`, or `InvalidArgument` for an unknown type */
export function parsePropertySets(propSet: readonly DataObject<'PropertySpec'>[]): PropertySelection[] {
  return propSet.map(({ type, all, pathSet }) => {
    if (managedObjectSchema(type) === undefined)
      throw new VimFault('InvalidArgument', { invalidProperty: 'propSet.type' })
    const paths = all === true ? undefined : (pathSet ?? []).map((path) => parsePropertyPath(type, path))
    return { type, paths }
  })
}

/** Whether a filter says anything of such an object. */
export function appliesTo(selections: readonly PropertySelection[], object: LabObject): boolean {
  return selections.some(({ type }) => managedObjectDerivesFrom(object.ref.type, type))
}

/** Reads what the propSets that fit the object ask for: their union, each path once. */
export function readProperties(
  object: LabObject,
  selections: readonly PropertySelection[],
  reader: Session | undefined,
): PropertyReading {
  const paths = new Map<string, PropertyPath>()
  for (const { type, paths: chosen } of selections) {
    if (!managedObjectDerivesFrom(object.ref.type, type)) continue
    for (const path of chosen ?? allPaths(object.ref.type)) paths.set(path.text, path)
  }
  const whole = once((property) => object.read(property, reader)) // ten paths below `config` must not build it ten times
  const values = new Map<PropertyPath, unknown>()
  const missing: DataObject<'MissingProperty'>[] = []
  for (const path of paths.values()) {
    const fault = refusal(object, path, reader)
    if (fault === undefined) values.set(path, valueAt(whole(path.steps[0]!.name), path))
    else missing.push({ path: path.text, fault: fault.localized as DataObject<'LocalizedMethodFault'> })
  }
  return { values, missing }
}

/** A value as `xsd:anyType` carries it, with the type its field declares. */
export function propertyValue(field: SchemaField, value: unknown): unknown {
  if (field.kind === 'anyType' && !field.isArray) return value
  return typedValue(field, field.isArray && field.kind === 'object' ? withTypes(field.type, value) : value)
}

const withTypes = (type: string, items: unknown): unknown[] =>
  (items as readonly object[]).map((item) => ({ $type: type, ...item }))

function once(read: (property: string) => unknown): (property: string) => unknown {
  const known = new Map<string, unknown>()
  return (property) => {
    if (!known.has(property)) known.set(property, read(property))
    return known.get(property)
  }
}

const pathsOf = new Map<string, readonly PropertyPath[]>()

function allPaths(type: string): readonly PropertyPath[] {
  const known = pathsOf.get(type)
  if (known !== undefined) return known
  const fields = managedObjectSchema(type)!.fields.filter(({ kind }) => kind !== 'opaque')
  const paths = fields.map(({ name }) => parsePropertyPath(type, name))
  pathsOf.set(type, paths)
  return paths
}

const visibleWithoutRead = new Set(['name', 'parent', 'content', 'currentSession', 'info', 'view'])

/** Without `System.Read` a user sees that objects exist and what they are called, no more. */
function refusal(object: LabObject, path: PropertyPath, reader: Session | undefined): VimFault | undefined {
  const mayRead = reader === undefined || hasOn(reader.user, 'System.Read', nameOf(object))
  if (mayRead || visibleWithoutRead.has(path.steps[0]!.name)) return undefined
  return new VimFault('NoPermission', { object: object.ref, privilegeId: 'System.Read' })
}
