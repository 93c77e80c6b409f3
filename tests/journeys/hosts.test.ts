// Hosts that are emptied, put into maintenance, or crash while a VM is backed up, and merges that take hours.
import { seededRandom, systemClock } from '@vmkeep/kit'
import { parseFaultRule, type VmDescription } from '@vmkeep/lab'
import { restoreToVsphere } from '@vmkeep/restore'
import type { RunEvent } from '@vmkeep/run'
import { defaultTransport } from '@vmkeep/transport'
import { readProperties, waitForTask } from '@vmkeep/vsphere'
import { describe, expect, it } from 'vitest'
import { busyGuest } from '../support/guest.ts'
import { World } from '../support/world.ts'

const MiB = 1024 * 1024
const web: VmDescription = { name: 'web', disks: [{ capacityBytes: 4 * MiB }] }
const transport = { ...defaultTransport, silenceMs: 1000 }

async function start(description = web): Promise<World> {
  const world = await World.start({ seed: 'hosts', vms: [description] })
  await world.lab
    .vm('web')
    .disk()
    .writeGuest(MiB, seededRandom('web').bytes(2 * MiB))
  return world
}

/** As an admin does, and vSphere with its VMs. */
async function maintain(world: World, method: 'EnterMaintenanceMode_Task' | 'ExitMaintenanceMode_Task'): Promise<void> {
  const { session, lab } = world
  const request = { type: 'VirtualMachine', ref: lab.vm('web').ref, paths: ['runtime.host'] } as const
  const host = (await readProperties(session, request))['runtime.host']!
  await waitForTask(session, await session.call(method, { _this: host, timeout: 0 }), {})
}

/** Does something once, as soon as a disk is read. */
function whileReading(befall: () => Promise<void>) {
  const befallen: Promise<void>[] = []
  const onEvent = (event: RunEvent) => {
    if (event.type === 'disk-phase' && event.phase === 'read') befallen.push(befall())
  }
  return { onEvent, befallen }
}

describe('a host that is put into maintenance while a disk is read', () => {
  it('and whose VMs move away by that: the disk is read to its end from the other host', async () => {
    await using world = await start()
    const from = world.lab.vm('web').hostName
    const { onEvent, befallen } = whileReading(() => maintain(world, 'EnterMaintenanceMode_Task'))
    await using _guest = busyGuest(world.lab.vm('web'), 'busy')
    const { report, instant } = await world.backupAtInstant('web', { transport }, { onEvent })
    await Promise.all(befallen)
    expect(report.vms[0]!.error).toBeUndefined()
    expect(report.outcome).toBe('ok')
    expect(world.lab.vm('web').hostName).not.toBe(from)
    await world.expectEqual(report.vms[0]!.point, instant)
    world.expectClean()
  })

  it('and on which the VM stays, being off: that is the reason given; it is skipped until maintenance ends', async () => {
    await using world = await start({ ...web, power: 'off' })
    const { onEvent, befallen } = whileReading(() => maintain(world, 'EnterMaintenanceMode_Task'))
    using _slow = world.lab.faults.add(parseFaultRule('nfc.io,then=delay:300'))
    const report = await world.backup(['web'], { transport }, { onEvent })
    await Promise.all(befallen)
    expect(report).toMatchObject({ outcome: 'failed', vms: [{ error: { code: 'backup.host-in-maintenance' } }] })
    expect(report.vms[0]!.error!.message).toMatch(/^web: its host esxi-1\.lab was put into maintenance mode/)
    world.expectClean()
    const again = await world.backup(['web'])
    expect(again).toMatchObject({ outcome: 'skipped', vms: [{ reasons: [{ code: 'host-in-maintenance' }] }] })
    await maintain(world, 'ExitMaintenanceMode_Task')
    expect((await world.backup(['web'])).outcome).toBe('ok')
  })
})

