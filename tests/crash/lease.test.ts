// kill -9 while a lease is held: it runs out by itself, and the next start finds nothing left or takes it away.
import { type Destination, restoreToVsphere } from '@vmkeep/restore'
import { cleanUpLeftovers, vmPointOf } from '@vmkeep/run'
import { holdEnder, type TransportSettings } from '@vmkeep/transport'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { firstDifference, type Instant } from '../support/world.ts'
import { backupOptions, CrashWorld } from './crash-world.ts'
import { startVictim } from './start-victim.ts'

const transport: TransportSettings = { order: ['lease'], compression: 'none' }
let past: CrashWorld
let instant: Instant
beforeAll(async () => {
  past = await CrashWorld.start(['web'], 4, { leaseTimeoutSeconds: 2 })
  instant = await past.nowOf('web')
})
afterAll(() => past[Symbol.asyncDispose]())

const { signal } = new AbortController()

it('a backup killed while it reads leaves no lease and no snapshot after the next start', async () => {
  const work = { kind: 'backup', vms: ['web'], options: { ...backupOptions, transport } } as const
  const at = { event: { type: 'disk-phase', phase: 'read' }, signal: 'SIGKILL' } as const
  await using victim = startVictim(past.world, work, { at })
  expect(await victim.death).toBe('SIGKILL')
  expect(past.world.lab.stats.leasesOpen).toBe(1)
  expect(past.ourSnapshots).toHaveLength(1)
  const report = await past.backup(['web'])
  expect(report.outcome).toBe('ok')
  expect(past.world.lab.stats.leasesOpen).toBe(0)
  await past.expectSound()
})

it('a restore killed while it sends leaves no lease and no half VM after the next start, which restores it', async () => {
  const destination: Destination = {
    name: 'imported',
    networkMap: {},
    identity: 'auto',
    connectNetworks: 'auto',
    disks: [],
  }
  const [point] = past.points
  const work = { kind: 'restore-to-vsphere', point: point!.id, destination, transport } as const
  const at = { event: { type: 'disk-progress' }, signal: 'SIGKILL' } as const
  await using victim = startVictim(past.world, work, { at })
  expect(await victim.death).toBe('SIGKILL')
  const { lab, session, repository, stateFolder } = past.world
  const names = () => lab.state().vms.map(({ name }) => name)
  expect([names(), lab.stats.leasesOpen]).toEqual([['web', 'imported'], 1])
  const common = { session, repository, stateFolder, onEvent: () => {}, signal }
  await lab.settled() // vSphere itself takes the VM back
  expect(names()).toEqual(['web'])
  expect(await cleanUpLeftovers({ ...common, endHold: holdEnder() })).toMatchObject({
    removed: [],
    gone: [{ kind: 'vm' }],
    kept: [],
  })
  const how = { transport, verify: true, powerOn: false } as const
  const report = await restoreToVsphere({ ...common, ...how, point: vmPointOf(point!), destination })
  expect(report).toMatchObject({ vm: 'imported', verified: true })
  for (const [i, disk] of lab.vm('imported').disks.entries()) {
    await using view = lab.storage.openPath(disk.backing.fileName)
    expect(await firstDifference(view, instant.get(vmPointOf(point!).disks[i]!.key)!)).toBeUndefined()
  }
  expect(lab.stats.leasesOpen).toBe(0)
  await past.expectSound()
})
