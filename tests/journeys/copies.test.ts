// Three copies, two media, one elsewhere, by one command a night; and then the first repository is gone.
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { seededRandom } from '@vmkeep/kit'
import { expect, it } from 'vitest'
import { smallDiskTest } from '../support/small-disk.ts'
import { type Ended, vmkeep } from '../support/command-line.ts'
import { World } from '../support/world.ts'

const MiB = 1024 * 1024
const diskBytes = 24 * MiB

interface Copies {
  readonly vms: readonly { readonly outcome: string }[]
  readonly copies: readonly { readonly outcome: string; readonly points: readonly { readonly outcome: string }[] }[]
}

/** A lab, a repository, a second one that shares its keys or does not, and a config that names all three. */
async function prepared(kind: 'twin' | 'stranger', offsiteFolder?: string) {
  const world = await World.start({
    seed: `copies ${kind}`,
    vms: [{ name: 'web', disks: [{ capacityBytes: diskBytes, format: 'thin' }] }],
  })
  const { host, port, username, password, thumbprintSha256: thumbprint } = world.lab
  const [main, offsite] = [join(world.folder, 'main'), offsiteFolder ?? join(world.folder, 'offsite')]
  const config = join(world.folder, 'config.yaml')
  const file = {
    vcenters: [{ name: 'lab', host, port, username, password, thumbprint }],
    repository: { path: main, key: 'the key of the main one' },
    repositories: [{ name: 'offsite', path: offsite, ...(kind === 'twin' ? {} : { key: 'another key' }) }],
    backup: { copyTo: ['offsite'] },
    stateFolder: world.stateFolder,
  }
  await writeFile(config, JSON.stringify(file), { mode: 0o600 })
  const run = (...args: string[]) => vmkeep([...args, '--config', config])
  const code = (name: string) => ['--recovery-code-file', join(world.folder, `${name}-code`)]
  const keysOf = kind === 'twin' ? ['--keys-of', main] : []
  for (const made of [
    await run('repo', 'init', ...code('main')),
    await run('repo', 'init', '--repo', 'offsite', ...keysOf, ...code('offsite')),
  ])
    expect(made).toMatchObject({ exitCode: 0 })
  return { world, main, offsite, run }
}

async function guestWrites(world: World, atMiB: number, sizeMiB: number, seed: string): Promise<void> {
  const random = seededRandom(seed)
  for (let at = atMiB; at < atMiB + sizeMiB; at++)
    await world.lab.vm('web').disks[0]!.writeGuest(at * MiB, random.bytes(MiB))
}

const answerOf = ({ stdout }: Ended) => JSON.parse(stdout) as Copies
const outcomes = (ended: Ended) => answerOf(ended).copies.map(({ points }) => points.map(({ outcome }) => outcome))

it.each(['twin', 'stranger'] as const)(
  'a backup copies its points to a %s, makes up for a night without it, and it alone restores',
  async (kind) => {
    const { world, main, offsite, run } = await prepared(kind)
    await using _world = world
    await guestWrites(world, 0, 8, 'first')
    const first = await run('backup', 'web', '-o', 'json')
    expect(first).toMatchObject({ exitCode: 0 })
    expect(outcomes(first)).toEqual([['copied']])

    await guestWrites(world, 4, 2, 'second')
    await rename(offsite, `${offsite}-away`)
    const second = await run('backup', 'web', '-o', 'json')
    expect(second.exitCode).toBe(3)
    expect(answerOf(second)).toMatchObject({
      vms: [{ outcome: 'ok' }],
      copies: [{ repository: 'offsite', outcome: 'failed', error: { code: 'storage.missing' } }],
    })
    await rename(`${offsite}-away`, offsite)

    await guestWrites(world, 20, 2, 'third')
    const third = await run('backup', 'web')
    expect(third).toMatchObject({ exitCode: 0 })
    expect(third.stdout).toMatch(/2 restore points \(4(\.\d)? MiB\) copied to offsite/)

    await rm(main, { recursive: true })
    const out = join(world.folder, 'out')
    const restored = await run('restore', 'web', '--repo', 'offsite', '--to-files', out, '--format', 'raw')
    expect(restored).toMatchObject({ exitCode: 0 })
    const [raw] = (await readdir(out)).filter((name) => name.endsWith('.raw') || name.endsWith('.img'))
    const expected = Buffer.alloc(diskBytes)
    for (const [atMiB, sizeMiB, seed] of [
      [0, 8, 'first'],
      [4, 2, 'second'],
      [20, 2, 'third'],
    ] as const) {
      const random = seededRandom(seed)
      for (let at = atMiB; at < atMiB + sizeMiB; at++) expected.set(random.bytes(MiB), at * MiB)
    }
    expect(Buffer.compare(await readFile(join(out, raw!)), expected)).toBe(0)
    expect((await run('verify', '--repo', 'offsite')).exitCode).toBe(0)
    world.expectClean()
  },
)

smallDiskTest('a full target says so, and the next copy goes on once there is room', [16], async (disk) => {
  const { world, main, run } = await prepared('twin', join(disk.folder, 'offsite'))
  await using _world = world
  await guestWrites(world, 0, 20, 'large')
  const full = await run('backup', 'web', '-o', 'json')
  expect(full.exitCode).toBe(3)
  expect(answerOf(full)).toMatchObject({ vms: [{ outcome: 'ok' }], copies: [{ error: { code: 'storage.full' } }] })
  const again = await run('repo', 'sync', main, 'offsite')
  expect(again).toMatchObject({ exitCode: 7, stdout: expect.stringContaining('storage.full') as string })
  disk.grow(40)
  expect(await run('repo', 'sync', main, 'offsite')).toMatchObject({ exitCode: 0 })
  expect((await run('verify', '--repo', 'offsite')).exitCode).toBe(0)
})
