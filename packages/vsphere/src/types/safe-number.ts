import { FormatError } from '@vmkeep/kit'

/** A 64-bit number from the wire as a size or offset: exact and not negative. @throws FormatError naming `what` otherwise */
export function safeNumber(value: number | bigint, what: string): number {
  if (typeof value === 'bigint' || !Number.isSafeInteger(value) || value < 0)
    throw new FormatError(`${what} is ${value}, which is no size or offset`)
  return value
}
