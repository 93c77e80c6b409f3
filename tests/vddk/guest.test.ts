// What libvixMntapi tells of a guest goes into its point; whatever the library does meanwhile, the backup is none the worse for it.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { TransportSettings } from '@vmkeep/transport'
import { type FakeVddk, temporaryFake, whyNoFakeVddk } from '@vmkeep/vddk/testing'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { sessionWithDisks } from '../support/fake-vddk.ts'
import { World } from '../support/world.ts'

const why = await whyNoFakeVddk()
const linux = { family: 2, major: 6, minor: 1, bits: 64, vendor: 'Debian', edition: '12', volumes: 2 }

let world: World
let fake: FakeVddk
let transport: TransportSettings

beforeEach(async (context) => {
  if (why !== undefined) return context.skip(why)
  fake = await temporaryFake()
  onTestFinished(() => fake[Symbol.asyncDispose]())
  const disks = [{ capacityBytes: 2 ** 20 }, { capacityBytes: 2 ** 20 }]
  world = await World.start({ seed: 'guest', vms: [{ name: 'web', cbt: true, disks }] })
  onTestFinished(() => world[Symbol.asyncDispose]())
  const vddk = { library: fake.root, guestInfo: true }
  transport = { order: ['vddk', 'nbdssl'], compression: 'skipz', vddk, silenceMs: 60_000 }
})

async function backup(change: Partial<TransportSettings> = {}) {
  const session = sessionWithDisks(world.session, world.lab, 'web', fake)
  const { report, instant } = await world.backupAtInstant(
    'web',
    { transport: { ...transport, ...change } },
    { session },
  )
  expect(report.vms[0]).toMatchObject({ outcome: 'ok' })
  const read = report.vms[0]!.disks.map(({ transport: name }) => name)
  if (change.silenceMs === undefined) expect(read).toEqual(['vddk', 'vddk']) // little patience, and who is slow is left
  await world.expectEqual(report.vms[0]!.point, instant)
  world.expectClean()
  return (await world.point(report.vms[0]!.point)).guest
}

const notes = () =>
  world.events.flatMap((event) => (event.type === 'note' && event.code === 'guest-not-told' ? [event.message] : []))

describe('what libvixMntapi tells of a guest', () => {
  it('goes into the point, disk by disk', async () => {
    await fake.guest(linux)
    const of = (disk: string) => [
      { disk, kind: 'GPT partition', mountPoints: ['C:\\', 'D:\\'] },
      { disk, kind: 'LVM volume', mountPoints: [] },
    ]
    expect(await backup()).toEqual({
      os: { family: 'linux', version: '6.1', is64Bit: true, vendor: 'Debian', edition: '12' },
      volumes: [...of('Hard disk 1'), ...of('Hard disk 2')],
    })
    expect(notes()).toEqual([])
  })

  it('is what it can: a disk without a system has its volumes all the same', async () => {
    await fake.guest({ ...linux, volumes: 1, GetOsInfo: 6 })
    expect(await backup()).toMatchObject({ volumes: [{ disk: 'Hard disk 1' }, { disk: 'Hard disk 2' }] })
  })

  it.each([
    ['crashes', { OpenDisks: 'crash' }, /ended \(SIGSEGV\) while looking for the guest on/],
    ['hangs', { GetVolumeHandles: 'hang' }, /did not come back .* while looking for the guest on/],
    ['refuses to start', { Init: 6 }, /fails while looking for the guest .* with 6/],
    ['cannot open the disks', { OpenDisks: 13 }, /Hard disk 2: .* with 13/],
  ] as const)('is left out and said so when it %s, and the disks are read as ever', async (_name, rule, note) => {
    await fake.guest({ ...linux, ...rule })
    expect(await backup('GetVolumeHandles' in rule ? { silenceMs: 1500 } : {})).toBeUndefined()
    expect(notes()).toContainEqual(expect.stringMatching(note))
  })

  it('is not asked for where the library is not there, or nobody wants to know', async () => {
    await fake.guest(linux)
    expect(await backup({ vddk: { library: fake.root } })).toBeUndefined()
    await rm(join(fake.root, 'lib64', 'libvixMntapi.so.8'))
    expect(await backup()).toBeUndefined()
    expect(notes()).toEqual([])
  })
})
