// Whatever vSphere does to us ends in success after retry, a full read with its cause, or a clear error. Never in silence, never in a hang.
import { defaultLimits, type VmReport } from '@vmkeep/backup'
import { type Clock, seededRandom, systemClock } from '@vmkeep/kit'
import { parseFaultRule, type VmDescription } from '@vmkeep/lab'
import type { RunEvent } from '@vmkeep/run'
import { defaultTransport } from '@vmkeep/transport'
import { describe, expect, it } from 'vitest'
import { busyGuest, randomWrite } from '../support/guest.ts'
import { World } from '../support/world.ts'

const MiB = 1024 * 1024
const web: VmDescription = { name: 'web', disks: [{ capacityBytes: 8 * MiB, format: 'thin' }] } // small: there are many rows
const patientTransport = { ...defaultTransport, silenceMs: 1000 }

/** A VM with one good restore point, and then the fault. */
async function strickenWorld(
  rules: readonly string[],
  description = web,
): Promise<{ world: World; first: Awaited<ReturnType<World['backupAtInstant']>> }> {
  const world = await World.start({ seed: 'faults', vms: [description] })
  await world.lab
    .vm('web')
    .disk()
    .writeGuest(MiB, seededRandom('web').bytes(3 * MiB))
  const first = await world.backupAtInstant('web')
  expect(first.report.outcome).toBe('ok')
  for (let i = 0; i < 16; i++) await randomWrite(world.lab.vm('web'), seededRandom(`after ${i}`))
  for (const rule of rules) world.lab.faults.add(parseFaultRule(rule))
  return { world, first }
}

describe('a backup succeeds all the same', () => {
  it.each<[string, string[]]>([
    ['when the connection to a host is cut in mid-read', ['nfc.io,after=2,times=2,then=disconnect']],
    ['when half an answer arrives', ['nfc.io,after=1,times=1,then=truncate']],
    ['when a ticket is dead', ['nfc.proxy,times=2,then=dead-ticket', 'nfc.session,times=2,then=dead-ticket']],
    ['when the session dies in mid-read', ['NfcRandomAccessOpenReadonly,times=1,then=expire-session']],
    ['when the session dies before the snapshot is removed', ['RemoveSnapshot_Task,times=1,then=expire-session']],
    ['when the session dies while asking for changes', ['QueryChangedDiskAreas,times=1,then=expire-session']],
    ['when another task is in progress at the snapshot', ['CreateSnapshot*_Task,times=1,then=fault:TaskInProgress']],
    ['when the reply to creating the snapshot is lost', ['CreateSnapshot*_Task,times=1,then=lost-reply']],
    ['when the reply to removing the snapshot is lost', ['RemoveSnapshot_Task,times=1,then=lost-reply']],
    ['when the snapshot task vanishes', ['CreateSnapshot*_Task,times=1,then=vanish-task']],
    ['when a disk is still locked at the removal', ['RemoveSnapshot_Task,times=1,then=task-fault:FileLocked']],
    ['when the removal task vanishes', ['RemoveSnapshot_Task,times=1,then=vanish-task']],
    [
      'when the disks are not merged after the removal',
      ['RemoveSnapshot_Task,times=1,then=leave-consolidation-needed'],
    ],
    [
      'when the VM moves to another host just before its disk is opened',
      ['NfcRandomAccessOpenReadonly,times=1,then=vmotion'],
    ],
    ['when the VM moves while changes are asked for', ['QueryChangedDiskAreas,times=1,then=vmotion']],
    ['when vCenter answers slowly', ['*,chance=0.3,then=delay:50']],
    ['when connections to vCenter are cut while it reads', ['RetrievePropertiesEx,times=2,then=disconnect']],
  ])('%s', async (_name, rules) => {
    const { world, first } = await strickenWorld(rules)
    await using _world = world
    await using _guest = busyGuest(world.lab.vm('web'), 'faults')
    const second = await world.backupAtInstant('web', { transport: patientTransport })
    expect(second.report.vms[0]!.error).toBeUndefined()
    expect(second.report).toMatchObject({ outcome: 'ok', vms: [{ disks: [{ mode: 'incremental' }] }] })
    expect(world.lab.faults.rules.some(({ struck }) => struck > 0)).toBe(true)
    await world.expectEqual(second.report.vms[0]!.point, second.instant)
    await world.expectEqual(first.report.vms[0]!.point, first.instant)
    world.expectClean()
  })
})

