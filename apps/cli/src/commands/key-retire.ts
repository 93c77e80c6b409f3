import { command } from '../command.ts'
import { argument, integer } from '../parameters.ts'

export const keyRetireCommand = command({
  name: 'key retire',
  summary: 'Take out a data key that nothing is sealed with any more',
  description:
    'Only a key that was replaced ("vmkeep key rotate") and with which nothing that is stored is sealed ("vmkeep repo gc --renew-keys"). ' +
    'Older copies of the key ring are removed with it. In a bucket with versions or locks they stay until their time is over.',
  examples: [
    { run: 'vmkeep key retire 1', does: 'takes out the first data key; "vmkeep key list --data-keys" shows numbers' },
  ],
  arguments: { generation: argument(integer({ min: 1, placeholder: 'NUMBER' }), 'the number of the data key') },
  exits: ['notFound', 'precondition'],
  needs: ['repository'],

  async run({ arguments: { generation }, repository, out, signal }) {
    await repository.retireDataKey(generation, signal)
    await out.answer({ generation }, () => `data key ${generation} is no more`)
    return 'ok'
  },
})
