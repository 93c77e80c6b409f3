import { InvalidArgumentError } from 'commander'
import { bytesPerSecondOf } from './byte-rate.ts'

// What a command may ask for on its command line: kinds of values, and options and arguments made of them.
// Help, completion, the reference and the parser are all made from these declarations.

/** What a shell can complete: files and folders by itself, names by asking us. */
export type Completion = 'file' | 'folder' | 'vcenter' | 'command'

/** A kind of value: how it looks in help, how it is read, how it is completed. */
export interface Kind<T> {
  readonly placeholder: string
  /** @throws InvalidArgumentError with what is allowed, as the end of a sentence about the value */
  readonly parse: (text: string) => T
  /** How a default is written in help, if not simply as it is. */
  readonly write?: (value: never) => string
  readonly choices?: readonly string[]
  readonly complete?: Completion
}

export interface Option<T> {
  readonly kind: Kind<unknown>
  readonly takes: 'nothing' | 'one' | 'many'
  readonly help: string
  readonly short?: string
  /** The environment variable read when the flag is absent. */
  readonly environment?: string
  readonly fallback: T
  /** A flag that switches something off: declared as `color`, written `--no-color`. */
  readonly negated?: boolean
}

export interface Argument<T> {
  readonly kind: Kind<unknown>
  readonly count: 'one' | 'optional' | 'any'
  readonly help: string
  /** Only for the type: what the command receives. */
  readonly type?: T
}

export type Options = Readonly<Record<string, Option<any>>>
export type Arguments = Readonly<Record<string, Argument<any>>>
export type Values<P extends Options | Arguments> = {
  readonly [K in keyof P]: P[K] extends Option<infer T> ? T : P[K] extends Argument<infer T> ? T : never
}

interface About {
  readonly help: string
  readonly short?: string
  readonly environment?: string
}

/** An on/off switch. */
export function flag(about: About & { readonly negated?: boolean }): Option<boolean> {
  const kind = { placeholder: '', parse: readSwitch }
  return { ...about, kind, takes: 'nothing', fallback: about.negated === true }
}

/** An option with one value; `undefined` when not given, unless `fallback` says otherwise. */
export function option<T>(kind: Kind<T>, about: About & { readonly fallback: NoInfer<T> }): Option<T>
export function option<T>(kind: Kind<T>, about: About): Option<T | undefined>
export function option<T>(kind: Kind<T>, about: About & { readonly fallback?: T }): Option<T | undefined> {
  return { fallback: undefined, ...about, kind, takes: 'one' }
}

/** An option that may be given several times. */
export function options<T>(kind: Kind<T>, about: About): Option<readonly T[]> {
  return { ...about, kind, takes: 'many', fallback: [] }
}

export function argument<T>(kind: Kind<T>, help: string): Argument<T> {
  return { kind, help, count: 'one' }
}

export function optionalArgument<T>(kind: Kind<T>, help: string): Argument<T | undefined> {
  return { kind, help, count: 'optional' }
}

/** None or more. */
export function anyArguments<T>(kind: Kind<T>, help: string): Argument<readonly T[]> {
  return { kind, help, count: 'any' }
}

export const text = (placeholder: string): Kind<string> => ({ placeholder, parse: (value) => value })

export const file: Kind<string> = { placeholder: 'FILE', complete: 'file', parse: (value) => value }
export const folder: Kind<string> = { placeholder: 'FOLDER', complete: 'folder', parse: (value) => value }

export function choice<const T extends string>(choices: readonly T[]): Kind<T> {
  return {
    placeholder: choices.join('|'),
    choices,
    parse(value) {
      const found = choices.find((each) => each === value)
      return found ?? refuse(`it must be one of ${choices.join(', ')}`)
    },
  }
}