/** Every connection to the host breaks; it is back at once. */
function cut({ lab }: World, host: string): void {
  for (const isBack of [false, true]) lab.connectHost(host, isBack)
}

describe('a disk is read to its end although in the midst of it', () => {
  it.each<[string, (world: World, host: string) => Promise<void> | void]>([
    [
      'the VM is moved to another host and the old one cuts the connection',
      async (world, host) => {
        await world.lab.vm('web').migrate()
        cut(world, host)
      },
    ],
    [
      'its host is emptied and taken down for maintenance',
      async ({ lab }, host) => {
        await lab.vm('web').migrate()
        lab.connectHost(host, false)
      },
    ],
    [
      'vCenter restarts, knows no session any more, and connections break',
      (world, host) => {
        world.lab.expireSessions()
        cut(world, host)
      },
    ],
  ])('%s', async (_name, befall) => {
    const { world } = await strickenWorld([])
    await using _world = world
    const befallen: unknown[] = []
    const onEvent = (event: RunEvent) => {
      if (event.type === 'disk-phase' && event.phase === 'read')
        befallen.push(befall(world, world.lab.vm('web').hostName))
    }
    const { report, instant } = await world.backupAtInstant('web', { transport: patientTransport }, { onEvent })
    await Promise.all(befallen)
    expect(report).toMatchObject({ outcome: 'ok', vms: [{ disks: [{ mode: 'incremental' }] }] })
    await world.expectEqual(report.vms[0]!.point, instant)
    world.expectClean()
  })
})

describe('storage vMotion while a disk is read', () => {
  const whileMoving = async (then: (world: World) => void) => {
    const { world, first } = await strickenWorld([])
    let moving: Promise<void> | undefined
    const onEvent = (event: RunEvent) => {
      if (event.type !== 'disk-phase' || event.phase !== 'read') return
      moving = world.lab
        .vm('web')
        .migrate({ datastore: 'shared-2' })
        .then(() => then(world))
    }
    const second = await world.backupAtInstant('web', { transport: patientTransport }, { onEvent })
    await moving
    return { world, first, second }
  }

  it('is told, and what was read is of the instant all the same', async () => {
    const { world, second } = await whileMoving(() => {})
    await using _world = world
    const { outcome, warnings, point } = second.report.vms[0]!
    expect([outcome, warnings.map(({ code }) => code)]).toEqual(['ok', ['storage-moved']])
    expect(warnings[0]!.message).toMatch(/from \[shared-1\] .* to \[shared-2\] /)
    await world.expectEqual(point, second.instant)
    world.expectClean()
  })

  it('is the reason given when the rest can not be read, and the next run does it', async () => {
    const { world, first, second } = await whileMoving((moved) => cut(moved, moved.lab.vm('web').hostName))
    await using _world = world
    expect(second.report).toMatchObject({ outcome: 'failed', vms: [{ error: { code: 'backup.storage-moved' } }] })
    world.expectClean()
    await world.expectEqual(first.report.vms[0]!.point, first.instant)
    const again = await world.backupAtInstant('web')
    expect(again.report.outcome).toBe('ok')
    await world.expectEqual(again.report.vms[0]!.point, again.instant)
  })
})

