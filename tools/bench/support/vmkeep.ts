import { join } from 'node:path'
import { contestant, type Contestant } from './contestant.ts'

/** vmkeep's own data path, without vSphere: a raw image is the disk, a file of extents is CBT. */
export function vmkeep(
  folder: string,
  { incremental = 'changed' }: { incremental?: 'changed' | 'all' } = {},
): Contestant {
  const home = join(folder, incremental === 'all' ? 'vmkeep-all' : 'vmkeep')
  const repository = join(home, 'repository')
  const job = (...args: string[]) =>
    [process.execPath, join(import.meta.dirname, 'vmkeep-job.ts'), repository, ...args] as const
  return contestant(folder, {
    name: incremental === 'all' ? 'vmkeep, all read' : 'vmkeep',
    version: `Node ${process.version}`,
    setting: 'defaults, encrypted, zstd',
    repository,
    env: { NODE_COMPILE_CACHE: join(home, 'compiled') }, // as apps/cli/src/main.ts does
    init: [job('init')],
    full: ({ path }) => job('full', path),
    incremental: ({ path }) => job(incremental === 'all' ? 'full' : 'incremental', path),
    restore: async (target) => job('restore', join(target, 'disk.img')),
  })
}
