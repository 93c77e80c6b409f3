import type { DataObject } from '@vmkeep/vsphere/types'
import { VimFault } from '../faults/vim-fault.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { LabObject } from '../inventory/lab-object.ts'
import type { Session } from '../soap/session.ts'
import {
  appliesTo,
  parsePropertySets,
  propertyValue,
  type PropertySelection,
  readProperties,
} from './read-properties.ts'
import { selectObjects } from './select-objects.ts'

type ObjectContent = DataObject<'ObjectContent'>

/**
 * What the filters ask for: checked and selected at once, read as it is taken.
 *
 * @throws VimFault `InvalidProperty`, `InvalidArgument`, `ManagedObjectNotFound`
 */
export function retrieveProperties(
  inventory: Inventory,
  specSet: readonly DataObject<'PropertyFilterSpec'>[],
  reader: Session | undefined,
): Iterable<ObjectContent> {
  const chosen = specSet.map(({ propSet, objectSet, reportMissingObjectsInResults }) => {
    const selections = parsePropertySets(propSet)
    const { objects, missing } = selectObjects(inventory, objectSet, reader)
    if (missing[0] !== undefined && reportMissingObjectsInResults !== true)
      throw new VimFault('ManagedObjectNotFound', { obj: missing[0] })
    return { selections, objects: objects.filter((object) => appliesTo(selections, object)) }
  })
  return contents(chosen, reader)
}

function* contents(
  chosen: readonly { readonly selections: readonly PropertySelection[]; readonly objects: readonly LabObject[] }[],
  reader: Session | undefined,
): Iterable<ObjectContent> {
  for (const { selections, objects } of chosen)
    for (const object of objects) yield contentOf(object, selections, reader)
}

function contentOf(
  object: LabObject,
  selections: readonly PropertySelection[],
  reader: Session | undefined,
): ObjectContent {
  const { values, missing } = readProperties(object, selections, reader)
  const propSet: DataObject<'DynamicProperty'>[] = []
  for (const [path, value] of values)
    if (value !== undefined) propSet.push({ name: path.text, val: propertyValue(path.field, value) })
  return { obj: object.ref, propSet, missingSet: missing }
}
