import type { LoadedConfig } from './load-config.ts'
import type { Config } from './schema.ts'

const keyWays = ['key', 'keyFile', 'keyEnv', 'keyCommand'] as const

/** The config as it is for another repository: one it names, or a path, which is opened with the same key and reached the same way. */
export function repositoryNamed(loaded: LoadedConfig, nameOrPath: string): LoadedConfig {
  const { config } = loaded
  const named = config.repositories.find(({ name }) => name === nameOrPath)
  if (named === undefined)
    return { ...loaded, config: { ...config, repository: { ...config.repository, path: nameOrPath } } }
  const { path, s3, retention = config.retention } = named
  const ways = keyWays.some((way) => named[way] !== undefined) ? named : config.repository
  const keys = Object.fromEntries(keyWays.flatMap((way) => (ways[way] === undefined ? [] : [[way, ways[way]]])))
  const repository: Config['repository'] = { path, ...(s3 === undefined ? {} : { s3 }), ...keys }
  return { ...loaded, config: { ...config, repository, ...(retention === undefined ? {} : { retention }) } }
}

/** Has a name where a path is expected, as in `--repo offsite`, mean the repository of that name. */
export function chosenRepository(loaded: LoadedConfig): LoadedConfig {
  const { path } = loaded.config.repository
  return path === undefined ? loaded : repositoryNamed(loaded, path)
}
