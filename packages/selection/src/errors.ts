import { defineErrors } from '@vmkeep/kit'

interface At {
  /** The whole expression, for a message that shows where. */
  expression: string
  /** Where in it, from 0. */
  at: number
}

const shown = ({ expression, at }: At) => `"${expression.slice(0, at)}⟨here⟩${expression.slice(at)}"`

export const fail = defineErrors({
  'selection.expected': [
    'change-request',
    (d: At & { wanted: string }) => `the selector is not understood: at ${shown(d)} there should be ${d.wanted}`,
  ],
  'selection.unknown-field': [
    'change-request',
    (d: At & { field: string; known: readonly string[] }) =>
      `a selector has no field "${d.field}"; there are ${d.known.join(', ')}, and attr.NAME for custom attributes`,
  ],
  'selection.operator-unfit': [
    'change-request',
    (d: At & { field: string; operator: string; fit: readonly string[] }) =>
      `"${d.field}${d.operator}…" means nothing; ${d.field} takes ${d.fit.join(' ')}`,
  ],
  'selection.value-unfit': [
    'change-request',
    (d: At & { field: string; value: string; wanted: string }) =>
      `${d.field} cannot be "${d.value}"; write ${d.wanted}`,
  ],
  'selection.too-long': [
    'change-request',
    (d: { length: number; max: number }) => `a selector may have ${d.max} characters, this one has ${d.length}`,
  ],
})
