import { command } from '../command.ts'
import { fail } from '../errors.ts'
import { newKey, newKeyOptions, openConfiguredKeySlots } from '../key-slots.ts'

export const keyChangeCommand = command({
  name: 'key change',
  summary: 'Put a new passphrase in the place of the one you open the repository with',
  description:
    'The new passphrase is added and tried, and only then is the old one removed: at every moment one of them opens the repository. ' +
    'Nothing stored is written again. Somebody who has copied the repository and knows the old passphrase can still read that copy.',
  examples: [
    { run: 'vmkeep key change', does: 'asks for the passphrase as it is, and for the new one' },
    { run: 'vmkeep key change --new-key-file /etc/vmkeep/passphrase.new', does: 'without questions, for a script' },
  ],
  options: newKeyOptions,
  needs: ['config'],

  async run(context) {
    const { config, options, out, say, signal } = context
    const keys = await openConfiguredKeySlots(config, context)
    // A recovery code is no old passphrase: it must not go for the new one, and what stays must not come as a surprise.
    const opened = (await keys.list(signal)).find(({ id }) => id === keys.opened)
    if (opened?.kind !== 'passphrase' && opened?.kind !== 'key file') throw fail('cli.key-not-a-passphrase', {})
    const slot = await keys.addKey(await newKey(options.newKeyFile, context), { signal })
    await keys.remove(keys.opened, signal)
    say.info('Give the new passphrase wherever the old one is configured: repository.keyFile, keyEnv or keyCommand.')
    const answer = { slot, removed: keys.opened }
    await out.answer(answer, () => `key slot ${slot} opens the repository; ${keys.opened} is removed`)
    return 'ok'
  },
})