describe('a datastore with too little room', () => {
  const byOutcome = (a: VmReport, b: VmReport) => a.outcome.localeCompare(b.outcome)
  const freeSpace = { minFreeBytes: 2 ** 30, minFreeShare: 0 }

  it('gets no snapshot: the VM is skipped with the reason', async () => {
    const { world } = await strickenWorld([])
    await using _world = world
    world.lab.storage.datastore('shared-1').fill(2 ** 29)
    const before = world.lab.busiest.snapshotOrder.length
    const report = await world.backup(['web'], { freeSpace })
    expect(report).toMatchObject({ outcome: 'skipped', vms: [{ reasons: [{ code: 'datastore-too-full' }] }] })
    expect(world.lab.busiest.snapshotOrder.length).toBe(before)
  })

  it('gets none either when it filled up while the VM waited for its turn', async () => {
    await using world = await World.start({
      seed: 'filling',
      vms: [web, { ...web, name: 'db' }].map((vm) => ({ ...vm, datastore: 'shared-1' })),
    })
    const limits = { ...defaultLimits, snapshotsPerDatastoreMax: 1 }
    const fill = (event: RunEvent) => {
      if (event.type === 'disk-phase' && event.phase === 'read') world.lab.storage.datastore('shared-1').fill(2 ** 29)
    }
    const report = await world.backup(['web', 'db'], { freeSpace, limits }, { onEvent: fill })
    const outcomes = report.vms.toSorted(byOutcome).map(({ outcome, error }) => [outcome, error?.code])
    expect(outcomes).toEqual([
      ['failed', 'backup.datastore-too-full'],
      ['ok', undefined],
    ])
    world.expectClean()
  })
})

it('a backup that holds its snapshot for too long is called off, with the reason and nothing left', async () => {
  const { world } = await strickenWorld([])
  await using _world = world
  const anHour = Promise.withResolvers<void>()
  const clock: Clock = {
    ...systemClock,
    sleep: (ms, signal) => (ms < 3_600_000 ? systemClock.sleep(ms / 20, signal) : anHour.promise),
  }
  const onEvent = (event: RunEvent) => event.type === 'disk-phase' && event.phase === 'read' && anHour.resolve()
  const report = await world.backup(['web'], { snapshotMaxHours: 1 }, { clock, onEvent })
  expect(report).toMatchObject({ outcome: 'failed', vms: [{ error: { code: 'backup.snapshot-too-old' } }] })
  world.expectClean()
  expect((await world.repository.status()).points).toBe(1)
})

it('a host that falls silent in mid-read costs a connection, not the backup', async () => {
  const { world } = await strickenWorld(['nfc.io,after=1,times=1,then=stall'])
  await using _world = world
  const second = await world.backupAtInstant('web', { transport: patientTransport })
  // The silent host never lets go of the disk it has open, so the snapshot may stay: that is reported, and mended later.
  expect(['ok', 'partial']).toContain(second.report.outcome)
  expect(world.lab.faults.rules[0]!.struck).toBe(1)
  await world.expectEqual(second.report.vms[0]!.point, second.instant)
})

describe('a disk is read whole, and the run says why', () => {
  it.each<[string, string, string]>([
    ['the change id is dead', 'QueryChangedDiskAreas,then=fault:FileFault', 'change-id-unknown'],
    ['the device key is not tracked', 'QueryChangedDiskAreas,then=fault:InvalidArgument', 'change-id-unknown'],
    ['vSphere does not support the question', 'QueryChangedDiskAreas,then=fault:NotSupported', 'change-id-unknown'],
    ['a page of changes does not move on', 'cbt.query,then=stuck-page', 'change-info-invalid'],
    ['a page begins somewhere else', 'cbt.query,then=wrong-start', 'change-info-invalid'],
    ['the snapshot shows no change id', 'cbt.change-id,then=empty-change-id', 'tracking-inactive'],
    ['tracking started anew', 'cbt.stun,times=1,then=reset-change-tracking', 'tracking-restarted'],
  ])('when %s', async (_name, rule, code) => {
    const { world, first } = await strickenWorld([rule])
    await using _world = world
    const second = await world.backupAtInstant('web')
    expect(second.report).toMatchObject({ outcome: 'ok', vms: [{ disks: [{ mode: 'full', cause: { code } }] }] })
    const { sizes } = second.report.vms[0]!.disks[0]!
    expect(sizes.sentBytes).toBeLessThan(sizes.readBytes) // only differences are stored
    await world.expectEqual(second.report.vms[0]!.point, second.instant)
    await world.expectEqual(first.report.vms[0]!.point, first.instant)
    world.expectClean()
  })
})

