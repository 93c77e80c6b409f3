import type { DataObject } from '@vmkeep/vsphere/types'
import { VimFault } from '../faults/vim-fault.ts'
import { LabObject } from './lab-object.ts'

type FieldDefinition = DataObject<'CustomFieldDef'>

/** Fields an administrator defines for all entities, or those of one type. */
export class CustomFields extends LabObject {
  readonly #fields = new Map<number, FieldDefinition>()
  #lastKey = 100

  constructor(value: string) {
    super('CustomFieldsManager', value)
  }

  get field(): readonly FieldDefinition[] {
    return [...this.#fields.values()]
  }

  fieldsFor(type: string): readonly FieldDefinition[] {
    return this.field.filter(({ managedObjectType }) => managedObjectType === undefined || managedObjectType === type)
  }

  /** @throws VimFault `DuplicateName` */
  add(name: string, managedObjectType?: string): FieldDefinition {
    if (this.field.some((field) => field.name === name)) throw new VimFault('DuplicateName', { name, object: this.ref })
    const field = {
      key: ++this.#lastKey,
      name,
      type: 'string',
      ...(managedObjectType === undefined ? {} : { managedObjectType }),
    }
    this.#fields.set(field.key, field)
    return field
  }

  rename(key: number, name: string): void {
    this.#fields.set(key, { ...this.get(key), name })
  }

  remove(key: number): void {
    this.get(key)
    this.#fields.delete(key)
  }

  /** @throws VimFault `InvalidArgument` */
  get(key: number): FieldDefinition {
    const field = this.#fields.get(key)
    if (field === undefined) throw new VimFault('InvalidArgument', { invalidProperty: 'key' })
    return field
  }

  /** @throws VimFault `InvalidArgument` */
  named(name: string): FieldDefinition {
    const field = this.field.find((one) => one.name === name)
    if (field === undefined) throw new VimFault('InvalidArgument', { invalidProperty: 'key' })
    return field
  }
}
