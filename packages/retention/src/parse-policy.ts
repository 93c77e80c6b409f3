import { parseCalendarDuration } from './calendar-duration.ts'
import { isTimeZone } from './calendar.ts'
import { fail } from './errors.ts'
import { gfsPeriods } from './gfs.ts'
import {
  type Count,
  defaultGuards,
  type GfsPolicy,
  type Guards,
  isEmpty,
  type RetentionPolicy,
  type Rule,
  rules,
} from './policy.ts'

/** A retention policy as it stands in the config file. */
export interface RetentionConfig {
  /** `cascade` if not given. */
  readonly mode?: RetentionPolicy['mode']
  /** `storage` if not given. */
  readonly clock?: 'storage' | 'writer'
  /** `UTC` if not given: never that of the machine, which may be another tomorrow. */
  readonly timeZone?: string
  readonly keepLast?: Count
  readonly keepHourly?: Count
  readonly keepDaily?: Count
  readonly keepWeekly?: Count
  readonly keepMonthly?: Count
  readonly keepYearly?: Count
  /** `1y5m7d2h`: years, months, days, hours. */
  readonly keepWithin?: string
  readonly keepWithinHourly?: string
  readonly keepWithinDaily?: string
  readonly keepWithinWeekly?: string
  readonly keepWithinMonthly?: string
  readonly keepWithinYearly?: string
  /** `audit`, or `prod,quarter-end` for points that have both. */
  readonly keepTags?: readonly string[]
  /** `{weekly: 4, monthly: 12, yearly: 7}`: flags for points that are made from now on. */
  readonly gfs?: GfsPolicy
  readonly guards?: {
    /** `24h` if not given. */
    readonly minAge?: string
    /** `20%`; no limit if not given. */
    readonly maxShareRemoved?: string
    /** `true` if not given. */
    readonly neverNewestGood?: boolean
  }
}

/** Longer than anybody keeps anything, and far from the last year a calendar can show. */
const gfsCountMax = 1000

type Key = keyof RetentionConfig
const capital = <Name extends string>(name: Name) => (name[0]!.toUpperCase() + name.slice(1)) as Capitalize<Name>
const countKey = (rule: Rule) => `keep${capital(rule)}` satisfies Key
const withinKey = (rule: Rule): Key => (rule === 'last' ? 'keepWithin' : `keepWithin${capital(rule)}`)
const keys: readonly Key[] = [
  'mode',
  'clock',
  'timeZone',
  ...rules.map(countKey),
  ...rules.map(withinKey),
  'keepTags',
  'gfs',
  'guards',
]
const guardKeys: readonly (keyof NonNullable<RetentionConfig['guards']>)[] = [
  'minAge',
  'maxShareRemoved',
  'neverNewestGood',
]

/**
 * Reads a {@link RetentionConfig} that nobody has checked yet. `at` is its place in the config file, for the messages.
 *
 * @throws `retention.not-a-map`, `retention.unknown-key`, `retention.…-invalid`, `retention.mode-unknown`, `retention.time-zone-unknown`,
 *   `retention.within-in-cascade`, each naming the place, what stands there and what to write
 */
export function parseRetentionPolicy(value: unknown, at = 'retention'): RetentionPolicy {
  const config = readMap(value, at, keys)
  const mode = readMode(config['mode'] ?? 'cascade', `${at}.mode`)
  const within = readEach(config, at, withinKey, readDuration)
  const firstWithin = rules.find((rule) => within[rule] !== undefined)
  if (mode === 'cascade' && firstWithin !== undefined)
    throw fail('retention.within-in-cascade', { at: `${at}.${withinKey(firstWithin)}` })
  const policy: RetentionPolicy = {
    mode,
    clock: readClock(config['clock'] ?? 'storage', `${at}.clock`),
    timeZone: readTimeZone(config['timeZone'] ?? 'UTC', `${at}.timeZone`),
    keep: readEach(config, at, countKey, readCount),
    within,
    keepTags: readTags(config['keepTags'] ?? [], `${at}.keepTags`),
    gfs: readGfs(config['gfs'] ?? {}, `${at}.gfs`),
    guards: readGuards(config['guards'] ?? {}, `${at}.guards`),
  }
  if (isEmpty(policy) && Object.values(policy.gfs ?? {}).some((count) => count > 0))
    throw fail('retention.gfs-alone', { at })
  return policy
}

