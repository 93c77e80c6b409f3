import { dirname, join } from 'node:path'
import { findJudge } from '../../find-judge.ts'
import { mustRun } from '../../run-program.ts'
import { contestant, type Contestant } from './contestant.ts'

const password = 'only for the bench'

/** restic with its defaults, and compression on (`auto`: zstd). */
export async function restic(folder: string): Promise<Contestant | undefined> {
  const program = findJudge('restic')
  if (program === undefined) return undefined
  const home = join(folder, 'restic')
  const backup = [program, 'backup', '--quiet', '--compression', 'auto'] as const
  return contestant(folder, {
    name: 'restic',
    version: (await mustRun(program, ['version'])).output.split('\n')[0]!,
    setting: 'defaults, repository version 2, --compression auto',
    repository: join(home, 'repository'),
    env: {
      RESTIC_REPOSITORY: join(home, 'repository'),
      RESTIC_PASSWORD: password,
      RESTIC_CACHE_DIR: join(home, 'cache'),
    },
    init: [[program, 'init', '--quiet', '--repository-version', '2']],
    full: ({ path }) => [...backup, dirname(path)],
    incremental: ({ path }) => [...backup, dirname(path)],
    restore: async (target) => [program, 'restore', 'latest', '--quiet', '--target', target],
  })
}

/** kopia with its defaults, and compression on. */
export async function kopia(folder: string): Promise<Contestant | undefined> {
  const program = findJudge('kopia')
  if (program === undefined) return undefined
  const home = join(folder, 'kopia')
  const quiet = ['--no-progress'] as const
  const env = {
    KOPIA_PASSWORD: password,
    KOPIA_CONFIG_PATH: join(home, 'repository.config'),
    KOPIA_CACHE_DIRECTORY: join(home, 'cache'),
    KOPIA_LOG_DIR: join(home, 'logs'),
    KOPIA_CHECK_FOR_UPDATES: 'false',
  }
  return contestant(folder, {
    name: 'kopia',
    version: (await mustRun(program, ['--version'])).output.trim(),
    setting: 'defaults, compression zstd-fastest',
    repository: join(home, 'repository'),
    env,
    init: [
      [
        program,
        'repository',
        'create',
        'filesystem',
        '--path',
        join(home, 'repository'),
        '--cache-directory',
        join(home, 'cache'),
      ],
      [program, 'policy', 'set', '--global', '--compression', 'zstd-fastest'],
    ],
    full: ({ path }) => [program, 'snapshot', 'create', ...quiet, dirname(path)],
    incremental: ({ path }) => [program, 'snapshot', 'create', ...quiet, dirname(path)],
    restore: async (target) => [program, 'snapshot', 'restore', ...quiet, await latest(), target],
  })

  async function latest(): Promise<string> {
    const { output } = await mustRun(program!, ['snapshot', 'list', '--all', '--json'], { env })
    const snapshots = JSON.parse(output.slice(output.indexOf('['))) as { id: string; startTime: string }[]
    return snapshots.toSorted((a, b) => a.startTime.localeCompare(b.startTime)).at(-1)!.id
  }
}
