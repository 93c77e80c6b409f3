import type { StoragePromise } from '@vmkeep/repository'
import { command } from '../command.ts'
import { table } from '../output/table.ts'

const meanings: Readonly<Record<StoragePromise, string>> = {
  'creates-once': 'a name that is taken is not written again',
  'creates-once-at-once': 'of several writers at the same time exactly one wins',
  'reads-what-was-written': 'what was written is read at once, and the same',
  'reads-ranges': 'parts of an object are read as asked for',
  'lists-what-was-written': 'what was written is listed at once',
  removes: 'what was removed is gone at once',
  'lists-no-more-what-was-removed': 'what was removed is listed no more',
  'refuses-damage': 'bytes damaged on the way are refused',
}

export const repoValidateCommand = command({
  name: 'repo validate',
  summary: 'Try whether the place of the repository keeps what a repository relies on',
  description:
    'Some S3 servers and file systems accept a request to create only what is not there, and overwrite all the same; two writers then lose data. ' +
    'This writes, reads, lists and removes small objects below "probe/" and compares. It needs no key and touches nothing else.',
  examples: [
    { run: 'vmkeep repo validate', does: 'tries the configured repository’s place' },
    { run: 'vmkeep repo validate --repo s3://backups/vmkeep -o json', does: 'tries a bucket, for a program' },
  ],
  exits: ['precondition'],
  needs: ['config'],

  async run({ config, out, say, world, learn, signal }) {
    const { brokenPromises, validateStorage } = await import('@vmkeep/repository')
    const { openConfiguredStorage } = await import('../open-storage.ts')
    await using storage = await openConfiguredStorage(config, { world, learn, signal })
    const checks = await validateStorage(storage, { signal })
    await out.answer({ storage: storage.name, checks }, (style) =>
      table(
        checks,
        [
          { title: 'PROMISE', value: ({ promise }) => meanings[promise] },
          {
            title: 'OUTCOME',
            value: ({ outcome }) => outcome.replace('-', ' '),
            paint: ({ outcome }, { good, bad }) => (outcome === 'failed' ? bad : good),
          },
          { title: 'WHY', value: ({ reason }) => reason },
        ],
        style,
      ),
    )
    const broken = brokenPromises(checks)
    if (broken.length === 0) return 'ok'
    say.error(
      `${storage.name} is not safe for a repository: update that server or file system, or choose another place`,
    )
    return 'precondition'
  },
})
