import type { ManagedObjectReference } from '@vmkeep/vsphere/types'
import type { Random } from '@vmkeep/kit'
import { uuidOf } from '../config/uuid.ts'

export interface LabCategory {
  readonly id: string
  readonly name: string
}

export interface LabTag {
  readonly id: string
  readonly name: string
  readonly category: LabCategory
}

/** The tags of a vCenter and what they are attached to. Ids are urns, as real ones are. */
export class Tags {
  readonly #random: Random
  readonly #categories = new Map<string, LabCategory>()
  readonly #tags = new Map<string, LabTag>()
  readonly #attached = new Map<string, Set<LabTag>>()

  constructor(random: Random) {
    this.#random = random
  }

  get categories(): readonly LabCategory[] {
    return [...this.#categories.values()]
  }

  get tags(): readonly LabTag[] {
    return [...this.#tags.values()]
  }

  /** Attaches `env:prod`, which is made if there is none. */
  attach(object: ManagedObjectReference, text: string): void {
    const colon = text.indexOf(':')
    const [category, name] = colon < 0 ? ['default', text] : [text.slice(0, colon), text.slice(colon + 1)]
    this.attachTag(object.value, this.#tag(this.#category(category), name))
  }

  attachTag(objectId: string, tag: LabTag): void {
    const own = this.#attached.get(objectId) ?? new Set()
    own.add(tag)
    this.#attached.set(objectId, own)
  }

  of(objectId: string): readonly LabTag[] {
    return [...(this.#attached.get(objectId) ?? [])]
  }

  objectsWith(tag: LabTag): readonly string[] {
    return [...this.#attached].flatMap(([id, tags]) => (tags.has(tag) ? [id] : []))
  }

  #category(name: string): LabCategory {
    const made = { id: `urn:vmomi:InventoryServiceCategory:${uuidOf(this.#random)}:GLOBAL`, name }
    return add(this.#categories, name, made)
  }

  #tag(category: LabCategory, name: string): LabTag {
    const made = { id: `urn:vmomi:InventoryServiceTag:${uuidOf(this.#random)}:GLOBAL`, name, category }
    return add(this.#tags, `${category.name}:${name}`, made)
  }
}

function add<T>(known: Map<string, T>, key: string, made: T): T {
  const found = known.get(key) ?? made
  known.set(key, found)
  return found
}
