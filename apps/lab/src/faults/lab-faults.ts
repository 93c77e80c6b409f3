import { FaultPlan, type Random } from '@vmkeep/kit'
import type { LabAction, LabRule } from './lab-action.ts'

/** A rule with the number it can be taken away by. */
export interface NumberedRule {
  readonly id: number
  readonly rule: LabRule
  readonly struck: number
}

/** The lab's one plan of faults: for SOAP methods, datastore files, NFC and the bytes. Rules come and go while it runs. */
export class LabFaults {
  readonly #plan: FaultPlan<LabAction>
  readonly #added = new Map<LabRule, { readonly id: number; readonly remove: Disposable }>()
  #lastId = 0

  constructor(random: Random, rules: readonly LabRule[] = []) {
    this.#plan = new FaultPlan(random)
    for (const rule of rules) this.add(rule)
  }

  add(given: LabRule): Disposable & { readonly id: number } {
    const rule = { ...given } // the same rule may be added twice
    const id = ++this.#lastId
    this.#added.set(rule, { id, remove: this.#plan.add(rule) })
    return { id, [Symbol.dispose]: () => void this.remove(id) }
  }

  /** Whether there was one. */
  remove(id: number): boolean {
    for (const [rule, added] of this.#added)
      if (added.id === id) {
        added.remove[Symbol.dispose]()
        return this.#added.delete(rule)
      }
    return false
  }

  clear(): void {
    this.#plan.clear()
    this.#added.clear()
  }

  get rules(): readonly NumberedRule[] {
    return this.#plan.strikes().map(({ rule, struck }) => ({ id: this.#added.get(rule)!.id, rule, struck }))
  }

  /** What strikes now, if anything. `names` are what the object may be called in a rule: its moref, its name. */
  next(on: string, ...names: readonly string[]): LabAction | undefined {
    return this.#plan.next(on, ...names)
  }
}
