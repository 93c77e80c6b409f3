import type { DataObject, Enumeration, ManagedObjectName, ManagedObjectReference } from '@vmkeep/vsphere/types'
import { escapeName } from './entity-name.ts'
import { LabObject } from './lab-object.ts'
import type { World } from './world.ts'

/** What has a name and a place in the inventory tree. */
export abstract class ManagedEntity extends LabObject {
  readonly world: World
  /** Values of custom fields, by the field's key. */
  readonly customFields = new Map<number, string>()
  /** Methods somebody switched off, and who. */
  readonly disabledBy = new Map<string, string>()
  parentEntity: ManagedEntity | undefined
  #name: string

  constructor(world: World, type: ManagedObjectName, value: string, name: string, parent: ManagedEntity | undefined) {
    super(type, value)
    this.world = world
    this.#name = escapeName(name)
    this.parentEntity = parent
  }

  rename(name: string): void {
    this.#name = escapeName(name)
    this.world.inventory.changed()
  }

  /** The entity and everything it lies in, innermost first. */
  *lineage(): Iterable<ManagedEntity> {
    yield this
    if (this.parentEntity !== undefined) yield* this.parentEntity.lineage()
  }

  get name(): string {
    return this.#name
  }
  get parent(): ManagedObjectReference | undefined {
    return this.parentEntity?.ref
  }
  get overallStatus(): Enumeration<'ManagedEntityStatus'> {
    return 'green'
  }
  get configStatus(): Enumeration<'ManagedEntityStatus'> {
    return 'green'
  }
  get configIssue(): readonly never[] {
    return []
  }
  get effectiveRole(): readonly number[] {
    return [-1]
  }
  get permission(): readonly DataObject<'Permission'>[] {
    return []
  }
  get disabledMethod(): readonly string[] {
    return [...this.disabledBy.keys()]
  }
  get recentTask(): readonly ManagedObjectReference[] {
    return this.world.tasks.recent(this).map(({ ref }) => ref)
  }
  get declaredAlarmState(): readonly never[] {
    return []
  }
  get triggeredAlarmState(): readonly never[] {
    return []
  }
  get alarmActionsEnabled(): boolean {
    return true
  }
  get tag(): readonly never[] {
    return []
  }
  get value(): readonly CustomValue[] {
    return [...this.customFields].map(([key, value]) => ({ $type: 'CustomFieldStringValue', key, value }))
  }
  get customValue(): readonly CustomValue[] {
    return this.value
  }
  get availableField(): readonly DataObject<'CustomFieldDef'>[] {
    return this.world.customFields.fieldsFor(this.ref.type)
  }
}

type CustomValue = { readonly $type: 'CustomFieldStringValue' } & DataObject<'CustomFieldStringValue'>
