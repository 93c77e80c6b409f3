import { randomBytes } from 'node:crypto'
import { statfs, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { brokenPromises, type Repository, type Storage, validateLock, validateStorage } from '@vmkeep/repository'
import { isS3 } from '../open-storage.ts'
import { count, size } from '../output/human.ts'
import { type Finding, findingsOn } from './finding.ts'

const freeShareMin = 0.05
const freeBytesMin = 10 * 2 ** 30

interface RepositoryToCheck {
  readonly path: string | undefined
  /** Opens it with the configured key. */
  readonly open: () => Promise<Repository>
  /** Opens the place it lies in. */
  readonly openStorage: () => Promise<Storage>
}

/** Whether the repository is there, writable, has room, and opens with the key. */
export async function checkRepository(
  { path, open, openStorage }: RepositoryToCheck,
  signal: AbortSignal,
): Promise<Finding[]> {
  const { ok, fail, failed } = findingsOn('repository')
  if (path === undefined)
    return [fail('path', 'no repository is configured', 'set repository.path in the config, or give --repo')]
  const place = isS3(path) ? await checkPromises(openStorage, signal) : await checkSpace(path)
  if (place.state === 'fail') return [place]
  try {
    await using repository = await open()
    const key = ok('key', `repository ${repository.id} in ${path} opens with it`)
    const writing = isS3(path) ? [] : [await checkWrite(path)]
    const locking = await checkLock(repository, openStorage, signal)
    return [key, place, ...writing, ...locking, ...(await checkStatus(repository, signal))]
  } catch (error) {
    signal.throwIfAborted()
    return [place, failed('key', error)]
  }
}

/** In a bucket: whether it can be read and written, and creates once. */
async function checkPromises(openStorage: () => Promise<Storage>, signal: AbortSignal): Promise<Finding> {
  const { ok, fail, failed } = findingsOn('repository')
  try {
    await using storage = await openStorage()
    const broken = brokenPromises(await validateStorage(storage, { signal }))
    return broken.length === 0
      ? ok('writing', `${storage.name} keeps what a repository relies on`)
      : fail('writing', broken.join('; '), 'update that server, or use another: two backups at once could lose data')
  } catch (error) {
    signal.throwIfAborted()
    return failed('path', error)
  }
}

/** Attacks a locked object, and keeps what came of it with the repository. */
async function checkLock(
  repository: Repository,
  openStorage: () => Promise<Storage>,
  signal: AbortSignal,
): Promise<Finding[]> {
  const { ok, fail, failed } = findingsOn('repository')
  const { lock } = repository
  if (lock === undefined) return []
  try {
    await using storage = await openStorage()
    const checks = await validateLock(storage, lock.mode, { signal })
    await repository.recordValidation([...(await validateStorage(storage, { signal })), ...checks], signal)
    const wrong = checks.filter(({ outcome }) => outcome !== 'passed')
    const found = `for ${count(lock.days, 'day')} after each backup, mode ${lock.mode}`
    return wrong.length === 0
      ? [ok('lock', `${found}: deleting, overwriting and lifting a probe’s lock were refused`)]
      : [
          fail(
            'lock',
            wrong.map(({ reason }) => reason).join('; '),
            'see docs/guides/immutability.md for how to set it up',
          ),
        ]
  } catch (error) {
    signal.throwIfAborted()
    return [failed('lock', error)]
  }
}

async function checkSpace(path: string): Promise<Finding> {
  const { ok, warn, failed } = findingsOn('repository')
  try {
    const { bavail, blocks, bsize } = await statfs(path)
    const [freeBytes, totalBytes] = [bavail * bsize, blocks * bsize]
    const found = `${size(freeBytes)} of ${size(totalBytes)} free`
    const isTight = freeBytes < freeBytesMin && freeBytes < totalBytes * freeShareMin
    return isTight ? warn('space', found, `free space below ${path}, or enlarge it`) : ok('space', found)
  } catch (error) {
    return failed('path', error, `mount it, correct the path, or make a new one with "vmkeep repo init --repo ${path}"`)
  }
}

/** Writes a small file of our own beside the repository's and takes it away again. */
async function checkWrite(path: string): Promise<Finding> {
  const { ok, failed } = findingsOn('repository')
  const probe = join(path, `.vmkeep-probe-${randomBytes(6).toString('hex')}`)
  try {
    await writeFile(probe, 'vmkeep doctor writes this and removes it at once\n', { flag: 'wx' })
    await unlink(probe)
    return ok('writing', 'a probe was written and removed')
  } catch (error) {
    return failed('writing', error, `give this user read and write permission on ${path} and everything below it`)
  }
}

async function checkStatus(repository: Repository, signal: AbortSignal): Promise<Finding[]> {
  const { ok, warn, fail } = findingsOn('repository')
  const { points, damagedPoints, sessionsOpen } = await repository.status(signal)
  return [
    damagedPoints === 0
      ? ok('points', count(points, 'restore point'))
      : fail(
          'points',
          `${count(damagedPoints, 'restore point')} of ${points + damagedPoints} cannot be understood`,
          'run "vmkeep verify" to see what is hit',
        ),
    sessionsOpen === 0
      ? ok('sessions', 'none open')
      : warn(
          'sessions',
          `${count(sessionsOpen, 'session')} open: backups under way, or left by a crash`,
          'nothing to do if backups run now; otherwise they do no harm but hold back their space',
        ),
  ]
}
