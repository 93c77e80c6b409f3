import type { Secret } from '@vmkeep/kit'
import { command } from '../command.ts'
import { createPrivateFile } from '../create-private-file.ts'
import { findSecret } from '../config/secrets.ts'
import type { LoadedConfig } from '../config/load-config.ts'
import { fail } from '../errors.ts'
import { keepRecoveryCode } from '../keep-recovery-code.ts'
import { file, option } from '../parameters.ts'
import { askSecret, canAsk } from '../terminal/ask.ts'
import type { World } from '../world.ts'

export const repoInitCommand = command({
  name: 'repo init',
  summary: 'Make a new repository, encrypted with a passphrase',
  description:
    'The passphrase comes from the config (repository.keyFile, keyEnv, keyCommand) or the environment (VMKEEP_REPO_KEY_FILE, …), or is asked for. ' +
    'A recovery code is made as well and shown once: it opens the repository when the passphrase is lost. Without both, nobody can read the data.',
  examples: [
    { run: 'vmkeep repo init --repo /backup/vmkeep', does: 'asks for the passphrase and shows the recovery code' },
    {
      run: 'VMKEEP_REPO_KEY_FILE=/etc/vmkeep/passphrase vmkeep repo init --repo /backup/vmkeep --recovery-code-file /root/recovery-code',
      does: 'without questions, for a script',
    },
  ],
  options: {
    recoveryCodeFile: option(file, { help: 'write the recovery code to this new file instead of showing it' }),
  },
  exits: ['precondition', 'conflict'],
  needs: ['config'],

  async run({ config, options, out, say, world, signal, clock, random, learn }) {
    const { createRepository, openFolderStorage } = await import('@vmkeep/repository')
    const { repositoryPath } = await import('../open-repository.ts')
    const path = repositoryPath(config)
    const passphrase = await newPassphrase(config, world, signal)
    learn(passphrase)
    // First of all: a code that cannot be kept must not come to be.
    await using codeFile =
      options.recoveryCodeFile === undefined ? undefined : await createPrivateFile(options.recoveryCodeFile)
    const storage = await openFolderStorage(path, { create: true })
    const { repository, recoveryCode } = await createRepository(storage, { passphrase, clock, random, signal })
    await using made = repository
    await keepRecoveryCode(recoveryCode, codeFile, world)
    say.info(`The repository ${path} is ready. Next: "vmkeep doctor", then "vmkeep backup VM".`)
    const answer = {
      id: made.id,
      path,
      chunkSizeBytes: made.chunkSizeBytes,
      recoveryCodeFile: options.recoveryCodeFile ?? null,
    }
    await out.answer(answer, () => `repository ${made.id} in ${path}`)
    return 'ok'
  },
})

async function newPassphrase({ config }: LoadedConfig, world: World, signal: AbortSignal): Promise<Secret> {
  const { key, keyFile, keyEnv, keyCommand } = config.repository
  const what = 'the passphrase of the new repository'
  const ways = 'VMKEEP_REPO_KEY_FILE, VMKEEP_REPO_KEY_COMMAND, VMKEEP_REPO_KEY, or repository.keyFile in the config'
  const found = await findSecret(
    { value: key, file: keyFile, env: keyEnv, command: keyCommand },
    { what, env: world.env, signal },
  )
  if (found !== undefined) return found
  if (!canAsk(world)) throw fail('cli.secret-missing', { what, ways })
  const instead = `give it with ${ways}`
  const first = await askSecret(world, { question: 'New passphrase of the repository', instead, signal })
  const again = await askSecret(world, { question: 'The same once more', instead, signal })
  if (first.reveal() !== again.reveal()) throw fail('cli.declined', { what: 'the two passphrases differ' })
  return first
}
