// A VM into a locked bucket of a real server, and back after everything in it was deleted.
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { collect, Secret, seededRandom } from '@vmkeep/kit'
import { openS3Storage } from '@vmkeep/s3'
import { createLockingBucket } from '@vmkeep/s3/testing'
import { expect } from 'vitest'
import { s3ServerKey, startS3Server } from '../../tools/start-s3-server.ts'
import { judgeTest } from '../judges/judge.ts'
import { vmkeep } from '../support/command-line.ts'
import { World } from '../support/world.ts'

const MiB = 1024 * 1024
const diskBytes = 24 * MiB

judgeTest(
  'backs up into a locked bucket, and restores when somebody has deleted everything',
  ['versitygw'],
  async ({ versitygw }) => {
    await using server = await startS3Server(versitygw)
    const credentials = { ...s3ServerKey, secretAccessKey: new Secret(s3ServerKey.secretAccessKey) }
    await createLockingBucket(server.endpoint, 'locked', credentials)
    await using world = await World.start({
      seed: 's3',
      vms: [{ name: 'web', disks: [{ capacityBytes: diskBytes, format: 'thin' }] }],
    })
    const { host, port, username, password, thumbprintSha256: thumbprint } = world.lab
    const url = 's3://locked/vmkeep'
    const config = join(world.folder, 'config.yaml')
    const file = {
      vcenters: [{ name: 'lab', host, port, username, password, thumbprint }],
      repository: { path: url, key: 'open sesame', s3: { endpoint: server.endpoint } },
      stateFolder: world.stateFolder,
    }
    await writeFile(config, JSON.stringify(file), { mode: 0o600 })
    const env = { AWS_ACCESS_KEY_ID: s3ServerKey.accessKeyId, AWS_SECRET_ACCESS_KEY: s3ServerKey.secretAccessKey }
    const run = (...args: string[]) => vmkeep([...args, '--config', config], env)

    const init = await run(
      'repo',
      'init',
      '--lock',
      '1d',
      '--compliance',
      '--recovery-code-file',
      join(world.folder, 'code'),
    )
    expect(init).toMatchObject({ exitCode: 0 })
    expect((await run('doctor')).stdout).toContain('deleting, overwriting and lifting a probe’s lock were refused')

    const disk = world.lab.vm('web').disks[0]!
    const expected = Buffer.alloc(diskBytes)
    for (const [atMiB, seed] of [
      [1, 'first'],
      [3, 'second'],
    ] as const) {
      const bytes = seededRandom(seed).bytes(4 * MiB)
      await disk.writeGuest(atMiB * MiB, bytes)
      expected.set(bytes, atMiB * MiB)
      expect(await run('backup', 'web')).toMatchObject({ exitCode: 0 })
    }
    const points = JSON.parse((await run('point', 'list', '-o', 'json')).stdout) as {
      id: string
      lockedUntil: string
    }[]
    expect(points).toHaveLength(2)
    for (const { lockedUntil } of points) expect(Date.parse(lockedUntil)).toBeGreaterThan(Date.now() + 23 * 3600_000)
    expect((await run('point', 'list')).stdout).toContain('LOCKED UNTIL')

    const thief = await openS3Storage(url, { endpoint: server.endpoint, credentials: async () => credentials })
    await using _thief = thief
    await thief.deleteMany((await collect(thief.list(''))).map(({ key }) => key))
    expect((await run('point', 'list')).exitCode).toBe(10)

    // This server tells when a version was hidden as its time, so that "as of" has to be after that: see tests/judges/s3.test.ts.
    const asOf = ['--as-of', new Date(Date.now() + 2000).toISOString().replace(/\.\d+/, '')]
    const out = join(world.folder, 'out')
    const restored = await run('restore', 'web', '--to-files', out, '--format', 'raw', ...asOf)
    expect(restored).toMatchObject({ exitCode: 0 })
    const [raw] = (await readdir(out)).filter((name) => name.endsWith('.raw') || name.endsWith('.img'))
    expect(Buffer.compare(await readFile(join(out, raw!)), expected)).toBe(0)
    expect(await run('verify', ...asOf)).toMatchObject({ exitCode: 0 })
    expect(await run('backup', 'web', ...asOf)).toMatchObject({
      stderr: expect.stringContaining('is a view of the past') as string,
    })
    world.expectClean()
  },
)
