import { managedObjectDerivesFrom, type ManagedObjectReference } from '@vmkeep/vsphere/types'
import { VimFault } from '../faults/vim-fault.ts'
import type { LabObject } from './lab-object.ts'

type Class<T> = abstract new (...args: never[]) => T

/** Every managed object there is, and who wants to hear of changes. */
export class Inventory {
  readonly #objects = new Map<string, LabObject>()
  /** Lists by class, made when first asked for and kept up to date: a VM's properties ask for some of them many times. */
  readonly #lists = new Map<Class<LabObject>, LabObject[]>()
  readonly #listeners = new Set<() => void>()
  #announced = false

  add<T extends LabObject>(object: T): T {
    this.#objects.set(object.ref.value, object)
    for (const [kind, list] of this.#lists) if (object instanceof kind) list.push(object)
    this.changed()
    return object
  }

  remove(object: LabObject): void {
    this.#objects.delete(object.ref.value)
    for (const [kind, list] of this.#lists)
      if (object instanceof kind)
        this.#lists.set(
          kind,
          list.filter((one) => one !== object), // a new list: somebody may be walking the old one
        )
    this.changed()
  }

  has(object: LabObject): boolean {
    return this.#objects.get(object.ref.value) === object
  }

  /** The object of this reference. A reference without a type, as some clients send it, matches by its value alone. */
  find(ref: { readonly type?: string | undefined; readonly value: string }): LabObject | undefined {
    const object = this.#objects.get(ref.value)
    if (object === undefined) return undefined
    return ref.type === undefined || ref.type === '' || managedObjectDerivesFrom(object.ref.type, ref.type)
      ? object
      : undefined
  }

  /** @throws VimFault `ManagedObjectNotFound` */
  get(ref: ManagedObjectReference): LabObject {
    const object = this.find(ref)
    if (object === undefined) throw new VimFault('ManagedObjectNotFound', { obj: ref })
    return object
  }

  /** The object, if it is of that class. @throws VimFault `ManagedObjectNotFound`, `InvalidArgument` naming `parameter` */
  getAs<T extends LabObject>(kind: Class<T>, ref: ManagedObjectReference, parameter: string): T {
    const object = this.get(ref)
    if (!(object instanceof kind)) throw new VimFault('InvalidArgument', { invalidProperty: parameter })
    return object
  }

  /** All objects of a class, in the order they came. */
  all<T extends LabObject>(kind: Class<T>): readonly T[] {
    const known = this.#lists.get(kind)
    if (known !== undefined) return known as T[]
    const list = [...this.#objects.values()].filter((object): object is T => object instanceof kind)
    this.#lists.set(kind, list)
    return list
  }

  /** Something changed: tells everybody who listens, once for all that changes in the same turn. */
  changed(): void {
    if (this.#announced || this.#listeners.size === 0) return
    this.#announced = true
    setImmediate(() => {
      this.#announced = false
      for (const listener of this.#listeners) listener()
    })
  }

  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }
}
