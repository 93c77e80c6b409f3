import { bytesPerSecondOf } from '../byte-rate.ts'
import type { LoadedConfig } from '../config/load-config.ts'

/** How fast may be copied to a repository: as asked for, or as the config says of it. */
export function rateTo(
  { config }: LoadedConfig,
  target: string,
  asked?: number,
): { readonly bytesPerSecondMax?: number } {
  const configured = config.repositories.find(({ name }) => name === target)?.limitRate
  const bytesPerSecondMax = asked ?? (configured === undefined ? undefined : bytesPerSecondOf(configured))
  return bytesPerSecondMax === undefined ? {} : { bytesPerSecondMax }
}
