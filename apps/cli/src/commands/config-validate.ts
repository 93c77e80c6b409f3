import { command } from '../command.ts'
import { count } from '../output/human.ts'

export const configValidateCommand = command({
  name: 'config validate',
  summary: 'Check the config without doing anything',
  description:
    'Every problem is told with its file, line and column. What the config names, such as hosts and secrets, is checked by "vmkeep doctor".',
  examples: [
    { run: 'vmkeep config validate', does: 'the config that counts' },
    { run: 'vmkeep config validate --config new.yaml', does: 'another file, before it is put in place' },
  ],
  needs: ['config'],

  async run({ config: { config, path }, out }) {
    const { parseRetentionPolicy } = await import('@vmkeep/retention')
    // What else would refuse it only when points are to go.
    if (config.retention !== undefined) parseRetentionPolicy(config.retention)
    const vcenters = config.vcenters.length
    await out.answer({ valid: true, path: path ?? null, vcenters }, () =>
      path === undefined
        ? 'There is no config file; the defaults and the environment are valid.'
        : `${path} is valid: ${count(vcenters, 'vCenter')}.`,
    )
    return 'ok'
  },
})
