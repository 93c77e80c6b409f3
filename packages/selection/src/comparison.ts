import { matchesGlob } from '@vmkeep/kit'
import { fail } from './errors.ts'
import type { Comparison } from './expression.ts'
import { type FieldKind, fieldNamed, fields } from './fields.ts'
import { parseSize } from './parse-size.ts'
import type { Operator, Token } from './tokens.ts'

interface Written {
  readonly expression: string
  readonly field: Token
  readonly operator: Operator
  readonly value: Token
}

type Fits = Comparison['fits']

const texts: readonly Operator[] = ['=', '!=', '~', '!~']
const orders: readonly Operator[] = ['=', '!=', '<', '<=', '>', '>=']
const operatorsOf: Readonly<Record<FieldKind, readonly Operator[]>> = {
  text: texts,
  path: texts,
  number: orders,
  size: orders,
  flag: ['=', '!='],
}

/** Understands `field operator value`. @throws `selection.unknown-field`, `.operator-unfit`, `.value-unfit` */
export function comparisonOf(written: Written): Comparison {
  const { expression, field: name, operator, value } = written
  const field = fieldNamed(name.text)
  const about = { expression, at: name.at, field: name.text }
  if (field === undefined) throw fail('selection.unknown-field', { ...about, known: Object.keys(fields) })
  const fit = operatorsOf[field.kind]
  if (!fit.includes(operator)) throw fail('selection.operator-unfit', { ...about, operator, fit })
  const shown = value.kind === 'quoted' ? `"${value.text}"` : value.text
  return { kind: 'comparison', name: name.text, value: shown, field, operator, fits: fitsOf(field.kind, written) }
}

function fitsOf(kind: FieldKind, written: Written): Fits {
  if (kind === 'flag') return flagFits(written)
  if (kind === 'number' || kind === 'size') return orderFits(kind, written)
  if (written.operator === '~' || written.operator === '!~') return regexFits(written)
  const wanted = written.value.text.toLowerCase()
  if (kind === 'text') return (value) => matches(wanted, String(value).toLowerCase())
  const path = `/${wanted.replace(/^\/+|\/+$/g, '')}`
  return (value) => prefixesOf(String(value).toLowerCase()).some((prefix) => matches(path, prefix))
}

const matches = (pattern: string, value: string) => pattern === value || matchesGlob(pattern, value)

/** A path and all folders above it. */
function prefixesOf(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '')
  return parts.map((_, i) => `/${parts.slice(0, i + 1).join('/')}`)
}

function unfit({ expression, field, value }: Written, wanted: string): Error {
  return fail('selection.value-unfit', { expression, at: value.at, field: field.text, value: value.text, wanted })
}

function flagFits(written: Written): Fits {
  const wanted = { yes: true, true: true, no: false, false: false }[written.value.text.toLowerCase()]
  if (wanted === undefined) throw unfit(written, 'yes or no')
  return (value) => value === wanted
}

function regexFits(written: Written): Fits {
  try {
    const regex = new RegExp(written.value.text, 'iu')
    return (value) => regex.test(String(value))
  } catch {
    throw unfit(written, 'a regular expression, in quotes if it has blanks')
  }
}

function orderFits(kind: 'number' | 'size', written: Written): Fits {
  const { text } = written.value
  const wanted = kind === 'size' ? parseSize(text) : /^\d{1,9}$/.test(text) ? Number(text) : undefined
  if (wanted === undefined) throw unfit(written, kind === 'size' ? 'a size such as 512MiB or 2TiB' : 'a whole number')
  const holds: Readonly<Partial<Record<Operator, (value: number) => boolean>>> = {
    '<': (value) => value < wanted,
    '<=': (value) => value <= wanted,
    '>': (value) => value > wanted,
    '>=': (value) => value >= wanted,
  }
  const compare = holds[written.operator] ?? ((value: number) => value === wanted)
  return (value) => typeof value === 'number' && compare(value)
}
