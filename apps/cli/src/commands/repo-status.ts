import { brokenPromises, type LockPolicy, type RepositoryStatus, type StorageValidation } from '@vmkeep/repository'
import { command } from '../command.ts'
import { count, length, percentOf, size, time } from '../output/human.ts'
import { facts } from '../output/table.ts'
import { spaceOf } from '../space-of.ts'

export const repoStatusCommand = command({
  name: 'repo status',
  summary: 'Show what the repository holds and how much room is left',
  examples: [
    { run: 'vmkeep repo status', does: 'points, sizes, reduction, free space, open sessions' },
    { run: 'vmkeep repo status -o json', does: 'the same for a program, sizes in bytes' },
  ],
  exits: ['damaged'],
  needs: ['config', 'repository'],

  async run({ config: { config }, repository, out, say, signal }) {
    const status = await repository.status(signal)
    const path = config.repository.path!
    const space = await spaceOf(path)
    const { plainBytes, storedBytes } = status
    const reduction =
      plainBytes === 0 || storedBytes === 0 ? undefined : `${(plainBytes / storedBytes).toFixed(1)}x by compression`
    const { lock } = repository
    const validation = await repository.lastValidation(signal)
    const { id, chunkSizeBytes } = repository
    const answer = { id, path, chunkSizeBytes, lock: lock ?? null, ...status, ...space, validation: validation ?? null }
    await out.answer(answer, () =>
      facts([
        ['repository', `${repository.id} in ${path}`],
        [
          'restore points',
          status.damagedPoints === 0 ? String(status.points) : `${status.points}, and ${status.damagedPoints} damaged`,
        ],
        ['stored', `${size(storedBytes)} in ${count(status.packs, 'pack')}`],
        ['unpacked', `${size(plainBytes)} in ${count(status.chunks, 'chunk')}`],
        ['reduction', reduction],
        ['verified', verifiedText(status)],
        [
          'locked',
          lock === undefined ? undefined : `for ${count(lock.days, 'day')} after each backup, mode ${lock.mode}`,
        ],
        ['place tried', validation === undefined ? neverTried(lock) : validationText(validation)],
        ['index', indexText(status)],
        ['free space', space.freeBytes === null ? undefined : `${size(space.freeBytes)} of ${size(space.totalBytes)}`],
        ['sessions open', status.sessionsOpen === 0 ? 'none' : `${status.sessionsOpen}, running or left by a crash`],
      ]),
    )
    if (status.damagedPoints === 0) return 'ok'
    say.error(
      `${count(status.damagedPoints, 'restore point')} cannot be understood; run "vmkeep verify" to see what is hit`,
    )
    return 'damaged'
  },
})

/** Where much depends on it, that nobody has looked is worth a line. */
const neverTried = (lock: LockPolicy | undefined) =>
  lock === undefined ? undefined : 'never: "vmkeep doctor" proves that locks hold'

function validationText({ at, checks }: StorageValidation): string {
  const broken = brokenPromises(checks)
  return broken.length === 0 ? `${time(at)}, keeps what it should` : `${time(at)}, NOT SAFE: ${broken.join('; ')}`
}

function indexText({ index: { entries, segments, deltas, cacheBytes, damaged } }: RepositoryStatus): string {
  const parts = `${entries} entries in ${count(segments, 'segment')} and ${count(deltas, 'delta')}`
  const cache = cacheBytes === 0 ? '' : `; ${size(cacheBytes)} on this machine`
  return damaged.length === 0
    ? `${parts}${cache}`
    : `${parts}${cache}; ${damaged.length} damaged: run "repo rebuild-index"`
}

function verifiedText({
  verified: { totalBytes, fullBytes, checksumBytes, withinMs },
}: RepositoryStatus): string | undefined {
  if (totalBytes === 0) return undefined
  const share = `${percentOf(fullBytes, totalBytes)} read in full within ${length(withinMs)}`
  return checksumBytes > fullBytes ? `${share}, ${percentOf(checksumBytes, totalBytes)} at least by checksum` : share
}