type Config = Readonly<Record<string, unknown>>
type Read<T> = (value: unknown, at: string) => T

function readMap(value: unknown, at: string, known: readonly string[]): Config {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw fail('retention.not-a-map', { at })
  const key = Object.keys(value).find((name) => !known.includes(name))
  if (key !== undefined) throw fail('retention.unknown-key', { at, found: quote(key), known })
  return value as Config
}

function readEach<T>(config: Config, at: string, keyOf: (rule: Rule) => Key, read: Read<T>): Partial<Record<Rule, T>> {
  const given = rules.filter((rule) => config[keyOf(rule)] !== undefined)
  return Object.fromEntries(given.map((rule) => [rule, read(config[keyOf(rule)], `${at}.${keyOf(rule)}`)]))
}

function readMode(value: unknown, at: string): RetentionPolicy['mode'] {
  if (value === 'independent' || value === 'cascade') return value
  throw fail('retention.mode-unknown', { at, found: quote(value) })
}

function readClock(value: unknown, at: string): 'storage' | 'writer' {
  if (value === 'storage' || value === 'writer') return value
  throw fail('retention.clock-unknown', { at, found: quote(value) })
}

function readTimeZone(value: unknown, at: string): string {
  if (typeof value !== 'string' || !isTimeZone(value))
    throw fail('retention.time-zone-unknown', { at, found: quote(value) })
  return value
}

const readCount: Read<Count> = (value, at) => {
  if (value === 'all' || (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0)) return value
  throw fail('retention.count-invalid', { at, found: quote(value) })
}

const readDuration: Read<NonNullable<ReturnType<typeof parseCalendarDuration>>> = (value, at) => {
  const duration = typeof value === 'string' ? parseCalendarDuration(value) : undefined
  if (duration === undefined) throw fail('retention.duration-invalid', { at, found: quote(value) })
  return duration
}

function readTags(value: unknown, at: string): string[][] {
  if (!Array.isArray(value)) throw fail('retention.tags-invalid', { at, found: quote(value) })
  return value.map((entry: unknown, index) => {
    const tags = typeof entry === 'string' ? entry.split(',').map((tag) => tag.trim()) : []
    if (tags.length === 0 || tags.includes(''))
      throw fail('retention.tags-invalid', { at: `${at}[${index}]`, found: quote(entry) })
    return tags
  })
}

function readGfs(value: unknown, at: string): GfsPolicy {
  const config = readMap(value, at, gfsPeriods)
  for (const period of gfsPeriods) {
    const count = config[period] ?? 0
    if (!Number.isSafeInteger(count) || Number(count) < 0 || Number(count) > gfsCountMax)
      throw fail('retention.gfs-invalid', { at: `${at}.${period}`, found: quote(count) })
  }
  return config
}

function readGuards(value: unknown, at: string): Guards {
  const { minAge, maxShareRemoved, neverNewestGood = defaultGuards.neverNewestGood } = readMap(value, at, guardKeys)
  if (typeof neverNewestGood !== 'boolean')
    throw fail('retention.switch-invalid', { at: `${at}.neverNewestGood`, found: quote(neverNewestGood) })
  return {
    minAgeMs: minAge === undefined ? defaultGuards.minAgeMs : readMinAge(minAge, `${at}.minAge`),
    neverNewestGood,
    ...(maxShareRemoved === undefined ? {} : { maxShareRemoved: readShare(maxShareRemoved, `${at}.maxShareRemoved`) }),
  }
}

function readMinAge(value: unknown, at: string): number {
  const [, amount, unit] = /^(\d{1,6})([hd])$/.exec(String(value)) ?? []
  if (amount === undefined) throw fail('retention.min-age-invalid', { at, found: quote(value) })
  return Number(amount) * (unit === 'd' ? 24 : 1) * 3_600_000
}

function readShare(value: unknown, at: string): number {
  const share = typeof value === 'string' && /^\d{1,3}(\.\d{1,4})? ?%$/.test(value) ? Number.parseFloat(value) / 100 : 0
  if (share > 0 && share <= 1) return share
  throw fail('retention.share-invalid', { at, found: quote(value) })
}

/** As the user wrote it, as far as that can be told, and never at length. */
function quote(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'keys and values'
  const text = String(value)
  const short = text.length > 60 ? `${text.slice(0, 60)}…` : text
  return typeof value === 'string' ? `"${short}"` : short
}
