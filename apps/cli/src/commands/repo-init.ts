import { command } from '../command.ts'
import { keepRecoveryCode, placeForRecoveryCode } from '../keep-recovery-code.ts'
import { initialKeys } from '../initial-keys.ts'
import { days, file, flag, folder, option } from '../parameters.ts'

export const repoInitCommand = command({
  name: 'repo init',
  summary: 'Make a new repository, encrypted with a passphrase',
  description:
    'The passphrase comes from the config (repository.keyFile, keyEnv, keyCommand) or the environment (VMKEEP_REPO_KEY_FILE, …), or is asked for. ' +
    'A recovery code is made as well and shown once: it opens the repository when the passphrase is lost. Without both, nobody can read the data.',
  examples: [
    { run: 'vmkeep repo init --repo /backup/vmkeep', does: 'asks for the passphrase and shows the recovery code' },
    {
      run: 'vmkeep repo init --repo s3://backups/vmkeep',
      does: 'the same in a bucket that exists; credentials as for every AWS tool',
    },
    {
      run: 'vmkeep repo init --repo s3://backups/vmkeep --lock 30d --compliance',
      does: 'locks every restore point for 30 days; see docs/guides/immutability.md',
    },
    {
      run: 'VMKEEP_REPO_KEY_FILE=/etc/vmkeep/passphrase vmkeep repo init --repo /backup/vmkeep --recovery-code-file /root/recovery-code',
      does: 'without questions, for a script',
    },
    {
      run: 'vmkeep repo init --repo s3://backups/vmkeep --keys-of /backup/vmkeep',
      does: 'for copies of /backup/vmkeep; the passphrase is the same and opens that one first',
    },
  ],
  options: {
    lock: option(days, {
      help: 'lock everything a restore point needs for so long, such as 30d: nobody can delete it before; needs a bucket with Object Lock, or the lock helper',
    }),
    compliance: flag({ help: 'a lock that nobody can lift, not even the owner of the account; not in a folder' }),
    keysOf: option(folder, {
      help: 'share the keys of this repository, so that "vmkeep repo sync" can copy what is stored as it is',
    }),
    parity: flag({
      help: 'add a sixteenth of parity to what is stored: for a single disk without checksums of its own',
    }),
    recoveryCodeFile: option(file, { help: 'write the recovery code to this new file instead of showing it' }),
  },
  exits: ['precondition', 'conflict'],
  needs: ['config'],

  check: ({ options }) =>
    options.compliance && options.lock === undefined ? '--compliance says how to lock: give --lock too' : undefined,

  async run({ config, options, out, say, world, signal, clock, random, learn }) {
    const { createRepository } = await import('@vmkeep/repository')
    const { openConfiguredStorage, repositoryPath, requirePromises } = await import('../open-storage.ts')
    const path = repositoryPath(config)
    const keys = await initialKeys(config, options.keysOf, { world, learn, signal, clock, random })
    await using codeFile = await placeForRecoveryCode(options.recoveryCodeFile, world)
    const storage = await openConfiguredStorage(config, { create: true, world, learn, signal })
    await requirePromises(storage, { say, signal })
    const lock =
      options.lock === undefined
        ? {}
        : { lock: { days: options.lock, mode: options.compliance ? ('compliance' as const) : ('governance' as const) } }
    const { repository, recoveryCode } = await createRepository(storage, {
      ...keys,
      ...lock,
      parity: options.parity,
      clock,
      random,
      signal,
    })
    await using made = repository
    await storage.reserve?.restore()
    await keepRecoveryCode(recoveryCode, codeFile, world)
    say.info(`The repository ${path} is ready. Next: "vmkeep doctor", then "vmkeep backup VM".`)
    const answer = {
      id: made.id,
      keysId: made.keysId,
      path,
      chunkSizeBytes: made.chunkSizeBytes,
      lock: made.lock ?? null,
      recoveryCodeFile: options.recoveryCodeFile ?? null,
    }
    await out.answer(answer, () => `repository ${made.id} in ${path}`)
    return 'ok'
  },
})
