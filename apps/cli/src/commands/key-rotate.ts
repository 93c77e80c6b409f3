import { command } from '../command.ts'
import { flag, option, text } from '../parameters.ts'

export const keyRotateCommand = command({
  name: 'key rotate',
  summary: 'Make a new data key for what is stored from now on',
  description:
    'Backups that begin from now on seal with the new key; those at work end with the old one. What is stored keeps its key until ' +
    '"vmkeep repo gc --renew-keys" seals it anew; then "vmkeep key retire" takes the old key out. Passphrases and recovery codes stay as they are.',
  examples: [
    {
      run: 'vmkeep key rotate',
      does: 'a new data key; "vmkeep key list --data-keys" shows how much is sealed with each',
    },
    { run: 'vmkeep key rotate --domain tenant-a', does: 'for one domain' },
  ],
  options: {
    domain: option(text('NAME'), { help: 'for what is stored in this domain (default: for what belongs to none)' }),
    alone: flag({ help: 'although the keys are those of another repository: it is gone for good' }),
  },
  exits: ['notFound', 'precondition'],
  needs: ['repository'],

  async run({ options: { domain, alone }, repository, out, signal }) {
    const generation = await repository.rotateDataKey({ alone, signal, ...(domain !== undefined && { domain }) })
    await out.answer(
      { generation, domain: domain ?? null },
      () => `data key ${generation} seals what is stored from now on`,
    )
    return 'ok'
  },
})
