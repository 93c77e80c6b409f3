// What a restore point holds equals the disk at the snapshot's instant, while the guest goes on writing.
import { seededRandom } from '@vmkeep/kit'
import type { VmDescription } from '@vmkeep/lab'
import { readProperties, waitForTask } from '@vmkeep/vsphere'
import { describe, expect, it } from 'vitest'
import { busyGuest, randomWrite } from '../support/guest.ts'
import { World } from '../support/world.ts'

const MiB = 1024 * 1024
const disk = (format: 'thin' | 'thick' | 'eager' = 'thin', capacityBytes = 32 * MiB) => ({ capacityBytes, format })

describe('a restore point equals the instant of its snapshot', () => {
  it.each<[string, VmDescription]>([
    ['a thin disk', { name: 'web', disks: [disk('thin')] }],
    ['a lazy-zeroed disk', { name: 'web', disks: [disk('thick')] }],
    ['an eager-zeroed disk', { name: 'web', disks: [disk('eager')] }],
    ['four disks', { name: 'web', disks: [disk('thin'), disk('thick'), disk('eager'), disk('thin', 8 * MiB + 512)] }],
    ['a VM that is off', { name: 'web', power: 'off', disks: [disk()] }],
    [
      'a VM with a snapshot of its owner',
      { name: 'web', cbt: true, disks: [disk()], snapshots: [{ name: 'before upgrade' }] },
    ],
    ['a disk on NFS', { name: 'web', datastore: 'shared-2', disks: [disk()] }],
  ])('for %s, full and incremental', async (_name, description) => {
    await using world = await World.start({ seed: 'instant', vms: [description] })
    const vm = world.lab.vm('web')
    const foreign = vm.snapshots.map(({ name }) => name)
    for (const each of vm.disks) await each.writeGuest(MiB, seededRandom(each.key).bytes(3 * MiB))
    await using _guest = busyGuest(vm, 'busy')
    const full = await world.backupAtInstant('web')
    expect(full.report.outcome).toBe('ok')
    await world.expectEqual(full.report.vms[0]!.point, full.instant)
    const increment = await world.backupAtInstant('web')
    expect(increment.report.outcome).toBe('ok')
    for (const each of increment.report.vms[0]!.disks)
      expect([each.label, each.mode, each.cause]).toEqual([each.label, 'incremental', undefined])
    await world.expectEqual(increment.report.vms[0]!.point, increment.instant)
    await world.expectEqual(full.report.vms[0]!.point, full.instant)
    world.expectClean(foreign)
  })

  it.each<[string, (world: World) => Promise<unknown>, string | undefined]>([
    ['a vMotion', (world) => world.lab.vm('web').migrate(), undefined],
    ['a storage vMotion', (world) => world.lab.vm('web').migrate({ datastore: 'shared-2' }), undefined],
    [
      'a TRIM',
      (world) =>
        world.lab
          .vm('web')
          .disk()
          .trimGuest(2 * MiB, 4 * MiB),
      undefined,
    ],
    [
      'a power cycle',
      async (world) => [await world.lab.vm('web').power('off'), await world.lab.vm('web').power('on')],
      undefined,
    ],
    [
      'a power failure that loses track',
      async ({ lab }) => {
        lab.faults.add({ on: 'cbt.power-loss', then: { do: 'reset-change-tracking' } })
        await lab.vm('web').power('off', { hard: true })
        await lab.vm('web').power('on')
      },
      'tracking-restarted',
    ],
    ['growth of the disk', (world) => world.lab.vm('web').grow(undefined, 48 * MiB), 'capacity-changed'],
    ['a reset of change tracking', (world) => resetTracking(world), 'tracking-restarted'],
    [
      'a migration that switched change tracking off, as HCX does',
      async ({ lab }) => {
        await lab.vm('web').storage.setChangeTracking(false)
        await lab.vm('web').migrate({ datastore: 'shared-2' })
        await lab.vm('web').snapshot('stun')
        await lab.vm('web').removeSnapshots()
      },
      'tracking-restarted',
    ],
    ['another disk came into its place, under the same key', putAnotherDisk, 'disk-replaced'],
  ])('after %s between two backups', async (_name, happen, cause) => {
    await using world = await World.start({ seed: 'between', vms: [{ name: 'web', disks: [disk()] }] })
    const vm = world.lab.vm('web')
    await vm.disk().writeGuest(MiB, seededRandom('between').bytes(6 * MiB))
    const first = await world.backupAtInstant('web')
    await happen(world)
    await randomWrite(vm, seededRandom('after'))
    const second = await world.backupAtInstant('web')
    expect(second.report).toMatchObject({
      outcome: 'ok',
      vms: [{ disks: [cause === undefined ? { mode: 'incremental' } : { mode: 'full', cause: { code: cause } }] }],
    })
    await world.expectEqual(second.report.vms[0]!.point, second.instant)
    await world.expectEqual(first.report.vms[0]!.point, first.instant)
    world.expectClean()
  })

  it.each(['before', 'after'])(
    'after its admin reverted to a snapshot taken %s the first of two backups',
    async (when) => {
      const described = { name: 'web', cbt: true, disks: [disk('thin', 8 * MiB)] }
      await using world = await World.start({ seed: 'revert', vms: [described] })
      const vm = world.lab.vm('web')
      const write = (text: string) => vm.disk().writeGuest(MiB, seededRandom(text).bytes(2 * MiB))
      const snapshot = async () => await vm.snapshot('an admin')
      await write('old')
      const early = when === 'before' ? await snapshot() : undefined
      await write('of the first backup')
      const first = await world.backupAtInstant('web')
      const taken = early ?? (await snapshot())
      await write('lost by the revert')
      const request = { _this: taken, suppressPowerOn: false } as const
      await waitForTask(world.session, await world.session.call('RevertToSnapshot_Task', request), {})
      await vm.disk().writeGuest(5 * MiB, seededRandom('since').bytes(MiB))
      const second = await world.backupAtInstant('web')
      expect(second.report).toMatchObject({
        outcome: 'ok',
        vms: [{ disks: [{ mode: 'full', cause: { code: 'tracking-restarted' } }] }],
      })
      await world.expectEqual(second.report.vms[0]!.point, second.instant)
      await world.expectEqual(first.report.vms[0]!.point, first.instant)
      world.expectClean(['an admin'])
    },
  )

  it('over ten generations of random writes and trims, in every generation again', async () => {
    const seed = process.env['VMKEEP_TEST_SEED'] ?? String(Date.now())
    await using world = await World.start({
      seed,
      vms: [{ name: 'web', disks: [disk('thin'), disk('thick', 12 * MiB)] }],
    })
    const random = seededRandom(seed)
    const made: Awaited<ReturnType<World['backupAtInstant']>>[] = []
    for (let generation = 0; generation < 10; generation++) {
      for (let i = 0; i < 20; i++) await randomWrite(world.lab.vm('web'), random, 0.3)
      made.push(await world.backupAtInstant('web'))
    }
    for (const [generation, { report, instant }] of made.entries()) {
      expect(report, `seed ${seed}, generation ${generation}`).toMatchObject({
        outcome: 'ok',
        vms: [{ disks: [{ mode: generation === 0 ? 'full' : 'incremental' }, {}] }],
      })
      await world.expectEqual(report.vms[0]!.point, instant)
    }
    world.expectClean()
  })

  it('for a sparse disk of 3 TiB with more than 10,000 changed extents, reading only what changed', async () => {
    const capacityBytes = 3 * 1024 ** 4
    await using world = await World.start({
      seed: 'big',
      vms: [{ name: 'big', disks: [{ capacityBytes, format: 'thin' }] }],
    })
    const target = world.lab.vm('big').disk()
    const block = seededRandom('big').bytes(512)
    const scatter = async (count: number, phase: number) => {
      const strideBytes = Math.floor(capacityBytes / count / MiB) * MiB
      for (let i = 0; i < count; i++) await target.writeGuest(i * strideBytes + phase * 512, block)
    }
    await scatter(200, 0)
    const full = await world.backupAtInstant('big')
    await world.expectEqual(full.report.vms[0]!.point, full.instant)
    await scatter(10_500, 1)
    const increment = await world.backupAtInstant('big')
    const [report] = increment.report.vms[0]!.disks
    expect(report).toMatchObject({ mode: 'incremental', sizes: { readBytes: 10_500 * 262_144 } })
    await world.expectEqual(increment.report.vms[0]!.point, increment.instant)
    expect(world.lab.stats.calls.get('QueryChangedDiskAreas')).toBeGreaterThan(10) // more than one page, twice
    world.expectClean()
  })
})