describe('quiescing', () => {
  it('that fails falls back to crash-consistent under "prefer", and says so', async () => {
    const { world } = await strickenWorld(['CreateSnapshot*_Task,times=1,then=task-fault:ApplicationQuiesceFault'])
    await using _world = world
    const { report, instant } = await world.backupAtInstant('web', { quiesce: 'prefer' })
    expect(report).toMatchObject({ outcome: 'ok', vms: [{ consistency: 'crash' }] })
    expect(world.events).toContainEqual(
      expect.objectContaining({ type: 'note', level: 'warn', code: 'quiesce-failed' }),
    )
    await world.expectEqual(report.vms[0]!.point, instant)
    world.expectClean()
  })

  it('that fails fails the VM under "require", with the way out', async () => {
    const { world } = await strickenWorld(['CreateSnapshot*_Task,then=task-fault:FilesystemQuiesceFault'])
    await using _world = world
    const { report } = await world.backupAtInstant('web', { quiesce: 'require' })
    expect(report).toMatchObject({ outcome: 'failed', vms: [{ error: { code: 'backup.quiesce-required' } }] })
    world.expectClean()
  })

  it('is what vSphere reports, not what was asked for', async () => {
    await using world = await World.start({ seed: 'tools', vms: [web, { ...web, name: 'mute', tools: 'missing' }] })
    const asked = { quiesce: 'prefer' } as const
    expect((await world.backup(['web'], asked)).vms[0]).toMatchObject({ outcome: 'ok', consistency: 'quiesced' })
    expect((await world.backup(['mute'], asked)).vms[0]).toMatchObject({ outcome: 'ok', consistency: 'crash' })
    expect((await world.backup(['mute'], { quiesce: 'require' })).vms[0]).toMatchObject({
      outcome: 'failed',
      error: { code: 'backup.quiesce-required' },
    })
    world.expectClean()
  })
})

describe('a backup fails with a clear error and leaves nothing behind', () => {
  it.each<[string, string, string]>([
    ['vSphere refuses the snapshot', 'CreateSnapshot*_Task,then=task-fault:SnapshotDisabled', 'vsphere.'],
    ['the datastore is full', 'CreateSnapshot*_Task,then=task-fault:NoDiskSpace', 'vsphere.datastore-full'],
    ['the host refuses every read', 'nfc.io,then=error:5', 'backup.reading-disk'],
    ['every connection breaks', 'nfc.io,then=disconnect', 'backup.reading-disk'],
    [
      'the right to read disks is missing',
      'NfcRandomAccessOpenReadonly,then=fault:NoPermission',
      'backup.reading-disk',
    ],
    [
      'the host shows another certificate than vCenter says',
      'NfcRandomAccessOpenReadonly,then=wrong-thumbprint',
      'backup.reading-disk',
    ],
    ['vCenter answers with something that is no XML', 'QueryChangedDiskAreas,then=garbage', 'backup.reading-disk'],
  ])('when %s', async (_name, rule, code) => {
    const { world, first } = await strickenWorld([rule])
    await using _world = world
    const { report } = await world.backupAtInstant('web', { transport: patientTransport })
    expect(report.outcome).toBe('failed')
    expect(report.vms[0]!.error?.code).toContain(code)
    expect(report.vms[0]!.error?.message).toMatch(/web|vm-/)
    if (rule.includes('thumbprint')) expect(report.vms[0]!.error?.message).toMatch(/certificate/)
    await world.expectEqual(first.report.vms[0]!.point, first.instant)
    world.lab.faults.clear()
    world.expectClean()
    expect((await world.backup(['web'])).outcome).toBe('ok')
  })

  it('when somebody else removes our snapshot meanwhile', async () => {
    const { world } = await strickenWorld([])
    await using _world = world
    let removal: Promise<void> | undefined
    const { report } = await world.backupAtInstant(
      'web',
      {},
      {
        onEvent: (event) => {
          if (event.type === 'disk-phase' && event.phase === 'done') removal = world.lab.vm('web').removeSnapshots()
        },
      },
    )
    await removal
    expect(report).toMatchObject({ outcome: 'failed', vms: [{ error: { code: 'backup.snapshot-lost' } }] })
    world.expectClean()
  })

  it('when it is cancelled: other VMs are cleaned up too, and nothing is listed', async () => {
    await using world = await World.start({ seed: 'cancel', vms: ['a', 'b', 'c'].map((name) => ({ ...web, name })) })
    for (const name of ['a', 'b', 'c'])
      await world.lab
        .vm(name)
        .disk()
        .writeGuest(0, seededRandom(name).bytes(8 * MiB))
    const controller = new AbortController()
    const report = await world.backup(
      ['a', 'b', 'c'],
      {},
      {
        signal: controller.signal,
        onEvent: (event) =>
          event.type === 'disk-phase' && event.phase === 'read' && controller.abort(new Error('Ctrl-C')),
      },
    )
    expect(report.outcome).toBe('cancelled')
    expect((await world.repository.status()).points).toBe(0)
    world.expectClean()
  })
})

