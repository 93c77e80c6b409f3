import { command } from '../command.ts'
import { openConfiguredKeySlots } from '../key-slots.ts'
import { argument, text } from '../parameters.ts'

export const keyRemoveCommand = command({
  name: 'key remove',
  summary: 'Remove a passphrase, recovery code, key file or public key',
  description:
    'Two keys that open everything stay: add another first. ' +
    'Somebody who has copied the repository and knows the removed key can still read that copy.',
  examples: [{ run: 'vmkeep key remove 4f0c…', does: 'removes the slot with this id; "vmkeep key list" shows ids' }],
  arguments: { slot: argument(text('SLOT'), 'the id of the slot, as "vmkeep key list" shows it') },
  needs: ['config'],

  async run(context) {
    const { arguments: given, config, out, say, signal } = context
    const keys = await openConfiguredKeySlots(config, context)
    await keys.remove(given.slot, signal)
    const left = await keys.list(signal)
    if (!left.some(({ kind }) => kind === 'recovery code'))
      say.warn(
        'no recovery code is left: make one with "vmkeep key add --recovery-code", for the day the other keys are lost',
      )
    await out.answer({ removed: given.slot }, () => `key slot ${given.slot} is removed`)
    return 'ok'
  },
})
