import type { Secret } from '@vmkeep/kit'
import { type KeySlots, openKeySlots } from '@vmkeep/repository'
import type { BaseContext } from './command.ts'
import type { LoadedConfig } from './config/load-config.ts'
import { newPassphrase } from './new-passphrase.ts'
import { repositoryKey } from './open-repository.ts'
import { openConfiguredStorage } from './open-storage.ts'
import { file, option } from './parameters.ts'

/** Opens the key slots of the configured repository with the key it has now. */
export async function openConfiguredKeySlots(config: LoadedConfig, context: BaseContext): Promise<KeySlots> {
  const storage = await openConfiguredStorage(config, context)
  const key = await repositoryKey(config, context, 'Passphrase or recovery code of the repository, as it is now')
  const { clock, random, signal } = context
  return await openKeySlots(storage, { key, clock, random, signal })
}

/** The option of every command that takes a new passphrase. */
export const newKeyOptions = {
  newKeyFile: option(file, {
    help: 'read the new passphrase, or key file, from this file',
    environment: 'VMKEEP_NEW_REPO_KEY_FILE',
  }),
}

export async function newKey(newKeyFile: string | undefined, { world, signal, learn }: BaseContext): Promise<Secret> {
  const given = { file: newKeyFile, ...(world.env[variable] && { env: variable }) }
  const passphrase = await newPassphrase(newKeyFile === undefined ? given : { file: newKeyFile }, {
    world,
    signal,
    ways: `--new-key-file, VMKEEP_NEW_REPO_KEY_FILE or ${variable}`,
  })
  learn(passphrase)
  return passphrase
}

const variable = 'VMKEEP_NEW_REPO_KEY'
