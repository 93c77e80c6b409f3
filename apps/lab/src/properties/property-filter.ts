import type { DataObject, Enumeration } from '@vmkeep/vsphere/types'
import { isDeepStrictEqual } from 'node:util'
import { VimFault } from '../faults/vim-fault.ts'
import type { Inventory } from '../inventory/inventory.ts'
import { LabObject } from '../inventory/lab-object.ts'
import type { Session } from '../soap/session.ts'
import { propertyChanges } from './property-changes.ts'
import type { PropertyPath } from './property-path.ts'
import {
  appliesTo,
  parsePropertySets,
  type PropertyReading,
  type PropertySelection,
  readProperties,
} from './read-properties.ts'
import { selectObjects } from './select-objects.ts'

type Spec = DataObject<'PropertyFilterSpec'>
type ObjectUpdate = DataObject<'ObjectUpdate'>

/** What one client wants to hear about, and what it has heard so far. */
export class PropertyFilter extends LabObject {
  readonly spec: Spec
  readonly partialUpdates: boolean
  readonly #inventory: Inventory
  readonly #session: Session | undefined
  readonly #selections: readonly PropertySelection[]
  readonly #told = new Map<LabObject, PropertyReading>()

  /** @throws VimFault `InvalidProperty`, `InvalidArgument`, `ManagedObjectNotFound` */
  constructor(
    value: string,
    spec: Spec,
    options: { partialUpdates: boolean; inventory: Inventory; session: Session | undefined },
  ) {
    super('PropertyFilter', value)
    this.spec = spec
    this.partialUpdates = options.partialUpdates
    this.#inventory = options.inventory
    this.#session = options.session
    this.#selections = parsePropertySets(spec.propSet)
    const { missing } = selectObjects(this.#inventory, spec.objectSet, this.#session)
    if (missing[0] !== undefined && spec.reportMissingObjectsInResults !== true)
      throw new VimFault('ManagedObjectNotFound', { obj: missing[0] })
  }

  /** Forgets what was told: the next updates are the whole state again. */
  forget(): void {
    this.#told.clear()
  }

  /** What is new since the last time, for at most `objectsMax` objects; those are then told. The rest stays for the next call. */
  updates(objectsMax: number): { readonly objectSet: ObjectUpdate[]; readonly truncated: boolean } {
    const now = this.#select()
    const objectSet: ObjectUpdate[] = []
    for (const object of new Set([...this.#told.keys(), ...now])) {
      const reading = now.has(object) ? readProperties(object, this.#selections, this.#session) : undefined
      const update = this.#updateOf(object, reading)
      if (update === undefined) continue
      if (objectSet.length >= objectsMax) return { objectSet, truncated: true }
      objectSet.push(update)
      if (reading === undefined) this.#told.delete(object)
      else this.#told.set(object, reading)
    }
    return { objectSet, truncated: false }
  }

  #select(): Set<LabObject> {
    const { objects } = selectObjects(this.#inventory, this.spec.objectSet, this.#session)
    return new Set(objects.filter((object) => appliesTo(this.#selections, object)))
  }

  #updateOf(object: LabObject, reading: PropertyReading | undefined): ObjectUpdate | undefined {
    const told = this.#told.get(object)
    const update = (
      kind: Enumeration<'ObjectUpdateKind'>,
      changeSet: ObjectUpdate['changeSet'] = [],
    ): ObjectUpdate => ({
      kind,
      obj: object.ref,
      changeSet,
      missingSet: reading?.missing ?? [],
    })
    if (reading === undefined) return told === undefined ? undefined : update('leave')
    const changes = propertyChanges(
      told === undefined ? undefined : valuesByText(told),
      reading.values,
      this.partialUpdates,
    )
    if (told === undefined) return update('enter', changes)
    return changes.length > 0 || !isDeepStrictEqual(told.missing, reading.missing)
      ? update('modify', changes)
      : undefined
  }
}

const valuesByText = ({ values }: PropertyReading): Map<string, unknown> =>
  new Map([...values].map(([path, value]: [PropertyPath, unknown]) => [path.text, value]))
