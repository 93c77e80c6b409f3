import { dirname, join } from 'node:path'
import { findJudge } from '../../find-judge.ts'
import { mustRun } from '../../run-program.ts'
import { contestant, type Contestant } from './contestant.ts'
import { type Place, s3Environment } from './place.ts'

const password = 'only for the bench'

/** restic with its defaults, and compression on (`auto`: zstd). */
export async function restic(folder: string, place: Place): Promise<Contestant | undefined> {
  const program = findJudge('restic')
  if (program === undefined) return undefined
  const home = join(folder, 'restic')
  const bytes = place.bytesOf('restic')
  const backup = [program, 'backup', '--quiet', '--compression', 'auto'] as const
  return contestant({
    name: 'restic',
    version: (await mustRun(program, ['version'])).output.split('\n')[0]!,
    setting: 'defaults, repository version 2, --compression auto',
    home,
    bytes,
    env: {
      ...s3Environment,
      RESTIC_REPOSITORY: place.s3Host === undefined ? bytes : `s3:http://${place.s3Host}/backups/restic`,
      RESTIC_PASSWORD: password,
      RESTIC_CACHE_DIR: join(home, 'cache'),
    },
    init: [[program, 'init', '--quiet', '--repository-version', '2']],
    full: ({ path }) => [...backup, dirname(path)],
    incremental: ({ path }) => [...backup, dirname(path)],
    restore: async (target) => [program, 'restore', 'latest', '--quiet', '--target', target],
    verify: [program, 'check', '--quiet', '--read-data'],
    collect: async () => [[program, 'forget', '--quiet', '--group-by', '', '--keep-last', '1', '--prune']],
  })
}

/** kopia with its defaults, and compression on. */
export async function kopia(folder: string, place: Place): Promise<Contestant | undefined> {
  const program = findJudge('kopia')
  if (program === undefined) return undefined
  const home = join(folder, 'kopia')
  const bytes = place.bytesOf('kopia')
  const quiet = ['--no-progress'] as const
  const env = {
    KOPIA_PASSWORD: password,
    KOPIA_CONFIG_PATH: join(home, 'repository.config'),
    KOPIA_CACHE_DIRECTORY: join(home, 'cache'),
    KOPIA_LOG_DIR: join(home, 'logs'),
    KOPIA_CHECK_FOR_UPDATES: 'false',
  }
  return contestant({
    name: 'kopia',
    version: (await mustRun(program, ['--version'])).output.trim(),
    setting: 'defaults, compression zstd-fastest, maintenance without its waiting times',
    home,
    bytes,
    env,
    init: [
      [program, 'repository', 'create', ...storageOf(place, bytes), '--cache-directory', join(home, 'cache')],
      [program, 'policy', 'set', '--global', '--compression', 'zstd-fastest'],
    ],
    full: ({ path }) => [program, 'snapshot', 'create', ...quiet, dirname(path)],
    incremental: ({ path }) => [program, 'snapshot', 'create', ...quiet, dirname(path)],
    restore: async (target) => [program, 'snapshot', 'restore', ...quiet, (await snapshots()).at(-1)!, target],
    verify: [program, 'snapshot', 'verify', ...quiet, '--verify-files-percent', '100'],
    collect: async () => [
      [program, 'snapshot', 'delete', '--delete', ...(await snapshots()).slice(0, -1)],
      [program, 'maintenance', 'run', ...quiet, '--full', '--safety', 'none'],
    ],
  })

  /** Ids, ascending by time. */
  async function snapshots(): Promise<string[]> {
    const { output } = await mustRun(program!, ['snapshot', 'list', '--all', '--json'], { env })
    const all = JSON.parse(output.slice(output.indexOf('['))) as { id: string; startTime: string }[]
    return all.toSorted((a, b) => a.startTime.localeCompare(b.startTime)).map(({ id }) => id)
  }
}

const storageOf = ({ s3Host }: Place, bytes: string): readonly string[] =>
  s3Host === undefined
    ? ['filesystem', '--path', bytes]
    : [
        's3',
        '--bucket',
        'backups',
        '--prefix',
        'kopia/',
        '--endpoint',
        s3Host,
        '--disable-tls',
        '--access-key',
        s3Environment.AWS_ACCESS_KEY_ID,
        '--secret-access-key',
        s3Environment.AWS_SECRET_ACCESS_KEY,
      ]
