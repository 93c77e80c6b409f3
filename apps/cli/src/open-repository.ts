import type { Secret } from '@vmkeep/kit'
import { openRepository, type Repository } from '@vmkeep/repository'
import type { LoadedConfig } from './config/load-config.ts'
import { findSecret } from './config/secrets.ts'
import { fail } from './errors.ts'
import { indexOptionsOf } from './index-options.ts'
import { bufferBytesOf } from './memory-budget.ts'
import type { Opening } from './open-services.ts'
import { openConfiguredStorage } from './open-storage.ts'
import { askSecret, canAsk } from './terminal/ask.ts'

export type OpeningContext = Pick<Opening, 'world' | 'learn' | 'signal' | 'say' | 'clock' | 'random'>

/** Opens the configured repository with the configured key, or asks for it. */
export async function openConfiguredRepository(
  loaded: LoadedConfig,
  opening: OpeningContext,
  question = 'Passphrase or recovery code of the repository',
): Promise<Repository> {
  const storage = await openConfiguredStorage(loaded, opening)
  const key = await repositoryKey(loaded, opening, question)
  opening.say.detail(`opening the repository in ${storage.name}`)
  return openRepository(storage, {
    key,
    memoryBytesMax: bufferBytesOf(loaded.config.limits),
    index: indexOptionsOf(loaded, opening.world),
    clock: opening.clock,
    random: opening.random,
    signal: opening.signal,
  })
}

/** Whether the config or the environment says how to open the repository, so that nobody is asked. */
export function hasKey({ config }: LoadedConfig): boolean {
  const { key, keyFile, keyEnv, keyCommand } = config.repository
  return [key, keyFile, keyEnv, keyCommand].some((way) => way !== undefined)
}

export const waysToGiveKey =
  'VMKEEP_REPO_KEY_FILE, VMKEEP_REPO_KEY_COMMAND, VMKEEP_REPO_KEY, or repository.keyFile in the config'

/** The repository's key from config or environment; asked for on a terminal. @throws `cli.secret-missing` */
export async function repositoryKey(
  { config }: LoadedConfig,
  opening: Pick<Opening, 'world' | 'signal' | 'learn'>,
  question: string,
): Promise<Secret> {
  const { key, keyFile, keyEnv, keyCommand } = config.repository
  const what = 'the key of the repository'
  const { world, signal } = opening
  const found = await findSecret(
    { value: key, file: keyFile, env: keyEnv, command: keyCommand },
    { what, env: world.env, signal },
  )
  if (found === undefined && !canAsk(world)) throw fail('cli.secret-missing', { what, ways: waysToGiveKey })
  const secret = found ?? (await askSecret(world, { question, instead: `give it with ${waysToGiveKey}`, signal }))
  opening.learn(secret)
  return secret
}
