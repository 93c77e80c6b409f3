import type { LockPolicy, StorageCheck, StoragePromise } from '@vmkeep/repository'
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
  locks: 'what is put with a lock is locked',
  'keeps-locks': 'a lock does not get shorter',
  'keeps-what-is-locked': 'what is locked keeps its bytes',
  'refuses-to-delete-what-is-locked': 'what is locked cannot be deleted',
  'locks-for-everybody': 'no right of ours lifts a lock',
}

/** To a repository that locks, a place that cannot is a broken promise. */
const wanted = (checks: readonly StorageCheck[], lock: LockPolicy | undefined): readonly StorageCheck[] =>
  lock === undefined
    ? checks
    : checks.map((check) => (check.outcome === 'not-offered' ? { ...check, outcome: 'failed' } : check))

export const repoValidateCommand = command({
  name: 'repo validate',
  summary: 'Try whether the place of the repository keeps what a repository relies on',
  description:
    'Some S3 servers and file systems accept a request to create only what is not there, and overwrite all the same; two writers then lose data. ' +
    'This writes, reads, lists and removes small objects below "probe/" and compares. Where objects can be locked, one is locked for two minutes and attacked: deleted, ' +
    'overwritten, its lock made shorter and lifted. It needs no key; with one in the config or the environment the result is kept with the repository, for "vmkeep repo status".',
  examples: [
    { run: 'vmkeep repo validate', does: 'tries the configured repository’s place' },
    { run: 'vmkeep repo validate --repo s3://backups/vmkeep -o json', does: 'tries a bucket, for a program' },
  ],
  exits: ['precondition'],
  needs: ['config', 'openRepository'],

  async run({ config, openRepository, out, say, world, learn, signal }) {
    const { brokenPromises, validateLock, validateStorage } = await import('@vmkeep/repository')
    const { hasKey } = await import('../open-repository.ts')
    const { openConfiguredStorage } = await import('../open-storage.ts')
    await using storage = await openConfiguredStorage(config, { world, learn, signal })
    const isThere = hasKey(config) && (await storage.size('format', signal)) !== undefined
    await using repository = isThere ? await openRepository() : undefined
    const locks = await validateLock(storage, repository?.lock?.mode ?? 'governance', { signal })
    const checks = [...(await validateStorage(storage, { signal })), ...wanted(locks, repository?.lock)]
    await repository?.recordValidation(checks, signal)
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