it('a failed removal is reported, kept in the journal, and mended at the next start', async () => {
  const { world } = await strickenWorld(['RemoveSnapshot_Task,then=task-fault:GenericVmConfigFault'])
  await using _world = world
  const { report, instant } = await world.backupAtInstant('web')
  expect(report).toMatchObject({ outcome: 'partial', vms: [{ outcome: 'partial', point: expect.any(String) }] })
  expect(world.events).toContainEqual(expect.objectContaining({ level: 'error', code: 'run.leftover-not-removed' }))
  await world.expectEqual(report.vms[0]!.point, instant)
  world.lab.faults.clear()
  expect((await world.backup(['web'])).outcome).toBe('ok')
  world.expectClean()
})

it.each<[string, VmDescription, string]>([
  [
    'an independent disk',
    { ...web, disks: [...web.disks!, { capacityBytes: MiB, mode: 'independent_persistent' }] },
    'independent-persistent',
  ],
  [
    'a physical RDM',
    { ...web, power: 'off', disks: [...web.disks!, { capacityBytes: MiB, rdm: 'physical' }] },
    'physical-rdm',
  ],
  [
    'a multi-writer disk',
    { ...web, power: 'off', disks: [...web.disks!, { capacityBytes: MiB, multiwriter: true }] },
    'multi-writer',
  ],
])('%s is left out with its reason, in the run and in the point', async (_name, description, code) => {
  await using world = await World.start({ seed: 'skipped', vms: [description] })
  const report = await world.backup(['web'])
  expect(report.vms[0]!.error).toBeUndefined()
  expect(report).toMatchObject({
    outcome: 'partial',
    vms: [{ outcome: 'partial', skippedDisks: [{ label: 'Hard disk 2', cause: { code } }] }],
  })
  expect((await world.point(report.vms[0]!.point)).skippedDisks).toMatchObject([{ cause: { code } }])
  world.expectClean()
})

it.each([
  ['is locked', 'folder.get,object=*.vmx,then=http-error:500'],
  ['breaks off', 'folder.get,object=*.vmx,then=truncate'],
])('a home file that cannot be had is a warning in report and point, not a failure: it %s', async (_, rule) => {
  await using world = await World.start({ seed: 'home', vms: [web] })
  world.lab.faults.add(parseFaultRule(rule))
  const { vms } = await world.backup(['web'])
  expect(vms[0]!.error).toBeUndefined()
  const told = expect.arrayContaining([expect.objectContaining({ code: 'home-file-missing' })]) as unknown
  expect(vms).toMatchObject([{ outcome: 'ok', warnings: told }])
  expect((await world.point(vms[0]!.point)).warnings).toEqual(told)
  world.expectClean()
})
