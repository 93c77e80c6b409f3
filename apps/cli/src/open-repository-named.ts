import type { Repository } from '@vmkeep/repository'
import type { LoadedConfig } from './config/load-config.ts'
import { repositoryNamed } from './config/repository-named.ts'
import { type OpeningContext, openConfiguredRepository } from './open-repository.ts'

const memoryMiBMin = 128

/** Opens a repository besides another one, by its name in the config or its path; each takes half of the memory. */
export function openRepositoryNamed(
  loaded: LoadedConfig,
  nameOrPath: string,
  opening: OpeningContext,
): Promise<Repository> {
  const { config, ...rest } = repositoryNamed(loaded, nameOrPath)
  const memoryMiB = Math.max(memoryMiBMin, config.limits.memoryMiB / 2)
  const halved = { ...rest, config: { ...config, limits: { ...config.limits, memoryMiB } } }
  return openConfiguredRepository(halved, opening, `Passphrase or recovery code of ${nameOrPath}`)
}
