import type { Random } from '@vmkeep/kit'

// docs/formats/repository.md §4.1: 7 groups of 4 random symbols and 1 that checks them.
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ' // Crockford's base 32: nothing looks like anything else
const groups = 7
const weights = [1, 3, 5, 7] // odd, so that any one wrong symbol changes the sum

/** A code to print and lock away: 140 random bits. */
export function newRecoveryCode(random: Random): string {
  const values = [...random.bytes(4 * groups)].map((byte) => byte % 32)
  return Array.from({ length: groups }, (_, i) => group(values.slice(4 * i, 4 * i + 4), i + 1)).join('-')
}

/**
 * What someone typed, understood as a recovery code: its 28 value symbols; or the groups with a typing error;
 * or `undefined` if it does not look like a code at all.
 */
export function parseRecoveryCode(typed: string): { symbols: string } | { wrongGroups: number[] } | undefined {
  const text = typed.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1')
  if (text.length !== 5 * groups || valuesOf(text).includes(-1)) return undefined
  const parts = Array.from({ length: groups }, (_, i) => text.slice(5 * i, 5 * i + 5))
  const wrongGroups = parts.flatMap((part, i) => (group(valuesOf(part.slice(0, 4)), i + 1) === part ? [] : [i + 1]))
  return wrongGroups.length > 0 ? { wrongGroups } : { symbols: parts.map((part) => part.slice(0, 4)).join('') }
}

const valuesOf = (symbols: string) => symbols.split('').map((symbol) => alphabet.indexOf(symbol))

function group(values: readonly number[], number: number): string {
  const check = values.reduce((sum, value, i) => sum + value * weights[i]!, 11 * number) % 32
  return [...values, check].map((value) => alphabet[value]).join('')
}
