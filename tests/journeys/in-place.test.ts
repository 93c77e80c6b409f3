// A VM that is still there, brought back to a restore point: only what differs moves, and an unfinished restore is seen by everybody.
import { collect, seededRandom } from '@vmkeep/kit'
import { restoreInPlace, type RestoreInPlaceRequest, tryInPlace } from '@vmkeep/restore'
import type { RunEvent } from '@vmkeep/run'
import { defaultTransport } from '@vmkeep/transport'
import { readVm, unfinishedRestoreOf } from '@vmkeep/vsphere'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { firstDifference, type Instant, World } from '../support/world.ts'

const MiB = 2 ** 20
let written = 0

/** Other bytes each time, and cheap to make. */
const bytes = (length: number): Buffer => Buffer.alloc(length, `write ${++written} `)

let world: World
let instant: Instant
let pointId: string

async function start(change: { cbt?: boolean; mode?: 'vcenter' | 'esxi' } = {}): Promise<void> {
  const { cbt = true, mode = 'vcenter' } = change
  const disks = [
    { capacityBytes: 64 * MiB, format: 'thin' as const },
    { capacityBytes: 9 * MiB + 512, format: 'eager' as const },
  ]
  world = await World.start({ seed: 'in place', mode, vms: [{ name: 'web', cbt, disks }] })
  onTestFinished(() => world[Symbol.asyncDispose]())
  for (const disk of world.lab.vm('web').disks) await disk.writeGuest(MiB, bytes(5 * MiB))
  const { report, instant: then } = await world.backupAtInstant('web', { changeTracking: cbt ? 'enable' : 'as-is' })
  expect(report.outcome).toBe('ok')
  instant = then
  pointId = report.vms[0]!.point!
}

/** Over what was there, where nothing was, and a trim: what a week does to a disk. */
async function guestGoesOn(): Promise<void> {
  const [thin, eager] = world.lab.vm('web').disks
  await thin!.writeGuest(2 * MiB, bytes(300_032))
  await thin!.writeGuest(40 * MiB, bytes(2 * MiB))
  await thin!.trimGuest(4 * MiB, MiB)
  await eager!.writeGuest(9 * MiB, bytes(512))
}

async function request(change: Partial<RestoreInPlaceRequest> = {}): Promise<RestoreInPlaceRequest> {
  return {
    session: world.session,
    repository: world.repository,
    point: await world.point(pointId),
    disks: [],
    compareAll: false,
    powerOff: false,
    transport: defaultTransport,
    verify: true,
    powerOn: false,
    stateFolder: world.stateFolder,
    onEvent: (event) => world.events.push(event),
    signal: new AbortController().signal,
    ...change,
  }
}

const restore = async (change: Partial<RestoreInPlaceRequest> = {}) => restoreInPlace(await request(change))

async function expectBack(keys = [...instant.keys()]): Promise<void> {
  for (const disk of world.lab.vm('web').disks.filter(({ key }) => keys.includes(key))) {
    await using view = world.lab.storage.openPath(disk.backing.fileName)
    expect(await firstDifference(view, instant.get(disk.key)!)).toBeUndefined()
  }
}

const config = async () => (await readVm(world.session, world.lab.vm('web').ref)).config
const codes = () => world.events.flatMap((event) => (event.type === 'note' ? [event.code] : []))
const details = () =>
  world.events.flatMap((event) => (event.type === 'disk-phase' && event.phase === 'write' ? [event.detail] : []))

