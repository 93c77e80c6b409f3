import type { Comparison, Expression } from './expression.ts'
import type { VmFacts } from './facts.ts'

export interface Verdict {
  readonly matches: boolean
  /** What of the VM decided, as comparisons that all hold: `tag=prod`, `name!~^tmp`. Nothing that could be left out is among them. */
  readonly facts: readonly string[]
}

/** Whether a selector means a VM, and why. Pure. */
export function judge(expression: Expression, vm: VmFacts): Verdict {
  if (expression.kind === 'comparison') return compare(expression, vm)
  if (expression.kind === 'not') {
    const { matches, facts } = judge(expression.part, vm)
    return { matches: !matches, facts }
  }
  // One part that fails decides an "and", one that holds an "or"; else all of them do.
  const decides = expression.kind === 'or'
  const verdicts = expression.parts.map((part) => judge(part, vm))
  const decisive = verdicts.find(({ matches }) => matches === decides)
  return decisive ?? { matches: !decides, facts: verdicts.flatMap(({ facts }) => facts) }
}

const opposites = { '=': '!=', '!=': '=', '~': '!~', '!~': '~' } as const

function compare({ field, operator, fits, name, value }: Comparison, vm: VmFacts): Verdict {
  const values = field.values(vm)
  const matches = operator.startsWith('!') ? !values.some(fits) : values.some(fits)
  if (matches) return { matches, facts: [name + operator + value] }
  // What has no value is neither smaller nor larger, so that an order has no opposite.
  const isOrder = operator.includes('<') || operator.includes('>')
  const fact = isOrder ? `not ${name}${operator}${value}` : name + opposites[operator as '='] + value
  return { matches, facts: [fact] }
}
