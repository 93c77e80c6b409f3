// Change tracking that somebody else switched on while the VM had snapshots: vSphere says yes, and its answers are wrong from then on.
import { switchTracking } from '@vmkeep/backup'
import { collect, systemClock } from '@vmkeep/kit'
import { parseFaultRule } from '@vmkeep/lab'
import { listVms, pickVm } from '@vmkeep/vsphere'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { World } from '../support/world.ts'

const MiB = 2 ** 20
let world: World

beforeEach(async () => {
  const vm = { name: 'web', disks: [{ capacityBytes: 4 * MiB }], snapshots: [{ name: 'an admin' }] }
  world = await World.start({ vms: [vm] })
  onTestFinished(() => world[Symbol.asyncDispose]())
  world.lab.faults.add(parseFaultRule('cbt.query-late,then=omit:1'))
})

/** As another backup program does, in a hurry. */
async function switchOn(): Promise<void> {
  await world.lab.vm('web').storage.setChangeTracking(true)
  await world.lab.vm('web').snapshot('another program')
}

/** One more backup, after the guest has written; why the disk was read whole, if it was. */
async function next(hooks: Parameters<World['backup']>[2] = {}) {
  await world.lab.vm('web').disk().writeGuest(MiB, world.lab.random.bytes(MiB))
  const { report, instant } = await world.backupAtInstant('web', {}, hooks)
  expect(report.outcome).toBe('ok')
  await world.expectEqual(report.vms[0]!.point, instant)
  const { disks, warnings } = report.vms[0]!
  return { read: disks[0]!.cause?.code ?? disks[0]!.mode, warned: warnings.map(({ code }) => code) }
}

describe('change tracking that was switched on beside snapshots', () => {
  const doubted = 'tracking-beside-snapshots'

  it('is recognized while one of them is there, not believed when they are gone, and believed again when it has started anew', async () => {
    expect(await next()).toMatchObject({ read: 'first-backup' })
    await switchOn()
    expect(await next()).toEqual({ read: doubted, warned: [doubted] })
    await world.lab.vm('web').removeSnapshots()
    expect(await next()).toEqual({ read: doubted, warned: [doubted] })
    const about = { session: world.session, repository: world.repository, stateFolder: world.stateFolder }
    const vm = pickVm(await collect(listVms(world.session)), 'web')
    const signal = new AbortController().signal
    await switchTracking({ ...about, vm, guards: {}, onEvent: () => {}, signal }, 'reset')
    expect(await next()).toEqual({ read: 'tracking-restarted', warned: [] })
    expect(await next()).toEqual({ read: 'incremental', warned: [] })
    world.expectClean()
  })

  it('is found out by the audit where they went before we came', async () => {
    await switchOn()
    await world.lab.vm('web').removeSnapshots()
    expect(await next()).toEqual({ read: 'first-backup', warned: [] })
    const muchLater = { ...systemClock, nowMs: () => Date.now() + 100 * 24 * 3_600_000 }
    expect(await next({ clock: muchLater })).toMatchObject({ read: 'tracking-lied' })
    expect(world.events).toContainEqual(expect.objectContaining({ level: 'error', code: 'tracking-lied' }))
    world.expectClean()
  })
})