describe.each(['vcenter', 'esxi'] as const)('on %s, a VM that its guest has changed', (mode) => {
  it('is brought back by what changed since, and its next backup reads everything', async () => {
    await start({ mode })
    await guestGoesOn()
    await world.lab.vm('web').power('off')
    const report = await restore()
    await expectBack()
    expect(details()).toEqual(['what changed since', 'what changed since'])
    const written = report.disks.reduce((sum, disk) => sum + disk.writtenBytes, 0)
    expect(written).toBeGreaterThan(3 * MiB)
    expect(written).toBeLessThan(4.5 * MiB)
    expect(report).toMatchObject({ vm: 'web', verified: true, warnings: [] })
    expect(unfinishedRestoreOf(await config())).toBeUndefined()
    world.expectClean()
    await world.lab.vm('web').power('on')
    const next = await world.backupAtInstant('web')
    expect(next.report.vms[0]!.disks).toMatchObject([{ mode: 'full' }, { mode: 'full' }])
    await world.expectEqual(next.report.vms[0]!.point, next.instant)
  })
})

describe('a VM', () => {
  beforeEach(() => start())

  it('that runs is refused, or powered off where that is asked for, and started again', async () => {
    await guestGoesOn()
    await expect(restore()).rejects.toMatchObject({
      code: 'restore.not-in-place',
      message: expect.stringMatching(/is running/),
    })
    expect(world.lab.vm('web').powerState).toBe('on')
    await restore({ powerOff: true, powerOn: true })
    expect(world.lab.vm('web').powerState).toBe('on')
    expect((await config())?.annotation ?? '').not.toMatch(/vmkeep/)
  })

  it('is compared whole where change tracking cannot tell, or where that is asked for', async () => {
    await guestGoesOn()
    await world.lab.vm('web').power('off')
    const asked = await tryInPlace(await request({ compareAll: true }))
    const told = await tryInPlace(await request())
    expect(asked.disks.map(({ would }) => would!.writtenBytes)).toEqual(
      told.disks.map(({ would }) => would!.writtenBytes),
    )
    world.lab.faults.add({ on: 'cbt.query', times: 1, then: { do: 'file-fault' } })
    await restore()
    expect(codes()).toContain('change-id-unknown')
    await expectBack()
  })

  it('is looked at without a touch by a trial', async () => {
    await guestGoesOn()
    const running = await tryInPlace(await request({ powerOff: true }))
    expect(running.disks.every(({ would }) => would === undefined)).toBe(true)
    await world.lab.vm('web').power('off')
    const before = await readVm(world.session, world.lab.vm('web').ref)
    const { disks } = await tryInPlace(await request())
    expect(disks.map(({ would }) => would!.writtenBytes > 0)).toEqual([true, true])
    expect((await readVm(world.session, world.lab.vm('web').ref)).config).toEqual(before.config)
  })

  it('gets back one disk, and the others stay', async () => {
    await guestGoesOn()
    await world.lab.vm('web').power('off')
    const report = await restore({ disks: ['scsi0:1'] })
    expect(report.disks.map(({ address }) => address)).toEqual(['scsi0:1'])
    expect(report.warnings).toMatchObject([{ code: 'disk-left-alone' }])
    await expectBack([2001])
    await using thin = world.lab.storage.openPath(world.lab.vm('web').disk(2000).backing.fileName)
    expect(await firstDifference(thin, instant.get(2000)!)).toBeDefined()
  })

  it('with snapshots is refused, and with a disk of another size', async () => {
    await world.lab.vm('web').grow(2001, 12 * MiB)
    await world.lab.vm('web').power('off')
    await expect(restore()).rejects.toMatchObject({ message: expect.stringMatching(/12582912 bytes now/) })
    await world.lab.vm('web').snapshot('an admin')
    await expect(restore({ disks: ['scsi0:0'] })).rejects.toMatchObject({
      message: expect.stringMatching(/it has snapshots \(an admin\)/),
    })
    expect((await config())?.annotation ?? '').not.toMatch(/vmkeep/)
  })

  it('that is gone is not made up', async () => {
    await world.lab.vm('web').power('off')
    await world.session.call('Destroy_Task', { _this: world.lab.vm('web').ref })
    await world.lab.settled()
    await expect(restore()).rejects.toMatchObject({ code: 'restore.vm-gone' })
  })
})

