// Trust in change tracking: what it calls unchanged is compared, a lie is an alarm, and it can be started anew.
import { auditVm, switchTracking } from '@vmkeep/backup'
import { collect, systemClock } from '@vmkeep/kit'
import { defaultTransport } from '@vmkeep/transport'
import { listVms, pickVm, type VmSummary } from '@vmkeep/vsphere'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { World } from '../support/world.ts'

const MiB = 2 ** 20
const capacityBytes = 32 * MiB
const dayMs = 24 * 60 * 60_000
let world: World
let vm: VmSummary

beforeEach(async () => {
  world = await World.start({ vms: [{ name: 'web', cbt: true, disks: [{ capacityBytes }] }] })
  onTestFinished(() => world[Symbol.asyncDispose]())
  vm = pickVm(await collect(listVms(world.session)), 'web')
  await scribble('first')
})

/** As its guest would, all over the disk. */
async function scribble(text: string): Promise<void> {
  for (let offsetBytes = 0; offsetBytes < capacityBytes; offsetBytes += 2 * MiB)
    await world.lab.vm('web').disk().writeGuest(offsetBytes, Buffer.alloc(65_536, text))
}

const request = () => ({
  session: world.session,
  repository: world.repository,
  transport: defaultTransport,
  guards: {},
  vm,
  stateFolder: world.stateFolder,
  onEvent: () => {},
  signal: new AbortController().signal,
})
const alarms = () => world.events.filter((event) => event.type === 'note' && event.code === 'tracking-lied')
/** The whole disk in one run: as if the last one were long ago. */
const muchLater = { clock: { ...systemClock, nowMs: () => Date.now() + 100 * dayMs } }

describe('a backup', () => {
  it('finds that change tracking lied, reads the disk whole, and says which points may lack changes', async () => {
    const first = await world.backup(['web'])
    world.lab.faults.add({ on: 'cbt.query', then: { do: 'omit', share: 0.5 } })
    await scribble('second')
    const { report, instant } = await world.backupAtInstant('web', {}, muchLater)
    expect(report.vms[0]!.disks).toMatchObject([{ mode: 'full', cause: { code: 'tracking-lied' } }])
    expect(alarms()).toMatchObject([
      { level: 'error', message: expect.stringContaining(first.vms[0]!.point!) as string },
    ])
    await world.expectEqual(report.vms[0]!.point, instant)
    world.expectClean()
  })

  it('audits a part each time, another one, and reads nothing more where that is switched off', async () => {
    await world.backup(['web'])
    const audited: (number | undefined)[] = []
    for (let run = 0; run < 3; run++) {
      const { report } = await world.backupAtInstant('web', { auditDays: 1 })
      audited.push(report.vms[0]!.disks[0]!.auditedBytes)
      const point = await world.point(report.vms[0]!.point)
      expect(point.disks[0]!.auditedToBytes).toBe((run + 1) * 256 * 1024) // the least: a chunk for no time at all
    }
    expect(audited).toEqual([256 * 1024, 256 * 1024, 256 * 1024])
    const off = await world.backup(['web'], { auditDays: 0 })
    expect(off.vms[0]!.disks[0]).toMatchObject({ mode: 'incremental', auditedBytes: 0 })
    expect(alarms()).toEqual([])
  })
})

describe('an audit by hand', () => {
  it('passes an honest tracking, and a disk that makes no claim is named', async () => {
    expect(await auditVm(request())).toMatchObject({
      honest: true,
      disks: [{ checkedBytes: 0, notAudited: { code: 'first-backup' } }],
    })
    const { vms } = await world.backup(['web'])
    await world.lab
      .vm('web')
      .disk()
      .writeGuest(5 * MiB, Buffer.alloc(65_536, 'changed'))
    const report = await auditVm(request())
    expect(report).toMatchObject({ point: vms[0]!.point, honest: true, disks: [{ differing: [] }] })
    expect(report.disks[0]!.checkedBytes).toBeGreaterThan(0.9 * capacityBytes)
    expect(report.disks[0]!.checkedBytes).toBeLessThan(capacityBytes)
    world.expectClean()
  })

  it('finds every page that tracking has left out', async () => {
    await world.backup(['web'])
    world.lab.faults.add({ on: 'cbt.query', then: { do: 'omit', share: 1 } })
    await scribble('unseen')
    const { honest, disks } = await auditVm(request())
    expect(honest).toBe(false)
    expect(disks[0]!.differing.map(({ offsetBytes }) => offsetBytes)).toEqual(
      Array.from({ length: 16 }, (_, i) => i * 2 * MiB),
    )
    world.expectClean()
  })
})

describe('change tracking', () => {
  it('starts anew by a reset: other change ids, the next backup reads all and is right', async () => {
    await world.backup(['web'])
    const { before, after } = await switchTracking(request(), 'reset')
    expect(after[0]!.changeId).toBeDefined()
    expect(after[0]!.changeId!.split('/')[0]).not.toBe(before[0]!.changeId?.split('/')[0])
    await scribble('after the reset')
    const { report, instant } = await world.backupAtInstant('web')
    expect(report.vms[0]!.disks).toMatchObject([{ mode: 'full', cause: { code: 'tracking-restarted' } }])
    await world.expectEqual(report.vms[0]!.point, instant)
    world.expectClean()
  })

  it('is switched off and on, with effect at once', async () => {
    expect((await switchTracking(request(), 'off')).after).toMatchObject([{ label: 'Hard disk 1' }])
    expect(world.lab.vm('web').disk().backing.changeId).toBeUndefined()
    expect((await switchTracking(request(), 'on')).after[0]!.changeId).toMatch(/\/\d+$/)
    world.expectClean()
  })

  it.each(['on', 'off', 'reset'] as const)('is not switched %s while there are snapshots', async (wanted) => {
    await world.lab.vm('web').snapshot('an admin')
    await expect(switchTracking(request(), wanted)).rejects.toMatchObject({ code: 'backup.tracking-has-snapshots' })
    expect(world.lab.vm('web').storage.changeTracking).toEqual({ configured: true, effective: true })
    world.expectClean(['an admin'])
  })

  it.each(['on', 'off', 'reset'] as const)(
    'is not switched %s where there is no room for its snapshots',
    async (wanted) => {
      const guards = { freeSpace: { minFreeBytes: Number.MAX_SAFE_INTEGER, minFreeShare: 0 } }
      const refused = switchTracking({ ...request(), guards }, wanted)
      await expect(refused).rejects.toMatchObject({ code: 'backup.datastore-too-full' })
      expect(world.lab.vm('web').storage.changeTracking).toEqual({ configured: true, effective: true })
      world.expectClean()
    },
  )

  it('is switched also where vSphere gives no change ids, and the disks are told', async () => {
    world.lab.faults.add({ on: 'cbt.change-id', then: { do: 'empty-change-id' } })
    await expect(switchTracking(request(), 'reset')).resolves.toMatchObject({ after: [{ label: 'Hard disk 1' }] })
    world.expectClean()
  })
})
