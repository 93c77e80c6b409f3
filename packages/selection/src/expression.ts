import type { Field } from './fields.ts'
import type { Operator } from './tokens.ts'

/** A selector, understood. */
export type Expression =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Expression[] }
  | { readonly kind: 'not'; readonly part: Expression }
  | Comparison

export interface Comparison {
  readonly kind: 'comparison'
  /** As they were written, for explanations: the field's name, and the value with its quotes. */
  readonly name: string
  readonly value: string
  readonly field: Field
  readonly operator: Operator
  /** Whether one value of a VM fits. `!=` and `!~` ask that none does. */
  readonly fits: (value: string | number | boolean) => boolean
}