describe('the removal of our snapshot', () => {
  it('in which the host crashes: vSphere starts the VM elsewhere, and what was not merged is consolidated', async () => {
    await using world = await start()
    world.lab.faults.add(parseFaultRule('cbt.power-loss,then=reset-change-tracking'))
    using _crash = world.lab.faults.add(parseFaultRule('RemoveSnapshot_Task,times=1,then=host-crash'))
    await using _guest = busyGuest(world.lab.vm('web'), 'busy')
    const { report, instant } = await world.backupAtInstant('web', { transport })
    expect(report.vms[0]!.error).toBeUndefined()
    expect(world.lab.vm('web')).toMatchObject({ hostName: 'esxi-2.lab', powerState: 'on' })
    expect(world.events).toContainEqual(expect.objectContaining({ type: 'note', code: 'consolidated' }))
    await world.expectEqual(report.vms[0]!.point, instant)
    world.expectClean()
    const next = await world.backupAtInstant('web', { transport })
    expect(next.report.vms[0]!.disks).toMatchObject([{ mode: 'full', cause: { code: 'tracking-restarted' } }])
    await world.expectEqual(next.report.vms[0]!.point, next.instant)
    world.expectClean()
  })

  it('that takes hours is waited for, though sessions end meanwhile', async () => {
    await using world = await start()
    using _long = world.lab.faults.add(parseFaultRule('RemoveSnapshot_Task,times=1,then=long-task:400'))
    let hours: Promise<void> | undefined
    const onEvent = (event: RunEvent) => {
      if (event.type !== 'vm-phase' || event.phase !== 'remove-snapshot') return
      hours ??= systemClock.sleep(150).then(() => {
        world.lab.clock.advance(5 * 3_600_000)
        world.lab.expireSessions()
      })
    }
    await using _guest = busyGuest(world.lab.vm('web'), 'busy')
    const { report, instant } = await world.backupAtInstant('web', { transport }, { onEvent })
    await hours
    expect(world.lab.stats.logins).toBeGreaterThan(1)
    expect(report.vms[0]!.error).toBeUndefined()
    expect(report.outcome).toBe('ok')
    await world.expectEqual(report.vms[0]!.point, instant)
    world.expectClean()
  })

  it('that goes on in rounds because the guest writes faster is waited for, and the run warns with the time it took', async () => {
    await using world = await start({ ...web, cbt: true })
    const rounds = world.lab.faults.add(parseFaultRule('snapshot.round,then=guest-writes:1048576'))
    const stun = world.lab.faults.add(parseFaultRule('snapshot.stun,then=delay:20'))
    let [passedMs, halfHours] = [0, 0]
    // The first two half hours pass at once, no more do: half an hour is what the removal waits before it says that it goes on.
    const sleep: typeof systemClock.sleep = (ms, signal) => {
      if (ms < 30 * 60_000 || ++halfHours > 2) return systemClock.sleep(ms, signal)
      passedMs += ms
      return Promise.resolve()
    }
    const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + passedMs, sleep }
    const { report, instant } = await world.backupAtInstant('web', {}, { clock })
    const struck = (id: number) => world.lab.faults.rules.find((rule) => rule.id === id)!.struck
    expect([struck(rounds.id), struck(stun.id)]).toEqual([10, 1])
    expect(report).toMatchObject({ outcome: 'ok', vms: [{ warnings: [{ code: 'merge-took-long' }] }] })
    expect(report.vms[0]!.warnings[0]!.message).toMatch(/^merging its snapshot took 60 min/)
    const waiting = world.events.flatMap((event) =>
      event.type === 'note' && event.code === 'still-merging' ? [event.message] : [],
    )
    expect(waiting.map((message) => /\d+ min/.exec(message)![0])).toEqual(['30 min', '60 min'])
    await world.expectEqual(report.vms[0]!.point, instant)
    world.expectClean()
    world.lab.faults.clear()
    const next = await world.backupAtInstant('web')
    expect(next.report).toMatchObject({ outcome: 'ok', vms: [{ warnings: [], disks: [{ mode: 'incremental' }] }] })
    await world.expectEqual(next.report.vms[0]!.point, next.instant)
    world.expectClean()
  })

  it('that vSphere calls done while the snapshot is there is tried again', async () => {
    await using world = await start()
    using _lie = world.lab.faults.add(parseFaultRule('RemoveSnapshot_Task,times=1,then=leave-snapshot'))
    expect((await world.backup(['web'])).outcome).toBe('ok')
    expect(world.lab.stats.calls.get('RemoveSnapshot_Task')).toBe(2)
    world.expectClean()
  })
})

it.each([
  ['after vSphere has called it started', 'PowerOnVM_Task,then=late-power:200'],
  ['on another host, as DRS likes it', 'PowerOnVM_Task,then=vmotion'],
])('a restored VM that starts only %s is seen to run', async (_name, rule) => {
  await using world = await start()
  const { vms } = await world.backup(['web'])
  using _rule = world.lab.faults.add(parseFaultRule(rule))
  const report = await restoreToVsphere({
    session: world.session,
    repository: world.repository,
    point: await world.point(vms[0]!.point),
    destination: { name: 'again', networkMap: {}, identity: 'auto', connectNetworks: 'auto', disks: [] },
    transport: defaultTransport,
    verify: true,
    powerOn: true,
    stateFolder: world.stateFolder,
    onEvent: () => {},
    signal: new AbortController().signal,
  })
  expect(world.lab.faults.rules.some(({ struck }) => struck === 1)).toBe(true)
  expect(world.lab.vm(report.vm).powerState).toBe('on')
})
