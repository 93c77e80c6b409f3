import { command } from '../command.ts'

export const keyTestCommand = command({
  name: 'key test',
  summary: 'Try whether a key opens the repository, and what it opens. Changes nothing',
  description:
    'Every kind of key can be tried: a passphrase, a recovery code, a key file, a private key. The slot, the format and the key ring are read and opened with it. ' +
    'Try the recovery code while you do not need it.',
  examples: [
    { run: 'vmkeep key test', does: 'the configured key, or one that is asked for' },
    { run: 'VMKEEP_REPO_KEY_FILE=/root/recovery-code vmkeep key test', does: 'the recovery code kept in a file' },
  ],
  needs: ['config'],

  async run({ config, out, world, signal, learn, clock, random }) {
    const { testKey } = await import('@vmkeep/repository')
    const { repositoryKey } = await import('../open-repository.ts')
    const { openConfiguredStorage } = await import('../open-storage.ts')
    await using storage = await openConfiguredStorage(config, { world, learn, signal })
    const key = await repositoryKey(config, { world, learn, signal }, 'Key of the repository')
    const slot = await testKey(storage, { key, clock, random, signal })
    const opens = slot.maintenance ? 'the repository for maintenance; it cannot read what is backed up' : 'everything'
    await out.answer(slot, (style) => `${style.good('ok:')} the ${slot.kind} of key slot ${slot.id} opens ${opens}`)
    return 'ok'
  },
})
