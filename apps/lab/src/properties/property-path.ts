import {
  derivesFrom,
  dataObjectTable,
  managedObjectSchema,
  objectSchema,
  type SchemaField,
} from '@vmkeep/vsphere/types'
import { VimFault } from '../faults/vim-fault.ts'

/** One step of a path: `device[2000]` is the name `device` and the key `2000`. */
interface Step {
  readonly name: string
  readonly key: string | undefined
}

/** A property path, checked against the type table. */
export interface PropertyPath {
  readonly text: string
  readonly steps: readonly Step[]
  /** What is found at its end. */
  readonly field: SchemaField
}

/**
 * Reads a path such as `config.hardware.device[2000].backing` for objects of a managed type.
 *
 * @throws VimFault `InvalidProperty` if no object of that type can have it
 */
export function parsePropertyPath(type: string, text: string): PropertyPath {
  const steps = stepsOf(text)
  const [first] = steps
  let field = first === undefined ? undefined : managedObjectSchema(type)?.fieldOf.get(first.name)
  for (const [index, step] of steps.entries()) {
    if (index > 0) field = field === undefined || field.isArray ? undefined : fieldBelow(field.type, step.name)
    if (step.key !== undefined) field = field?.isArray === true ? { ...field, isArray: false } : undefined
  }
  field ??= first === undefined ? undefined : alwaysUnset(type, first.name)
  if (field === undefined) throw new VimFault('InvalidProperty', { name: text })
  return { text, steps, field }
}

/** The value at a path's end, starting from a whole object; `undefined` where something on the way is unset. */
export function valueAt(property: unknown, { steps }: Pick<PropertyPath, 'steps'>): unknown {
  let value = property
  for (const [index, { name, key }] of steps.entries()) {
    if (index > 0) value = (value as Readonly<Record<string, unknown>> | undefined)?.[name]
    if (key !== undefined) value = itemOf(value, key)
  }
  return value
}

/** Properties real servers have, of types the table does not declare: here they are never set. Any path below them is unset too. */
const unset: Readonly<Record<string, readonly string[]>> = {
  ClusterComputeResource: [
    'actionHistory',
    'drsFault',
    'drsRecommendation',
    'hciConfig',
    'migrationHistory',
    'recommendation',
  ],
  ComputeResource: ['configManagerEnabled'],
  DistributedVirtualSwitch: ['networkResourcePool', 'runtime'],
  HostSystem: [
    'answerFileValidationResult',
    'answerFileValidationState',
    'complianceCheckResult',
    'complianceCheckState',
    'precheckRemediationResult',
    'remediationResult',
    'remediationState',
  ],
}

function alwaysUnset(type: string, name: string): SchemaField | undefined {
  const lineage = managedObjectSchema(type)?.lineage ?? []
  if (![...lineage].some((one) => unset[one]?.includes(name) === true)) return undefined
  return { name, kind: 'opaque', type: 'undeclared', isArray: false, isOptional: true, isPolymorphic: false }
}

function stepsOf(text: string): Step[] {
  const names = text.match(/[^.[]+(?:\[[^\]]*\])?/g) ?? []
  if (names.join('.') !== text) return []
  return names.map((part) => {
    const [, name = '', key] = /^([^[]+)(?:\[(.*)\])?$/s.exec(part)!
    return { name, key: key?.replaceAll('"', '') }
  })
}

/** A field of the type itself, or of a type derived from it: what stands there is known only when it is read. */
function fieldBelow(type: string, name: string): SchemaField | undefined {
  const own = objectSchema(type)?.fieldOf.get(name)
  if (own !== undefined) return own
  for (const derived of derivedTypes(type)) {
    const field = objectSchema(derived)!.fieldOf.get(name)
    if (field !== undefined) return field
  }
  return undefined
}

const derivedOf = new Map<string, readonly string[]>()

function derivedTypes(type: string): readonly string[] {
  const known = derivedOf.get(type) ?? Object.keys(dataObjectTable).filter((name) => derivesFrom(name, type))
  derivedOf.set(type, known)
  return known
}

function itemOf(list: unknown, key: string): unknown {
  if (!Array.isArray(list)) return undefined
  return list.find((item: { readonly key?: unknown }) => String(item?.key) === key)
}
