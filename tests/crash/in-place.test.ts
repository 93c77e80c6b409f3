// kill -9 in the midst of a restore in place: the VM says what it is until the next one has come to its end.
import { restoreInPlace } from '@vmkeep/restore'
import { defaultTransport } from '@vmkeep/transport'
import { readVm, unfinishedRestoreOf } from '@vmkeep/vsphere'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { firstDifference, type Instant, World } from '../support/world.ts'
import { crashPoints } from './crash-points.ts'
import { startVictim } from './start-victim.ts'

const MiB = 2 ** 20
let world: World
let instant: Instant
let pointId: string
let writes = 0

beforeAll(async () => {
  const disks = [{ capacityBytes: 8 * MiB, format: 'thin' as const }, { capacityBytes: 4 * MiB + 512 }]
  world = await World.start({ seed: 'crash in place', vms: [{ name: 'web', cbt: true, disks }] })
  await guestWrites()
  const { report, instant: then } = await world.backupAtInstant('web')
  instant = then
  pointId = report.vms[0]!.point!
})
afterAll(() => world[Symbol.asyncDispose]())

async function guestWrites(): Promise<void> {
  for (const disk of world.lab.vm('web').disks)
    await disk.writeGuest(MiB, Buffer.alloc(MiB + 512, `write ${++writes} `))
}

const again = async () =>
  restoreInPlace({
    session: world.session,
    repository: world.repository,
    point: await world.point(pointId),
    disks: [],
    compareAll: false,
    powerOff: false,
    powerOn: false,
    verify: true,
    transport: defaultTransport,
    stateFolder: world.stateFolder,
    onEvent: () => {},
    signal: new AbortController().signal,
  })

const marked = async () => unfinishedRestoreOf((await readVm(world.session, world.lab.vm('web').ref)).config)

async function expectBack(): Promise<void> {
  for (const disk of world.lab.vm('web').disks) {
    await using view = world.lab.storage.openPath(disk.backing.fileName)
    expect(await firstDifference(view, instant.get(disk.key)!)).toBeUndefined()
  }
  world.expectClean()
}

it.each(crashPoints.filter(({ of }) => of === 'restore-in-place'))(
  'killed at $at, the VM is marked until it is whole, and the next restore makes it so',
  async ({ at, finished }) => {
    await world.lab.vm('web').power('on')
    await guestWrites()
    await using victim = startVictim(world, { kind: 'restore-in-place', point: pointId }, { crashAt: at })
    expect(await victim.death).toBe('SIGKILL')
    expect(await marked()).toBe(finished || at === 'in-place.before-mark' ? undefined : pointId)
    if (finished) await expectBack()
    if ((await marked()) !== undefined)
      expect((await world.backup(['web'])).vms).toMatchObject([{ outcome: 'skipped' }])
    await again()
    expect(await marked()).toBeUndefined()
    await expectBack()
  },
)
