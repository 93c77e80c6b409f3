import type { ManagedObjectReference } from '../types/index.ts'
import { formatPath } from './names.ts'

/** A folder, datacenter or virtual app, as far as paths need it. */
export interface InventoryNode {
  readonly ref: ManagedObjectReference
  /** As stored, escapes and all. */
  readonly name: string
  /** Absent at the root, and where this account may not look further up. */
  readonly parent?: ManagedObjectReference | undefined
}

const keyOf = ({ type, value }: ManagedObjectReference): string => `${type}:${value}`

/** Knows where everything lies. Built once per pass over the inventory. */
export class InventoryTree {
  readonly #nodes = new Map<string, InventoryNode>()
  readonly #rootKey: string

  /** @param rootFolder `ServiceContent.rootFolder`, which has a name but no place in paths */
  constructor(rootFolder: ManagedObjectReference, nodes: Iterable<InventoryNode> = []) {
    this.#rootKey = keyOf(rootFolder)
    for (const node of nodes) this.add(node)
  }

  add(node: InventoryNode): void {
    this.#nodes.set(keyOf(node.ref), node)
  }

  get(ref: ManagedObjectReference): InventoryNode | undefined {
    return this.#nodes.get(keyOf(ref))
  }

  /** The path of something called `name` under `parent`. As much of it as this account may see. */
  pathOf(name: string, parent: ManagedObjectReference | undefined): string {
    return formatPath([...this.namesTo(parent), name])
  }

  /** The stored names from the top down to `ref`, itself included. */
  namesTo(ref: ManagedObjectReference | undefined): string[] {
    return this.chainTo(ref).map(({ name }) => name)
  }

  /** What `ref` lies in, from the top down to `ref` itself. */
  chainTo(ref: ManagedObjectReference | undefined): InventoryNode[] {
    const chain: InventoryNode[] = []
    const seen = new Set<string>([this.#rootKey]) // a moving inventory may be read as a loop
    for (let at = ref; at !== undefined && !seen.has(keyOf(at));) {
      seen.add(keyOf(at))
      const node = this.get(at)
      if (node !== undefined) chain.unshift(node)
      at = node?.parent
    }
    return chain
  }
}
