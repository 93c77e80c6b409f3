import type { Random } from '@vmkeep/kit'
import { uuidOf } from '../config/uuid.ts'

export interface LabPolicy {
  readonly id: string
  readonly name: string
}

/** The storage policies of a vCenter. Which VM and disk has which is in the settings of the VM. */
export class Policies {
  readonly #random: Random
  readonly #policies = new Map<string, LabPolicy>()

  constructor(random: Random) {
    this.#random = random
  }

  get all(): readonly LabPolicy[] {
    return [...this.#policies.values()]
  }

  has(id: string): boolean {
    return this.all.some((policy) => policy.id === id)
  }

  /** The policy of that name, which is made if there is none. */
  named(name: string): LabPolicy {
    const policy = this.#policies.get(name) ?? { id: uuidOf(this.#random), name }
    this.#policies.set(name, policy)
    return policy
  }

  remove(name: string): void {
    this.#policies.delete(name)
  }
}
