import { managedObjectDerivesFrom, type ManagedObjectName, type ManagedObjectReference } from '@vmkeep/vsphere/types'
import type { Inventory } from '../inventory/inventory.ts'
import { LabObject } from '../inventory/lab-object.ts'
import type { Session } from '../soap/session.ts'

/** What a container view finds inside each type. Source: vSphere Web Services API 8.0, ContainerView. Evidence: documented. */
const insides: readonly (readonly [type: ManagedObjectName, properties: readonly string[]])[] = [
  ['Folder', ['childEntity']],
  ['Datacenter', ['vmFolder', 'hostFolder', 'datastoreFolder', 'networkFolder']],
  ['ComputeResource', ['host', 'resourcePool']],
  ['ResourcePool', ['resourcePool', 'vm']],
  ['HostSystem', ['vm']],
]

/** Everything of some types inside a container, as it is whenever somebody looks. */
export class ContainerView extends LabObject {
  readonly container: ManagedObjectReference
  readonly type: readonly string[]
  readonly recursive: boolean
  readonly #inventory: Inventory
  readonly #root: LabObject

  constructor(
    value: string,
    root: LabObject,
    options: { type: readonly string[]; recursive: boolean; inventory: Inventory },
  ) {
    super('ContainerView', value)
    this.container = root.ref
    this.type = options.type
    this.recursive = options.recursive
    this.#root = root
    this.#inventory = options.inventory
  }

  get view(): readonly ManagedObjectReference[] {
    const found = new Map<string, LabObject>()
    const queue = this.#inside(this.#root)
    for (let object = queue.shift(); object !== undefined; object = queue.shift()) {
      if (found.has(object.ref.value)) continue
      found.set(object.ref.value, object)
      if (this.recursive) queue.push(...this.#inside(object))
    }
    const refs = [...found.values()].map(({ ref }) => ref)
    return refs.filter(
      (ref) => this.type.length === 0 || this.type.some((type) => managedObjectDerivesFrom(ref.type, type)),
    )
  }

  #inside(object: LabObject): LabObject[] {
    const properties = insides.find(([type]) => managedObjectDerivesFrom(object.ref.type, type))?.[1] ?? []
    const refs = properties.flatMap((property) => object.read(property, undefined) as ManagedObjectReference[])
    return refs.map((ref) => this.#inventory.find(ref)).filter((found) => found !== undefined)
  }
}

/** A list the client keeps; objects that are gone drop out of it by themselves. */
export class ListView extends LabObject {
  readonly #inventory: Inventory
  #refs: readonly ManagedObjectReference[] = []

  constructor(value: string, inventory: Inventory) {
    super('ListView', value)
    this.#inventory = inventory
  }

  get view(): readonly ManagedObjectReference[] {
    return this.#refs.filter((ref) => this.#inventory.find(ref) !== undefined)
  }

  /** Adds and removes; gives back the references that lead nowhere. */
  modify(add: readonly ManagedObjectReference[], remove: readonly ManagedObjectReference[]): ManagedObjectReference[] {
    const gone = new Set(remove.map(({ value }) => value))
    const kept = this.#refs.filter(({ value }) => !gone.has(value))
    const unresolved = add.filter((ref) => this.#inventory.find(ref) === undefined)
    const all = [...kept, ...add.filter((ref) => !unresolved.includes(ref))]
    this.#refs = [...new Map(all.map((ref) => [ref.value, ref])).values()]
    this.#inventory.changed()
    return unresolved
  }

  reset(refs: readonly ManagedObjectReference[]): ManagedObjectReference[] {
    this.#refs = []
    return this.modify(refs, [])
  }
}

export class ViewManager extends LabObject {
  constructor(value: string) {
    super('ViewManager', value)
  }

  override read(property: string, reader: Session | undefined): unknown {
    if (property !== 'viewList') return super.read(property, reader)
    const views = [...(reader?.objects.values() ?? [])]
    return views.filter((object) => object instanceof ContainerView || object instanceof ListView).map(({ ref }) => ref)
  }
}