describe('a restore that is stopped half-way', () => {
  const reason = new Error('Ctrl-C')

  async function stopHalfWay(): Promise<void> {
    await start()
    await guestGoesOn()
    await world.lab.vm('web').power('off')
    const controller = new AbortController()
    const onEvent = (event: RunEvent) => {
      world.events.push(event)
      if (event.type === 'disk-phase' && event.phase === 'write' && event.disk === 'Hard disk 2')
        controller.abort(reason)
    }
    await expect(restore({ signal: controller.signal, onEvent })).rejects.toBe(reason)
  }

  it('says so on the VM, which is not backed up until the next one has finished', async () => {
    await stopHalfWay()
    expect(codes()).toContain('restore.unfinished')
    expect((await config())?.annotation).toMatch(/^vmkeep: DO NOT START/)
    const { vms } = await world.backup(['web'])
    expect(vms).toMatchObject([{ outcome: 'skipped', reasons: [{ code: 'restore-unfinished' }] }])
    const report = await restore()
    expect(details().at(-1)).toMatch(/^what changed since, compared: an earlier restore did not finish/)
    expect(report.disks[0]!.writtenBytes).toBe(0) // what the first one has done is not done again
    await expectBack()
    expect((await config())?.annotation ?? '').not.toMatch(/vmkeep/)
    expect((await world.backup(['web'])).outcome).toBe('ok')
  })

  it('is followed by one to another point, and then by itself, both of which compare everything', async () => {
    await start()
    const first = { pointId, instant }
    await guestGoesOn()
    const second = await world.backupAtInstant('web')
    await world.lab
      .vm('web')
      .disk(2000)
      .writeGuest(50 * MiB, bytes(MiB))
    await world.lab.vm('web').power('off')
    const stop = async (point: string) => {
      const controller = new AbortController()
      const onEvent = (event: RunEvent) => {
        world.events.push(event)
        if (event.type === 'disk-phase' && event.phase === 'write' && event.disk === 'Hard disk 2')
          controller.abort(reason)
      }
      pointId = point
      await expect(restore({ signal: controller.signal, onEvent })).rejects.toBe(reason)
    }
    await stop(first.pointId)
    await stop(second.report.vms[0]!.point!)
    expect(details().at(-1)).toMatch(/a restore to another point did not finish/)
    await restore()
    expect(details().at(-1)).toMatch(/a restore to another point did not finish/)
    instant = second.instant
    await expectBack()
  })

  it('keeps the notes that people wrote, before and since', async () => {
    await start()
    const note = async (annotation: string) => {
      await world.session.call('ReconfigVM_Task', { _this: world.lab.vm('web').ref, spec: { annotation } })
      await world.lab.settled()
    }
    await note('owner: the web team')
    await world.lab.vm('web').power('off')
    const onEvent = () => {}
    await restore({ onEvent })
    expect((await config())?.annotation).toBe('owner: the web team')
  })
})

it('a large disk moves what changed and nothing more', async () => {
  const disks = [{ capacityBytes: 2 ** 40, format: 'thin' as const }]
  world = await World.start({ seed: 'large', vms: [{ name: 'web', cbt: true, disks }] })
  onTestFinished(() => world[Symbol.asyncDispose]())
  const disk = world.lab.vm('web').disk(2000)
  const far = (i: number) => Math.floor(((i * 7919) % 64) * 2 ** 34) + 1000 * 65_536
  for (let i = 0; i < 64; i += 2) await disk.writeGuest(far(i), bytes(MiB))
  const { report, instant: then } = await world.backupAtInstant('web')
  pointId = report.vms[0]!.point!
  instant = then
  for (let i = 0; i < 64; i++) await disk.writeGuest(far(i), bytes(MiB))
  await world.lab.vm('web').power('off')
  const trial = await tryInPlace(await request())
  expect(trial.disks[0]!.would).toEqual({ comparedBytes: 0, writtenBytes: 64 * MiB })
  const { disks: done } = await restore()
  expect(done[0]!.writtenBytes).toBe(64 * MiB)
  await expectBack()
})

