import { command } from '../command.ts'
import { argument, flag, text } from '../parameters.ts'

export const domainCreateCommand = command({
  name: 'domain create',
  summary: 'Make a domain: a part of the repository with keys of its own, such as for a tenant',
  description:
    'What is stored for a domain is shared with nothing outside of it, and can be erased for good by destroying its keys ("vmkeep domain erase"). ' +
    'The price: what several domains have in common is stored once for each.',
  examples: [
    {
      run: 'vmkeep domain create tenant-a',
      does: 'then "vmkeep backup VM --domain tenant-a", or backup.domain in the config',
    },
  ],
  arguments: { name: argument(text('NAME'), 'letters, digits, hyphens, dots and underscores; never used twice') },
  options: { alone: flag({ help: 'although the keys are those of another repository: it is gone for good' }) },
  exits: ['conflict', 'precondition'],
  needs: ['repository'],

  async run({ arguments: { name }, options: { alone }, repository, out, signal }) {
    await repository.createDomain(name, { alone, signal })
    await out.answer({ domain: name }, () => `domain ${name} is ready`)
    return 'ok'
  },
})
