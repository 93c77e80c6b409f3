import type { Expression } from './expression.ts'

/** Whether a selector asks for a field anywhere. */
export function speaksOf(expression: Expression, field: string): boolean {
  if (expression.kind === 'comparison') return expression.name.toLowerCase() === field
  if (expression.kind === 'not') return speaksOf(expression.part, field)
  return expression.parts.some((part) => speaksOf(part, field))
}
