import { comparisonOf } from './comparison.ts'
import { fail } from './errors.ts'
import type { Expression } from './expression.ts'
import { type Operator, type Token, tokensOf } from './tokens.ts'

const depthMax = 50

/**
 * Understands a selector: `tag=prod and power=on and not name~^tmp`. `not` binds closest, then `and`, then `or`.
 *
 * @throws `selection.*`, each with the place
 */
export function parseSelector(expression: string): Expression {
  return new Parser(expression).whole()
}

/** Recursive descent: one method for each level of binding. */
class Parser {
  readonly #expression: string
  readonly #tokens: readonly Token[]
  #next = 0
  #depth = 0

  constructor(expression: string) {
    this.#expression = expression
    this.#tokens = tokensOf(expression)
  }

  whole(): Expression {
    const found = this.#list('or', () => this.#list('and', () => this.#single()))
    if (this.#peek().kind !== 'end') throw this.#expected('"and", "or" or the end')
    return found
  }

  #list(word: 'and' | 'or', part: () => Expression): Expression {
    const parts = [part()]
    while (this.#takeWord(word)) parts.push(part())
    return parts.length === 1 ? parts[0]! : { kind: word, parts }
  }

  #single(): Expression {
    if (++this.#depth > depthMax) throw this.#expected(`at most ${depthMax} things inside one another`)
    try {
      if (this.#takeWord('not')) return { kind: 'not', part: this.#single() }
      if (this.#peek().kind !== 'open') return this.#comparison()
      this.#next++
      const inner = this.#list('or', () => this.#list('and', () => this.#single()))
      if (this.#peek().kind !== 'close') throw this.#expected('"and", "or" or a closing parenthesis')
      this.#next++
      return inner
    } finally {
      this.#depth--
    }
  }

  #comparison(): Expression {
    const field = this.#take('word', 'a field, such as name, tag or datastore')
    const operator = this.#take('operator', '= != ~ !~ < <= > or >=').text as Operator
    const value = this.#peek()
    if (value.kind !== 'word' && value.kind !== 'quoted') throw this.#expected('a value')
    this.#next++
    return comparisonOf({ expression: this.#expression, field, operator, value })
  }

  #peek(): Token {
    return this.#tokens[this.#next]!
  }

  #take(kind: Token['kind'], wanted: string): Token {
    const token = this.#peek()
    if (token.kind !== kind) throw this.#expected(wanted)
    this.#next++
    return token
  }

  #takeWord(word: string): boolean {
    const { kind, text } = this.#peek()
    const isIt = kind === 'word' && text.toLowerCase() === word
    if (isIt) this.#next++
    return isIt
  }

  #expected(wanted: string): Error {
    return fail('selection.expected', { expression: this.#expression, at: this.#peek().at, wanted })
  }
}
