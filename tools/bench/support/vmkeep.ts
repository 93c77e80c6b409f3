import { join } from 'node:path'
import { type Command, contestant, type Contestant } from './contestant.ts'
import { type Place, s3Environment } from './place.ts'

export interface Jobs {
  readonly job: (...args: string[]) => Command
  readonly env: Readonly<Record<string, string>>
}

/** Steps of vmkeep's own data path as processes: see vmkeep-job.ts. */
export function vmkeepJobs(home: string, place: Place, name: string): Jobs {
  const repository = place.s3Host === undefined ? place.bytesOf(name) : `s3://backups/${name}`
  return {
    job: (...args: string[]): Command => [
      process.execPath,
      join(import.meta.dirname, 'vmkeep-job.ts'),
      repository,
      ...args,
    ],
    env: {
      NODE_COMPILE_CACHE: join(home, 'compiled'), // both as apps/cli/src/main.ts does
      UV_THREADPOOL_SIZE: '16',
      ...(place.s3Host === undefined ? {} : { ...s3Environment, VMKEEP_S3_ENDPOINT: `http://${place.s3Host}` }),
    },
  }
}

/** vmkeep's own data path, without vSphere: a raw image is the disk, a file of extents is CBT. */
export function vmkeep(
  folder: string,
  place: Place,
  { incremental = 'changed' }: { incremental?: 'changed' | 'all' } = {},
): Contestant {
  const name = incremental === 'all' ? 'vmkeep-all' : 'vmkeep'
  const home = join(folder, name)
  const { job, env } = vmkeepJobs(home, place, name)
  return contestant({
    name: incremental === 'all' ? 'vmkeep, all read' : 'vmkeep',
    version: `Node ${process.version}`,
    setting: 'defaults, encrypted, zstd',
    home,
    bytes: place.bytesOf(name),
    env,
    init: [job('init')],
    full: ({ path }) => job('full', path),
    incremental: ({ path }) => job(incremental === 'all' ? 'full' : 'incremental', path),
    restore: async (target) => job('restore', join(target, 'disk.img')),
    verify: job('verify'),
    collect: async () => [job('collect')],
  })
}
