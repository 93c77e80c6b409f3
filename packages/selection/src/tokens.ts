import { fail } from './errors.ts'

export type Operator = '=' | '!=' | '~' | '!~' | '<' | '<=' | '>' | '>='

export interface Token {
  readonly kind: 'word' | 'quoted' | 'operator' | 'open' | 'close' | 'end'
  readonly text: string
  readonly at: number
}

/** Longer first: "<=" is not "<" and "=". */
const operators: readonly Operator[] = ['!=', '!~', '<=', '>=', '=', '~', '<', '>']
const lengthMax = 4096

/**
 * Cuts a selector into words, quoted texts, operators and parentheses. What stands behind an operator is one value up to the next white
 * space or closing parenthesis, whatever is in it: `name~^a(b|c)$` needs no quotes while its parentheses are balanced.
 *
 * @throws `selection.too-long`, `selection.expected`
 */
export function tokensOf(expression: string): Token[] {
  if (expression.length > lengthMax) throw fail('selection.too-long', { length: expression.length, max: lengthMax })
  const tokens: Token[] = []
  for (let at = 0; ;) {
    while (/\s/.test(expression[at] ?? '')) at++
    const token = tokenAt(expression, at, tokens.at(-1)?.kind === 'operator')
    tokens.push(token)
    if (token.kind === 'end') return tokens
    at += token.kind === 'quoted' ? lengthQuoted(expression, at) : token.text.length
  }
}

function tokenAt(expression: string, at: number, isValue: boolean): Token {
  const first = expression[at]
  if (first === undefined) return { kind: 'end', text: '', at }
  if (first === '"' || first === "'") return quotedAt(expression, at)
  if (isValue) return { kind: 'word', text: valueAt(expression, at), at }
  if (first === '(') return { kind: 'open', text: '(', at }
  if (first === ')') return { kind: 'close', text: ')', at }
  const operator = operators.find((candidate) => expression.startsWith(candidate, at))
  if (operator !== undefined) return { kind: 'operator', text: operator, at }
  const [text = ''] = /^[^\s()=!~<>"']+/.exec(expression.slice(at)) ?? []
  if (text === '') throw fail('selection.expected', { expression, at, wanted: 'a field, "not" or a parenthesis' })
  return { kind: 'word', text, at }
}

function quotedAt(expression: string, at: number): Token {
  const end = expression.indexOf(expression[at]!, at + 1)
  if (end < 0) throw fail('selection.expected', { expression, at: expression.length, wanted: 'the closing quote' })
  return { kind: 'quoted', text: expression.slice(at + 1, end), at }
}

const lengthQuoted = (expression: string, at: number) => expression.indexOf(expression[at]!, at + 1) + 1 - at

/** Up to white space, or to a parenthesis that closes what was opened before it. */
function valueAt(expression: string, at: number): string {
  let depth = 0
  let end = at
  for (; end < expression.length && !/\s/.test(expression[end]!); end++) {
    if (expression[end] === '(') depth++
    if (expression[end] === ')' && depth-- === 0) break
  }
  if (end === at) throw fail('selection.expected', { expression, at, wanted: 'a value' })
  return expression.slice(at, end)
}
