import { Secret } from '@vmkeep/kit'
import type { LoadedConfig } from './load-config.ts'

/** One value of the config that counts, and where it comes from. */
export interface EffectiveValue {
  /** `vcenters.0.host` */
  readonly key: string
  readonly value: unknown
  readonly origin: string
}

/** Every value that counts, in the order of the schema. Secrets stay `Secret`, which no output shows. */
export function effectiveValues({ config, originOf }: LoadedConfig): EffectiveValue[] {
  const walk = (value: unknown, path: readonly (string | number)[]): EffectiveValue[] => {
    if (value === undefined) return []
    if (typeof value !== 'object' || value === null || value instanceof Secret || isEmpty(value))
      return [{ key: path.join('.'), value, origin: originOf(path) }]
    return Object.entries(value).flatMap(([key, each]) =>
      walk(each, [...path, Array.isArray(value) ? Number(key) : key]),
    )
  }
  return walk(config, [])
}

const isEmpty = (value: object) => Object.keys(value).length === 0
