// A VM restored whole through ImportVApp: byte-equal, and nothing half made whatever happens.
import { seededRandom } from '@vmkeep/kit'
import type { LabRule } from '@vmkeep/lab'
import { type Destination, restoreToVsphere } from '@vmkeep/restore'
import type { TransportSettings } from '@vmkeep/transport'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Instant, World } from '../support/world.ts'

const mebibyte = 2 ** 20
const onlyLease: TransportSettings = { order: ['lease'], compression: 'none' }
const anywhere: Destination = { networkMap: {}, identity: 'auto', connectNetworks: 'auto', disks: [] }

async function protectedWorld(mode: 'vcenter' | 'esxi' = 'vcenter') {
  const disks = [
    { capacityBytes: 9 * mebibyte, format: 'thin' as const },
    { capacityBytes: 3 * mebibyte + 512, format: 'eager' as const, controller: 'nvme' as const },
    { capacityBytes: 2 * mebibyte, controller: 'ide' as const },
  ]
  const world = await World.start({ seed: 'import', mode, vms: [{ name: 'web', disks, firmware: 'efi' }] })
  onTestFinished(() => world[Symbol.asyncDispose]())
  for (const disk of world.lab.vm('web').disks)
    await disk.writeGuest(mebibyte, seededRandom(disk.key).bytes(mebibyte - 512))
  const { report, instant } = await world.backupAtInstant('web')
  expect(report.outcome).toBe('ok')
  return { world, instant, point: await world.point(report.vms[0]!.point) }
}

type Point = Awaited<ReturnType<World['point']>>

const restore = (world: World, point: Point, signal = new AbortController().signal) =>
  restoreToVsphere({
    session: world.session,
    repository: world.repository,
    point,
    destination: { ...anywhere, name: 'back' },
    transport: onlyLease,
    verify: true,
    powerOn: true,
    stateFolder: world.stateFolder,
    onEvent: (event) => world.events.push(event),
    signal,
  })

async function expectEqual(world: World, point: Point, instant: Instant): Promise<void> {
  const { disks } = world.lab.vm('back')
  expect(disks).toHaveLength(point.disks.length)
  for (const saved of point.disks) {
    const disk = disks.find(({ node }) => node === saved.address)!
    const bytes = Buffer.alloc(disk.capacityBytes)
    await disk.readGuest(0, bytes)
    const expected = Buffer.alloc(disk.capacityBytes)
    await instant.get(saved.key)!.read(0, expected)
    expect(bytes.equals(expected)).toBe(true)
  }
}

const names = (world: World) => world.lab.state().vms.map(({ name }) => name)

describe('a VM restored with lease as the only transport', () => {
  it.each(['vcenter', 'esxi'] as const)('to a %s comes in whole, is read back, and starts', async (mode) => {
    const { world, point, instant } = await protectedWorld(mode)
    const before = world.lab.stats.nfcConnections
    const report = await restore(world, point)
    expect(report).toMatchObject({ vm: 'back', verified: true, disks: [{ verified: true }, {}, {}] })
    expect(world.lab.vm('back').powerState).toBe('on')
    await expectEqual(world, point, instant)
    expect(world.lab.vm('back').disks.map(({ allocation }) => allocation)).toEqual(
      world.lab.vm('web').disks.map(({ allocation }) => allocation),
    )
    expect(world.lab.stats).toMatchObject({ leasesOpen: 0, tasksRunning: 0, nfcConnections: before, mistakes: [] })
    expect(world.lab.stats.calls.get('NfcRandomAccessOpenDisk')).toBeUndefined()
  })

  it.each([
    ['the upload breaks off', { on: 'lease.post', then: { do: 'truncate' } }, /connection broke/],
    ['the host refuses the bytes', { on: 'lease.post', then: { do: 'http-error', status: 500 } }, /500/],
    ['the lease runs out', { on: 'lease.post', then: { do: 'expire-lease' } }, /broke|ended the transfer/],
    [
      'the user may not import',
      { on: 'ImportVApp', then: { do: 'fault', type: 'NoPermission', fields: { privilegeId: 'VApp.Import' } } },
      /VApp\.Import/,
    ],
    [
      'the datastore is full',
      { on: 'ImportVApp', then: { do: 'fault', type: 'NoDiskSpace' } },
      /free space on the datastore/,
    ],
  ] satisfies [string, LabRule, RegExp][])('leaves nothing half made when %s', async (_, rule, said) => {
    const { world, point } = await protectedWorld()
    world.lab.faults.add(rule)
    await expect(restore(world, point)).rejects.toThrow(said)
    expect(names(world)).toEqual(['web'])
    expect(world.lab.stats).toMatchObject({ leasesOpen: 0, mistakes: [] })
    world.lab.faults.clear()
    expect(await restore(world, point)).toMatchObject({ vm: 'back', verified: true })
  })

  it('leaves nothing half made when it is cancelled', async () => {
    const { world, point } = await protectedWorld()
    world.lab.faults.add({ on: 'lease.post', then: { do: 'stall' } })
    const cancelled = new AbortController()
    setTimeout(() => cancelled.abort(new Error('enough')), 500)
    await expect(restore(world, point, cancelled.signal)).rejects.toThrow('enough')
    expect(names(world)).toEqual(['web'])
    expect(world.lab.stats).toMatchObject({ leasesOpen: 0, mistakes: [] })
  })
})
