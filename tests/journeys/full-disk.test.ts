// A disk fills up: under the repository, under the files of a restore, under the state folder. A real one, with a real ENOSPC.
import { appendFileSync, readdirSync, statSync } from 'node:fs'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { seededRandom } from '@vmkeep/kit'
import { Journal, readJournals } from '@vmkeep/run'
import { expect } from 'vitest'
import { vmkeep } from '../support/command-line.ts'
import { type SmallDisk, smallDiskTest } from '../support/small-disk.ts'
import { passphrase, World } from '../support/world.ts'

const MiB = 1024 * 1024
const diskBytes = 48 * MiB
const pageBytes = 4096 // what tmpfs gives out at least

/** A VM with one restore point of 4 MiB, and a config file with which vmkeep finds lab and repository. */
async function protectedWorld(repositoryFolder?: string) {
  const world = await World.start(
    { seed: 'full-disk', vms: [{ name: 'web', disks: [{ capacityBytes: diskBytes, format: 'thin' }] }] },
    repositoryFolder === undefined ? {} : { repositoryFolder },
  )
  await guestWrites(world, 0, 4)
  const first = await world.backupAtInstant('web')
  expect(first.report.outcome).toBe('ok')
  const { host, port, username, password, thumbprintSha256: thumbprint } = world.lab
  const config = join(world.folder, 'config.yaml')
  const file = {
    vcenters: [{ name: 'lab', host, port, username, password, thumbprint }],
    repository: { path: repositoryFolder ?? join(world.folder, 'repository'), key: passphrase.reveal() },
    stateFolder: world.stateFolder,
  }
  await writeFile(config, JSON.stringify(file), { mode: 0o600 })
  return { world, first, run: (args: readonly string[], env = {}) => vmkeep([...args, '--config', config], env) }
}

type Protected = Awaited<ReturnType<typeof protectedWorld>>

const snapshotsOf = ({ lab }: World): number =>
  [...lab.stats.calls].reduce((sum, [call, times]) => sum + (call.startsWith('CreateSnapshot') ? times : 0), 0)

/** Random bytes, so that they take as much space in the repository. */
async function guestWrites(world: World, atMiB: number, sizeMiB: number): Promise<void> {
  const random = seededRandom(`guest ${atMiB}`)
  for (let at = atMiB; at < atMiB + sizeMiB; at++)
    await world.lab.vm('web').disks[0]!.writeGuest(at * MiB, random.bytes(MiB))
}

/** Whole or absent: one point is listed, nothing torn lies about, and all of it can be had back. */
async function expectOnlyFirstPoint({ world, first, run }: Protected, disk: SmallDisk): Promise<void> {
  const listed = await run(['point', 'list', '-o', 'json'])
  const id = first.report.vms[0]!.point!
  expect(JSON.parse(listed.stdout)).toMatchObject([{ id }])
  expect((await readdir(disk.folder, { recursive: true })).filter((name) => name.includes('.tmp-'))).toEqual([])
  expect((await run(['verify'])).exitCode).toBe(0)
  await world.expectEqual(id, first.instant)
  const restored = await run(['restore', 'web', '--to-files', join(world.folder, 'back'), '--format', 'raw'])
  expect(restored.exitCode).toBe(0)
}

smallDiskTest(
  'a repository that fills up keeps what it has, and takes the next backup once there is space',
  [20],
  async (disk) => {
    const past = await protectedWorld(disk.folder)
    await using world = past.world
    await guestWrites(world, 8, 32)

    const failed = await past.run(['backup', 'web'])
    expect(failed.exitCode).toBe(7)
    expect(failed.stdout).toContain(`web: failed: folder ${disk.folder} is full or over its quota`)
    expect(failed.stdout).toMatch(/free space or raise the quota, then repeat.*\(storage\.full\)/)
    world.expectClean()
    expect(await readdir(join(world.stateFolder, 'journal'))).toEqual([])
    await expectOnlyFirstPoint(past, disk)

    disk.grow(64)
    const { report, instant } = await world.backupAtInstant('web')
    expect(report).toMatchObject({ outcome: 'ok', vms: [{ disks: [{ mode: 'incremental' }] }] })
    await world.expectEqual(report.vms[0]!.point, instant)
    expect((await past.run(['verify'])).exitCode).toBe(0)
  },
)

smallDiskTest(
  'a repository filled to the last byte is forgotten from and collected, and nothing is lost',
  [24],
  async (disk) => {
    const past = await protectedWorld(disk.folder)
    await using world = past.world
    expect((await past.run(['repo', 'gc'])).exitCode).toBe(0) // keeps some room from now on
    await guestWrites(world, 8, 8)
    const second = JSON.parse((await past.run(['backup', 'web', '-o', 'json'])).stdout) as { vms: { point: string }[] }
    disk.fill()
    expect(disk.freeBytes()).toBe(0)

    const forgotten = await past.run(['forget', second.vms[0]!.point])
    expect(forgotten).toMatchObject({ exitCode: 0 })
    disk.fill()
    const collected = await past.run(['repo', 'gc', '--grace', '0s'])
    expect(collected).toMatchObject({ exitCode: 0 })
    expect(collected.stdout).toMatch(/deleted, .* freed/)
    expect(disk.freeBytes()).toBeGreaterThan(7 * MiB)
    expect(statSync(join(disk.folder, '.reserve')).size).toBeGreaterThan(0)
    await expectOnlyFirstPoint(past, disk)
  },
)

