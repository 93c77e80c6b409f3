import type { IndexOptions } from '@vmkeep/repository'
import type { LoadedConfig } from './config/load-config.ts'
import type { World } from './world.ts'

const MiB = 2 ** 20

/** How the index of a repository is held on this machine. */
export function indexOptionsOf({ config }: LoadedConfig, { env, home }: Pick<World, 'env' | 'home'>): IndexOptions {
  const { memoryMiB, cacheFolder, cacheGiB } = config.index
  return {
    memoryBytes: memoryMiB * MiB,
    cacheFolder: cacheFolder ?? `${env['XDG_CACHE_HOME'] || `${home}/.cache`}/vmkeep/index`,
    ...(cacheGiB === undefined ? {} : { cacheBytes: cacheGiB * 1024 * MiB }),
  }
}
