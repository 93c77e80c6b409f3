// Faults by rule, one rule type everywhere: lab, storage, disk. See docs/reference/faults.md.
import type { Random } from './random.ts'

/** When something named `on` happens to something that matches `object`, do `then`. `Action` is the place's own vocabulary. */
export interface FaultRule<Action> {
  /** What happens: `storage.put`, `CreateSnapshot_Task`, `nfc.io`. `*` stands for any run of characters. */
  readonly on: string
  /** To what: a key, a moref or a name, with `*`. Any, if left out. */
  readonly object?: string
  /** Let this many matches pass first. */
  readonly after?: number
  /** Strike this often, then never again. For ever, if left out. */
  readonly times?: number
  /** Strike with this probability, 0 to 1. Always, if left out. */
  readonly chance?: number
  readonly then: Action
}

/** Holds rules and says which action, if any, strikes now. The first rule that strikes wins. */
export class FaultPlan<Action> {
  readonly #rules: { readonly rule: FaultRule<Action>; seen: number; struck: number }[] = []
  readonly #random: Random

  constructor(random: Random, rules: readonly FaultRule<Action>[] = []) {
    this.#random = random
    for (const rule of rules) this.add(rule)
  }

  /** Adds a rule; dispose what it returns to take it away. */
  add(rule: FaultRule<Action>): Disposable {
    const entry = { rule, seen: 0, struck: 0 }
    this.#rules.push(entry)
    return {
      [Symbol.dispose]: () => {
        const at = this.#rules.indexOf(entry)
        if (at >= 0) this.#rules.splice(at, 1) // gone already: must not take another rule with it
      },
    }
  }

  clear(): void {
    this.#rules.length = 0
  }

  /** How often each rule has struck, in the order they were added. */
  strikes(): { rule: FaultRule<Action>; struck: number }[] {
    return this.#rules.map(({ rule, struck }) => ({ rule, struck }))
  }

  /** What strikes when `on` happens to something called any of `names`. */
  next(on: string, ...names: readonly string[]): Action | undefined {
    const called = names.length === 0 ? [''] : names
    for (const entry of this.#rules) {
      const { rule } = entry
      if (!matchesGlob(rule.on, on) || !called.some((name) => matchesGlob(rule.object ?? '*', name))) continue
      if (entry.seen++ < (rule.after ?? 0) || entry.struck >= (rule.times ?? Infinity)) continue
      if (rule.chance !== undefined && this.#random.fraction() >= rule.chance) continue
      entry.struck++
      return rule.then
    }
    return undefined
  }
}

/** Whether `text` matches `pattern`, where `*` stands for any run of characters and `?` for one. */
export function matchesGlob(pattern: string, text: string): boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 'su').test(text)
}
