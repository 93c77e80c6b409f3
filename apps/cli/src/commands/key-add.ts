import type { KeySlots } from '@vmkeep/repository'
import { command, type Context } from '../command.ts'
import { newKey, newKeyOptions, openConfiguredKeySlots } from '../key-slots.ts'
import { keepRecoveryCode, placeForRecoveryCode } from '../keep-recovery-code.ts'
import { type Arguments, file, flag, option, text } from '../parameters.ts'

const flags = {
  ...newKeyOptions,
  recipient: option(text('PUBLIC-KEY'), {
    help: 'add a public key, as "vmkeep key create-pair" prints it, instead of a passphrase; its private key then opens the repository',
  }),
  maintenance: flag({
    help: 'the new key shall open the repository for maintenance only: list, forget, collect, verify checksums, sync to a twin; what is backed up cannot be read with it',
  }),
  recoveryCode: flag({ help: 'make a recovery code instead of a passphrase' }),
  recoveryCodeFile: option(file, { help: 'write the recovery code to this new file instead of showing it' }),
}

export const keyAddCommand = command({
  name: 'key add',
  summary: 'Add another passphrase, key file, public key or recovery code',
  description:
    'What is stored is not touched, and every other key stays good. The new one is tried before this ends, but for a public key, which cannot be tried without its private key. ' +
    '--new-key-file takes a passphrase or a key file made by "vmkeep key create-file".',
  examples: [
    { run: 'vmkeep key add', does: 'asks for a second passphrase' },
    { run: 'vmkeep key add --new-key-file /etc/vmkeep/repo.key', does: 'adds a key file, or the passphrase in a file' },
    {
      run: 'vmkeep key add --maintenance --new-key-file /etc/vmkeep/sweeper.key',
      does: 'a key for the machine that collects and verifies, which cannot read any backup',
    },
    {
      run: 'vmkeep key add --recipient vmkeep-recipient-1:…',
      does: 'for somebody who keeps the private key elsewhere',
    },
    {
      run: 'vmkeep key add --recovery-code --recovery-code-file /root/recovery-code',
      does: 'makes another recovery code; remove the old one with "vmkeep key remove"',
    },
  ],
  options: flags,
  needs: ['config'],

  check({ options: { recoveryCode, recoveryCodeFile, recipient, newKeyFile, maintenance } }) {
    if (recoveryCodeFile !== undefined && !recoveryCode) return '--recovery-code-file needs --recovery-code'
    if (recoveryCode && maintenance)
      return '--recovery-code opens everything: it is for the worst day, not for maintenance'
    const ways = [recoveryCode, recipient !== undefined, newKeyFile !== undefined].filter(Boolean)
    return ways.length > 1 ? 'give one of --new-key-file, --recipient and --recovery-code' : undefined
  },

  async run(context) {
    const { config, options, out } = context
    const keys = await openConfiguredKeySlots(config, context)
    const slot = options.recoveryCode ? await addRecoveryCode(keys, context) : await addKey(keys, context)
    const { kind, maintenance } = (await keys.list(context.signal)).find(({ id }) => id === slot)!
    const answer = { slot, kind, maintenance, recoveryCodeFile: options.recoveryCodeFile ?? null }
    await out.answer(
      answer,
      () => `key slot ${slot}: the new ${kind} opens the repository${maintenance ? ' for maintenance' : ''}`,
    )
    return 'ok'
  },
})

type Adding = Context<typeof flags, Arguments, 'config'>

async function addKey(keys: KeySlots, context: Adding): Promise<string> {
  const { options, signal } = context
  const { maintenance, recipient } = options
  if (recipient !== undefined) return await keys.addRecipient(recipient, { maintenance, signal })
  return await keys.addKey(await newKey(options.newKeyFile, context), { maintenance, signal })
}

async function addRecoveryCode(keys: KeySlots, { options, world, signal, learn }: Adding): Promise<string> {
  await using codeFile = await placeForRecoveryCode(options.recoveryCodeFile, world)
  const { id, recoveryCode } = await keys.addRecoveryCode(signal)
  learn(recoveryCode)
  await keepRecoveryCode(recoveryCode, codeFile, world)
  return id
}
