import type { Repository } from '@vmkeep/repository'
import type { BaseContext } from './command.ts'
import type { LoadedConfig } from './config/load-config.ts'
import { readSecretFile } from './config/secrets.ts'
import { indexOptionsOf } from './index-options.ts'
import { bufferBytesOf } from './memory-budget.ts'
import { repositoryKey } from './open-repository.ts'
import { openStorageAt } from './open-storage.ts'

type Context = Pick<BaseContext, 'world' | 'learn' | 'signal' | 'clock' | 'random' | 'say'>

/** Opens a repository beside the configured one, with a key of its own or the same. */
export async function openOtherRepository(
  { path, keyFile }: { readonly path: string; readonly keyFile: string | undefined },
  loaded: LoadedConfig,
  { say, ...context }: Context,
): Promise<Repository> {
  const { openRepository } = await import('@vmkeep/repository')
  const { world, learn, signal, clock, random } = context
  const storage = await openStorageAt(path, loaded, { world, learn, signal })
  const key =
    keyFile === undefined
      ? await repositoryKey(loaded, context, `Passphrase or recovery code of ${path}`)
      : await readSecretFile(keyFile, `the key of ${path}`)
  learn(key)
  say.detail(`opening the repository in ${storage.name}`)
  return await openRepository(storage, {
    key,
    memoryBytesMax: bufferBytesOf(loaded.config.limits),
    index: indexOptionsOf(loaded, world),
    clock,
    random,
    signal,
  })
}
