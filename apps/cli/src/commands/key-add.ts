import { command } from '../command.ts'
import { newKey, newKeyOptions, openConfiguredKeySlots } from '../key-slots.ts'
import { keepRecoveryCode, placeForRecoveryCode } from '../keep-recovery-code.ts'
import { file, flag, option } from '../parameters.ts'

export const keyAddCommand = command({
  name: 'key add',
  summary: 'Add another passphrase or a new recovery code',
  description: 'What is stored is not touched, and every other key stays good. The new one is tried before this ends.',
  examples: [
    { run: 'vmkeep key add', does: 'asks for a second passphrase' },
    {
      run: 'vmkeep key add --recovery-code --recovery-code-file /root/recovery-code',
      does: 'makes another recovery code; remove the old one with "vmkeep key remove"',
    },
  ],
  options: {
    ...newKeyOptions,
    recoveryCode: flag({ help: 'make a recovery code instead of a passphrase' }),
    recoveryCodeFile: option(file, { help: 'write the recovery code to this new file instead of showing it' }),
  },
  needs: ['config'],

  check: ({ options: { recoveryCode, recoveryCodeFile } }) =>
    recoveryCodeFile !== undefined && !recoveryCode ? '--recovery-code-file needs --recovery-code' : undefined,

  async run(context) {
    const { config, options, out, world, signal, learn } = context
    const keys = await openConfiguredKeySlots(config, context)
    if (!options.recoveryCode) {
      const id = await keys.addKey(await newKey(options.newKeyFile, context), { signal })
      await out.answer(
        { slot: id, kind: 'passphrase' },
        () => `key slot ${id}: the new passphrase opens the repository`,
      )
      return 'ok'
    }
    await using codeFile = await placeForRecoveryCode(options.recoveryCodeFile, world)
    const { id, recoveryCode } = await keys.addRecoveryCode(signal)
    learn(recoveryCode)
    await keepRecoveryCode(recoveryCode, codeFile, world)
    const answer = { slot: id, kind: 'recovery code', recoveryCodeFile: options.recoveryCodeFile ?? null }
    await out.answer(answer, () => `key slot ${id}: the new recovery code opens the repository`)
    return 'ok'
  },
})
