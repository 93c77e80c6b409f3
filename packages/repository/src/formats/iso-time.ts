import { FormatError } from '@vmkeep/kit'

/** Milliseconds since 1970 as ISO 8601 UTC. @throws FormatError if no date is so far away */
export function isoTime(ms: number): string {
  if (ms > 8.64e15) throw new FormatError(`${ms} is no time`)
  return new Date(ms).toISOString()
}
