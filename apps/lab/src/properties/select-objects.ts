import { type AnyOf, type DataObject, isA, managedObjectDerivesFrom, managedObjectSchema } from '@vmkeep/vsphere/types'
import type { ManagedObjectReference } from '@vmkeep/vsphere/types'
import { VimFault } from '../faults/vim-fault.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { LabObject } from '../inventory/lab-object.ts'
import type { Session } from '../soap/session.ts'
import { parsePropertyPath, valueAt } from './property-path.ts'

type SelectionSpec = AnyOf<'SelectionSpec'>
type TraversalSpec = Extract<SelectionSpec, { readonly $type: 'TraversalSpec' }>

export interface Selected {
  /** In the order they were reached, each once. */
  readonly objects: readonly LabObject[]
  /** References of the filter itself that lead nowhere. */
  readonly missing: readonly ManagedObjectReference[]
}

/**
 * Which objects a filter is about: those it names and those its traversals reach.
 *
 * A traversal may name another one of the same filter, and so itself: that is how clients walk folders. Every pair of object
 * and traversal is visited once, so that a loop ends.
 *
 * @throws VimFault `InvalidArgument` for a traversal that is named but nowhere defined, `InvalidProperty` for its path
 */
export function selectObjects(
  inventory: Inventory,
  objectSet: readonly DataObject<'ObjectSpec'>[],
  reader: Session | undefined,
): Selected {
  const named = new Map<string, TraversalSpec>()
  for (const { selectSet } of objectSet) collectNamed(selectSet, named)
  const walk = new Walk(inventory, named, reader)
  const missing: ManagedObjectReference[] = []
  for (const { obj, skip, selectSet } of objectSet) {
    const object = inventory.find(obj)
    if (object === undefined) missing.push(obj)
    else walk.visit(object, skip ?? false, selectSet ?? [])
  }
  return { objects: [...walk.selected], missing }
}

function collectNamed(specs: readonly SelectionSpec[] | undefined, named: Map<string, TraversalSpec>): void {
  for (const spec of specs ?? []) {
    if (!isTraversal(spec)) continue
    if (spec.name !== undefined) named.set(spec.name, spec)
    collectNamed(spec.selectSet, named)
  }
}

class Walk {
  readonly selected = new Set<LabObject>()
  readonly #inventory: Inventory
  readonly #named: ReadonlyMap<string, TraversalSpec>
  readonly #reader: Session | undefined
  readonly #visited = new Map<TraversalSpec, Set<LabObject>>()

  constructor(inventory: Inventory, named: ReadonlyMap<string, TraversalSpec>, reader: Session | undefined) {
    this.#inventory = inventory
    this.#named = named
    this.#reader = reader
  }

  visit(start: LabObject, skip: boolean, specs: readonly SelectionSpec[]): void {
    const queue = [{ object: start, skip, specs }] // not recursion: a chain may be longer than the stack
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (!next.skip) this.selected.add(next.object)
      for (const spec of next.specs) queue.push(...this.#follow(next.object, this.#resolve(spec)))
    }
  }

  #resolve(spec: SelectionSpec): TraversalSpec {
    if (isTraversal(spec)) return checked(spec)
    const found = this.#named.get(spec.name ?? '')
    if (found === undefined) throw new VimFault('InvalidArgument', { invalidProperty: 'selectSet' })
    return checked(found)
  }

  #follow(object: LabObject, spec: TraversalSpec) {
    if (!managedObjectDerivesFrom(object.ref.type, spec.type) || this.#wasHere(object, spec)) return []
    const path = parsePropertyPath(spec.type, spec.path)
    const value = valueAt(object.read(path.steps[0]!.name, this.#reader), path)
    const refs = (Array.isArray(value) ? value : value === undefined ? [] : [value]) as ManagedObjectReference[]
    const objects = refs.map((ref) => this.#inventory.find(ref)).filter((found) => found !== undefined)
    return objects.map((found) => ({ object: found, skip: spec.skip ?? false, specs: spec.selectSet ?? [] }))
  }

  #wasHere(object: LabObject, spec: TraversalSpec): boolean {
    const objects = this.#visited.get(spec) ?? new Set()
    this.#visited.set(spec, objects)
    if (objects.has(object)) return true
    objects.add(object)
    return false
  }
}

const isTraversal = (spec: SelectionSpec): spec is TraversalSpec => isA(spec, 'TraversalSpec')

function checked(spec: TraversalSpec): TraversalSpec {
  if (managedObjectSchema(spec.type) === undefined)
    throw new VimFault('InvalidArgument', { invalidProperty: 'traversalSpec.type' })
  if (parsePropertyPath(spec.type, spec.path).field.kind !== 'ref')
    throw new VimFault('InvalidArgument', { invalidProperty: 'traversalSpec.path' })
  return spec
}
