import type { Secret } from '@vmkeep/kit'
import { type KeySlots, openKeySlots } from '@vmkeep/repository'
import type { BaseContext } from './command.ts'
import type { LoadedConfig } from './config/load-config.ts'
import { fail } from './errors.ts'
import { newPassphrase } from './new-passphrase.ts'
import { repositoryKey, waysToGiveKey } from './open-repository.ts'
import { openStorageAt } from './open-storage.ts'

type Context = Pick<BaseContext, 'world' | 'learn' | 'signal' | 'clock' | 'random'>

interface InitialKeys {
  readonly passphrase: Secret
  readonly keysOf?: KeySlots
}

/**
 * The passphrase of a repository to be, from where it was left or asked for twice. If it is to share the keys of another one at
 * `keysOf`, the passphrase must open that.
 *
 * @throws `cli.secret-missing`, `cli.declined`; `cli.twin-needs-a-passphrase`
 */
export async function initialKeys(
  loaded: LoadedConfig,
  keysOf: string | undefined,
  context: Context,
): Promise<InitialKeys> {
  if (keysOf !== undefined) return await keysOfTwin(loaded, keysOf, context)
  const { key, keyFile, keyEnv, keyCommand } = loaded.config.repository
  const given = { value: key, file: keyFile, env: keyEnv, command: keyCommand }
  const passphrase = await newPassphrase(given, { ...context, ways: waysToGiveKey })
  context.learn(passphrase)
  return { passphrase }
}

async function keysOfTwin(loaded: LoadedConfig, path: string, context: Context): Promise<InitialKeys> {
  const storage = await openStorageAt(path, loaded, context)
  const passphrase = await repositoryKey(loaded, context, `Passphrase of ${path}, and of the new repository`)
  const { clock, random, signal } = context
  const slots = await openKeySlots(storage, { key: passphrase, clock, random, signal })
  const opened = (await slots.list(signal)).find(({ id }) => id === slots.opened)
  if (opened?.kind !== 'passphrase') throw fail('cli.twin-needs-a-passphrase', { path })
  return { passphrase, keysOf: slots }
}