export function integer(range: {
  readonly min: number
  readonly max?: number
  readonly placeholder?: string
}): Kind<number> {
  const { min, max = Number.MAX_SAFE_INTEGER, placeholder = 'N' } = range
  return {
    placeholder,
    parse(value) {
      const number = /^\d+$/.test(value) ? Number(value) : Number.NaN
      if (number >= min && number <= max) return number
      return refuse(
        range.max === undefined
          ? `it must be a whole number from ${min} on`
          : `it must be a whole number from ${min} to ${max}`,
      )
    },
  }
}

/** A share in percent, more than 0 and up to 100. */
export const percent: Kind<number> = {
  placeholder: 'PERCENT',
  parse(value) {
    const number = /^\d+(\.\d+)?%?$/.test(value) ? Number(value.replace('%', '')) : Number.NaN
    return number > 0 && number <= 100 ? number : refuse('it must be more than 0 and at most 100')
  },
}

const binaryUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** An amount of data such as `500GiB`; in bytes. */
export const dataSize: Kind<number> = {
  placeholder: 'SIZE',
  parse(value) {
    const [, amount, unit] = /^(\d+(?:\.\d+)?) ?(B|KiB|MiB|GiB|TiB)$/.exec(value) ?? []
    const bytes = Math.floor(Number(amount) * 1024 ** binaryUnits.indexOf(unit ?? ''))
    return unit !== undefined && bytes > 0 ? bytes : refuse('it must be an amount of data such as 500GiB or 2TiB')
  },
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A length of time such as `30s`, `10m`, `2h`, `7d`; in milliseconds. */
export const duration: Kind<number> = {
  placeholder: 'TIME',
  write(ms: number) {
    const [unit, unitLengthMs] = Object.entries(unitMs).findLast(([, lengthMs]) => ms % lengthMs === 0)!
    return `${ms / unitLengthMs}${unit}`
  },
  parse(value) {
    const [, amount, unit = 's'] = /^(\d+)(ms|s|m|h|d)?$/.exec(value) ?? []
    return amount === undefined
      ? refuse('it must be a time such as 30s, 10m, 2h or 7d')
      : Number(amount) * unitMs[unit]!
  },
}

/** A number of days such as `30d`. */
export const days: Kind<number> = {
  placeholder: 'DAYS',
  parse(value) {
    const number = /^[1-9]\d{0,3}d?$/.test(value) ? Number.parseInt(value, 10) : Number.NaN
    return number <= 3650 ? number : refuse('it must be a number of days such as 30d, at most 3650d')
  },
}

/** A moment such as `2027-06-30` (midnight UTC) or `2027-06-30T18:00Z`; in milliseconds since 1970. */
export const instant: Kind<number> = {
  placeholder: 'TIME',
  parse(value) {
    const isWellFormed = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2}))?$/.test(value)
    const timeMs = isWellFormed ? Date.parse(value) : Number.NaN
    return Number.isNaN(timeMs)
      ? refuse('it must be a date such as 2027-06-30 or a time such as 2027-06-30T18:00Z')
      : timeMs
  },
}

/** A rate such as `50MiB/s`; in bytes a second. */
export const byteRate: Kind<number> = {
  placeholder: 'RATE',
  parse: (value) => bytesPerSecondOf(value) ?? refuse('it must be a rate such as 50MiB/s'),
}

/** `name=value`, for options that map one thing to another. */
export const pair = (placeholder: string): Kind<readonly [name: string, value: string]> => ({
  placeholder,
  parse(value) {
    const at = value.indexOf('=')
    return at > 0 ? [value.slice(0, at), value.slice(at + 1)] : refuse(`it must look like ${placeholder}`)
  },
})

function readSwitch(value: string): boolean {
  if (['1', 'true', 'yes', 'on'].includes(value.toLowerCase())) return true
  if (['0', 'false', 'no', 'off', ''].includes(value.toLowerCase())) return false
  return refuse('it must be true or false')
}

function refuse(allowed: string): never {
  throw new InvalidArgumentError(allowed)
}