smallDiskTest('a repository without one free byte is left before any snapshot', [20], async (disk) => {
  const past = await protectedWorld(disk.folder)
  await using world = past.world
  await guestWrites(world, 8, 1)
  disk.fill()

  const failed = await past.run(['backup', 'web', '-o', 'json'])
  expect(failed.exitCode).toBe(7)
  const report = JSON.parse(failed.stdout) as { vms: object[] }
  expect(report.vms).toMatchObject([
    { vm: 'web', outcome: 'failed', error: { code: 'storage.full', remedy: 'call-operator' } },
  ])
  expect(snapshotsOf(world)).toBe(1) // of the first backup
  world.expectClean()
  await expectOnlyFirstPoint(past, disk)

  disk.free()
  expect((await past.run(['backup', 'web'])).exitCode).toBe(0)
})

smallDiskTest('a restore onto a full disk gives no file its name', [16], async (disk) => {
  const past = await protectedWorld()
  await using world = past.world
  await guestWrites(world, 8, 24)
  expect((await past.run(['backup', 'web'])).exitCode).toBe(0)
  for (const format of ['raw', 'monolithicSparse', 'monolithicFlat', 'streamOptimized']) {
    const folder = join(disk.folder, format)
    const failed = await past.run(['restore', 'web', '--to-files', folder, '--format', format])
    expect(failed).toMatchObject({ exitCode: 7, stdout: '' })
    expect(failed.stderr).toContain(`no space left at ${folder}`)
    expect(failed.stderr).toContain('code: restore.target-full')
    expect(await readdir(folder)).toEqual([])
  }
  disk.grow(64)
  expect((await past.run(['restore', 'web', '--to-files', join(disk.folder, 'raw'), '--format', 'raw'])).exitCode).toBe(
    0,
  )
})

smallDiskTest(
  'a full state folder is told before any snapshot, and works again once there is space',
  [1],
  async (disk) => {
    const past = await protectedWorld()
    await using world = past.world
    const state = join(disk.folder, 'state')
    const backup = () => past.run(['backup', 'web'], { VMKEEP_STATE_DIR: state })
    for (const freePages of [0, 1]) {
      disk.fill(freePages * pageBytes) // so that the instance id, or then the journal, is what no longer fits
      const failed = await backup()
      expect(failed.exitCode).toBe(7)
      expect(failed.stderr).toContain(`the state folder ${state} cannot be used: ENOSPC`)
      expect(failed.stderr).toContain('run.state-unusable')
      expect(snapshotsOf(world)).toBe(1)
      disk.free()
    }
    expect((await backup()).exitCode).toBe(0) // with what the full disk has left in the state folder
    expect(await readdir(join(state, 'journal'))).toEqual([])
    world.expectClean()
  },
)

smallDiskTest(
  'a state folder that fills up meanwhile makes no failure of a point that is committed',
  [1],
  async (disk) => {
    await using world = await World.start(
      { seed: 'full-state', vms: [{ name: 'web', disks: [{ capacityBytes: MiB }] }] },
      { stateFolder: join(disk.folder, 'state') },
    )
    const fillUp = () => {
      const folder = join(world.stateFolder, 'journal')
      const journal = join(folder, readdirSync(folder)[0]!)
      appendFileSync(journal, '\n'.repeat(pageBytes - statSync(journal).size)) // so that its next line needs another page
      disk.fill()
    }
    const report = await world.backup(
      ['web'],
      {},
      {
        onEvent: (event) => void (event.type === 'vm-phase' && event.phase === 'commit' && fillUp()),
      },
    )
    expect(report).toMatchObject({ outcome: 'ok', vms: [{ point: expect.any(String) }] })
    expect(world.events).toContainEqual(expect.objectContaining({ type: 'note', code: 'run.state-unusable' }))
    world.expectClean()
    disk.free()
    expect(await world.backup(['web'])).toMatchObject({ outcome: 'ok' })
    expect(await readdir(join(world.stateFolder, 'journal'))).toEqual([])
  },
)

smallDiskTest('a journal that a full disk has cut short loses nothing that it notes later', [1], async (disk) => {
  const marker = { instanceId: '0a1b2c3d', runId: '0123456789ab', vmUuid: '50112233-4455-6677-8899-aabbccddeeff' }
  const intended = (vmName: string) => ({ kind: 'snapshot', endpointId: 'vc-1', vmName, marker }) as const
  await using journal = await Journal.start(disk.folder, 'run')
  const noted: string[] = []
  disk.fill()
  const untilFull = async () => {
    for (let i = 0; i < 100; i++) {
      await journal.intend(intended(`web-${i}`))
      noted.push(`web-${i}`)
    }
  }
  await expect(untilFull()).rejects.toMatchObject({ code: 'run.state-unusable', details: { folder: disk.folder } })
  disk.free()
  await journal.intend(intended('late'))
  const [run] = await readJournals(disk.folder)
  expect(run?.outstanding.map(({ vmName }) => vmName)).toEqual([...noted, 'late'])
})
