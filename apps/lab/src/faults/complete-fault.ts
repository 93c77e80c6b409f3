import { objectSchema, type SchemaField } from '@vmkeep/vsphere/types'
import type { LabObject } from '../inventory/lab-object.ts'
import { VimFault } from './vim-fault.ts'

interface FaultAction {
  readonly type: string
  readonly text?: string | undefined
  readonly fields?: Readonly<Record<string, unknown>> | undefined
}

/** Whether a fault of this type can be raised. */
export const isFaultType = (type: string): boolean => objectSchema(type)?.lineage.has('MethodFault') ?? false

/** The fault a rule asks for. What the type requires and the rule does not say is made up. */
export function completeFault({ type, text, fields }: FaultAction, about: LabObject): VimFault {
  const required = (objectSchema(type)?.fields ?? []).filter(({ isOptional }) => !isOptional)
  const made = Object.fromEntries(required.map((field) => [field.name, madeUp(field, about)]))
  const all = { ...made, ...fields }
  return text === undefined ? new VimFault(type, all) : new VimFault(type, all, text)
}

function madeUp(field: SchemaField, about: LabObject): unknown {
  if (field.isArray) return []
  if (field.kind === 'ref') return about.ref
  if (field.type === 'LocalizedMethodFault') return new VimFault('NotSupported').localized
  if (field.type === 'VirtualMachinePowerState') return 'poweredOn'
  if (field.type === 'boolean') return false
  return field.kind === 'scalar' && field.type !== 'string' ? 0 : 'lab'
}