describe('over the wire', () => {
  const changedBytes = 32 * MiB
  const random = seededRandom('over the wire')

  /** Half of what changes is data at the point, half is nothing. */
  async function changed(): Promise<void> {
    const disks = [{ capacityBytes: 2 ** 40, format: 'thin' as const }]
    world = await World.start({ seed: 'wire', vms: [{ name: 'web', cbt: true, disks }] })
    onTestFinished(() => world[Symbol.asyncDispose]())
    const disk = world.lab.vm('web').disk(2000)
    const far = (i: number) => i * 2 ** 34
    for (let i = 0; i < 32; i += 2) await disk.writeGuest(far(i), random.bytes(MiB))
    const { report, instant: then } = await world.backupAtInstant('web')
    pointId = report.vms[0]!.point!
    instant = then
    for (let i = 0; i < 32; i++) await disk.writeGuest(far(i), random.bytes(MiB))
    await world.lab.vm('web').power('off')
  }

  async function movedBy(work: () => Promise<unknown>): Promise<{ toHostBytes: number; fromHostBytes: number }> {
    const before = world.lab.stats
    await work()
    const { nfcBytesReceived, nfcBytesSent } = world.lab.stats
    return {
      toHostBytes: nfcBytesReceived - before.nfcBytesReceived,
      fromHostBytes: nfcBytesSent - before.nfcBytesSent,
    }
  }
  const samplesBytes = 2 * MiB // of what the host calls unallocated, and the talk

  it('goes what the point holds of what changed, and nothing comes back if nobody asks', async () => {
    await changed()
    const moved = await movedBy(() => restore({ verify: false }))
    expect(moved.toHostBytes).toBeGreaterThan(changedBytes / 2)
    expect(moved.toHostBytes).toBeLessThan(changedBytes / 2 + samplesBytes)
    expect(moved.fromHostBytes).toBeLessThan(samplesBytes)
    await expectBack()
  })

  it('comes back what changed, once, to be compared', async () => {
    await changed()
    const moved = await movedBy(restore)
    expect(moved.toHostBytes).toBeLessThan(changedBytes / 2 + samplesBytes)
    expect(moved.fromHostBytes).toBeGreaterThan(changedBytes / 2)
    expect(moved.fromHostBytes).toBeLessThan(changedBytes + samplesBytes)
    await expectBack()
  })

  it('goes nothing twice that an unfinished restore has written: it is compared first', async () => {
    await changed()
    const controller = new AbortController()
    const onEvent = (event: RunEvent) => {
      if (event.type === 'disk-phase' && event.phase === 'verify') controller.abort(new Error('Ctrl-C'))
    }
    await expect(restore({ signal: controller.signal, onEvent })).rejects.toThrow('Ctrl-C')
    const moved = await movedBy(restore)
    expect(details().at(-1)).toMatch(/compared: an earlier restore did not finish/)
    expect(moved.toHostBytes).toBeLessThan(samplesBytes)
    expect(moved.fromHostBytes).toBeLessThan(2 * changedBytes + samplesBytes)
    await expectBack()
  })

  it('keeps a hole a hole where reading back proves it, and writes zeroes where nobody looks', async () => {
    for (const verify of [true, false]) {
      await start()
      const disk = world.lab.vm('web').disk(2000)
      await disk.writeGuest(40 * MiB, bytes(2 * MiB))
      await disk.trimGuest(40 * MiB, 2 * MiB)
      await world.lab.vm('web').power('off')
      await restore({ verify })
      await expectBack()
      await using view = world.lab.storage.openPath(disk.backing.fileName)
      const mapped = await collect(view.allocated({ offsetBytes: 40 * MiB, lengthBytes: 2 * MiB }))
      expect(mapped.length > 0).toBe(!verify)
    }
  })
})
