// What an ESXi host does not serve: a connection more than it has, and the disk that a running VM writes to.
import { hasCode, seededRandom, systemClock } from '@vmkeep/kit'
import { parseFaultRule, type VmDescription } from '@vmkeep/lab'
import type { RunEvent } from '@vmkeep/run'
import { readProperties } from '@vmkeep/vsphere'
import { describe, expect, it } from 'vitest'
import { World } from '../support/world.ts'

const MiB = 1024 * 1024
const web: VmDescription = { name: 'web', host: 'esxi-1.lab', cbt: true, disks: [{ capacityBytes: 4 * MiB }] }
/** As many as a host serves. */
const all = 52

async function start(...vms: readonly VmDescription[]): Promise<World> {
  const world = await World.start({ seed: 'hosts', vms })
  await world.lab
    .vm('web')
    .disk()
    .writeGuest(MiB, seededRandom('web').bytes(2 * MiB))
  return world
}

/** Does something once, as soon as a disk is read. */
function whileReading(befall: () => Promise<void>) {
  let befallen: Promise<void> | undefined
  const onEvent = (event: RunEvent) => {
    if (event.type === 'disk-phase' && event.phase === 'read') befallen ??= befall()
  }
  return { onEvent, done: () => befallen }
}

/** A disk can't be started from until its host has noticed that its reader is gone. */
async function startReleased({ lab }: World): Promise<void> {
  for (;;)
    try {
      return await lab.vm('web').power('on')
    } catch (error) {
      if (!hasCode(error, 'lab.file-locked')) throw error
      await systemClock.sleep(5)
    }
}

describe('a program that holds all connections to a host', () => {
  it('and that lets go of them in time is waited for, and the run says what it waits for', async () => {
    await using world = await start(web)
    world.lab.occupyNfc('esxi-1.lab', all)
    const onEvent = (event: RunEvent) => {
      if (event.type === 'note' && event.code === 'host-busy') world.lab.occupyNfc('esxi-1.lab', all - 1)
    }
    const { report, instant } = await world.backupAtInstant('web', {}, { onEvent })
    expect(report.outcome).toBe('ok')
    const ends = world.events.filter((event) => event.type === 'note' && event.code === 'host-free')
    expect(ends).toMatchObject([{ level: 'info', message: 'the host has a place again: it goes on' }])
    const waits = world.events.filter((event) => event.type === 'note' && event.code === 'host-busy')
    expect(waits).toMatchObject([
      { level: 'warn', message: expect.stringMatching(/^waiting: .* 52 of them/) as string },
    ])
    await world.expectEqual(report.vms[0]!.point, instant)
    world.expectClean()
  })

  it('and that keeps them fails the VM after some minutes, with that for a reason, and nothing is left', async () => {
    await using world = await start(web)
    world.lab.occupyNfc('esxi-1.lab', all)
    let [isBusy, waitedMs] = [false, 0]
    const onEvent = (event: RunEvent) => {
      if (event.type === 'note' && event.code === 'host-busy') isBusy = true
    }
    const sleep = (ms: number, signal?: AbortSignal) => {
      if (!isBusy || Number.isInteger(ms)) return systemClock.sleep(ms / 20, signal)
      waitedMs += ms // of the waits for a connection, which alone are of odd lengths; no time-out of one is hastened
      return systemClock.sleep(1, signal)
    }
    const report = await world.backup(['web'], {}, { clock: { ...systemClock, sleep }, onEvent })
    expect(report).toMatchObject({ outcome: 'failed', vms: [{ error: { code: 'backup.reading-disk' } }] })
    expect(report.vms[0]!.error!.message).toMatch(
      /^web: Hard disk 1 .* no place for another NFC connection, NFC error 5/,
    )
    expect(waitedMs).toBeGreaterThan(4 * 60_000)
    expect(world.events.filter((event) => event.type === 'note' && event.code === 'host-busy')).toHaveLength(1)
    world.expectClean()
    world.lab.occupyNfc('esxi-1.lab', 0)
    expect((await world.backup(['web'])).outcome).toBe('ok')
  })
})

describe('a VM that somebody starts while its disk is read', () => {
  it('and that was off is read to the instant of its snapshot, whatever its guest writes', async () => {
    await using world = await start({ ...web, power: 'off' })
    const { onEvent, done } = whileReading(async () => {
      await world.lab.vm('web').power('on')
      await world.lab
        .vm('web')
        .disk()
        .writeGuest(0, Buffer.alloc(3 * MiB, 'booted'))
      for (const isBack of [false, true]) world.lab.connectHost('esxi-1.lab', isBack) // and it is opened anew
    })
    const { report, instant } = await world.backupAtInstant('web', {}, { onEvent })
    await done()
    expect(world.lab.vm('web').powerState).toBe('on')
    expect(report).toMatchObject({ outcome: 'ok', vms: [{ warnings: [] }] })
    await world.expectEqual(report.vms[0]!.point, instant)
    world.expectClean()
    const next = await world.backupAtInstant('web')
    expect(next.report).toMatchObject({ outcome: 'ok', vms: [{ disks: [{ mode: 'incremental' }] }] })
    await world.expectEqual(next.report.vms[0]!.point, next.instant)
  })

  it('and that was a template makes no point: its host serves no disk that a VM writes to, and the run says what became of it', async () => {
    await using world = await start({ ...web, template: true, cbt: false }, { name: 'other', disks: [] })
    const { session, lab } = world
    const ask = { type: 'VirtualMachine', ref: lab.vm('other').ref, paths: ['resourcePool'] } as const
    const { resourcePool: pool } = await readProperties(session, ask)
    const { onEvent, done } = whileReading(async () => {
      await session.call('MarkAsVirtualMachine', { _this: lab.vm('web').ref, pool: pool! })
      const closed = lab.faults.add(parseFaultRule('nfc.open-session,then=disconnect'))
      for (const isBack of [false, true]) lab.connectHost('esxi-1.lab', isBack)
      await startReleased(world)
      closed[Symbol.dispose]()
    })
    const report = await world.backup(['web'], {}, { onEvent })
    await done()
    expect(report).toMatchObject({ outcome: 'failed', vms: [{ error: { code: 'backup.template-changed' } }] })
    expect((await world.repository.status()).points).toBe(0)
    world.expectClean()
  })
})