/** Takes the VM's disk away and adds an empty one in its place: the key is the same, the file is another. */
async function putAnotherDisk({ lab, session }: World): Promise<void> {
  const { ref, disks } = lab.vm('web')
  const path = 'config.hardware.device'
  const request = { type: 'VirtualMachine', ref, paths: [path] } as const
  const device = (await readProperties(session, request))[path]!.find(({ $type }) => $type === 'VirtualDisk')!
  const { capacityInKB, controllerKey, unitNumber, backing } = device as Extract<
    typeof device,
    { readonly $type: 'VirtualDisk' }
  >
  const { diskMode } = backing as { readonly diskMode: string }
  const empty = {
    $type: 'VirtualDisk',
    key: -1,
    controllerKey,
    unitNumber,
    capacityInKB,
    backing: { $type: 'VirtualDiskFlatVer2BackingInfo', fileName: '[shared-1]', diskMode, thinProvisioned: true },
  } as const
  for (const change of [
    { operation: 'remove', device: device as never },
    { operation: 'add', fileOperation: 'create', device: empty },
  ] as const) {
    const deviceChange = [{ $type: 'VirtualDeviceConfigSpec', ...change }] as const
    await waitForTask(session, await session.call('ReconfigVM_Task', { _this: ref, spec: { deviceChange } }), {})
  }
  expect(lab.vm('web').disks.map(({ key }) => key)).toEqual(disks.map(({ key }) => key))
}

/** As an admin does: change tracking off and on, each taking effect at a stun. */
async function resetTracking(world: World): Promise<void> {
  const vm = world.lab.vm('web')
  for (const enabled of [false, true]) {
    await vm.storage.setChangeTracking(enabled)
    await vm.snapshot('stun')
    await vm.removeSnapshots()
  }
}
