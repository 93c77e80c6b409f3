// A restored disk is the disk: as files, and as a new VM, on vCenter and on a bare ESXi host.
import { execFileSync } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { openRawFile } from '@vmkeep/disk'
import { seededRandom } from '@vmkeep/kit'
import {
  type Destination,
  restoreNvramInPlace,
  restoreToFiles,
  restoreToOtherVm,
  restoreToVsphere,
} from '@vmkeep/restore'
import { defaultTransport } from '@vmkeep/transport'
import { openVmdk } from '@vmkeep/vmdk'
import { describePlace, readTags, readVm } from '@vmkeep/vsphere'
import { describe, expect, it } from 'vitest'
import { judgeTest } from '../judges/judge.ts'
import { firstDifference, World } from '../support/world.ts'

const MiB = 1024 * 1024
const anywhere: Destination = { networkMap: {}, identity: 'auto', connectNetworks: 'auto', disks: [] }

async function protectedWorld(mode: 'vcenter' | 'esxi' = 'vcenter') {
  const disks = [
    { capacityBytes: 24 * MiB, format: 'thin' as const },
    { capacityBytes: 9 * MiB, format: 'eager' as const },
  ]
  const world = await World.start({
    seed: 'restore',
    mode,
    vms: [{ name: 'web', disks, firmware: 'efi', cpus: 3, memoryMb: 3072 }],
  })
  for (const disk of world.lab.vm('web').disks) await disk.writeGuest(MiB, seededRandom(disk.key).bytes(5 * MiB))
  const { report, instant } = await world.backupAtInstant('web')
  expect(report.outcome).toBe('ok')
  return { world, instant, point: await world.point(report.vms[0]!.point) }
}

const toFiles = (
  world: World,
  point: Awaited<ReturnType<World['point']>>,
  change: Partial<Parameters<typeof restoreToFiles>[0]> = {},
) =>
  restoreToFiles({
    repository: world.repository,
    point,
    folder: join(world.folder, 'out'),
    format: 'raw',
    disks: [],
    verify: true,
    onEvent: (event) => world.events.push(event),
    signal: new AbortController().signal,
    ...change,
  })

const toVsphere = (
  world: World,
  point: Awaited<ReturnType<World['point']>>,
  change: Partial<Parameters<typeof restoreToVsphere>[0]> = {},
) =>
  restoreToVsphere({
    session: world.session,
    repository: world.repository,
    point,
    destination: anywhere,
    transport: defaultTransport,
    verify: true,
    powerOn: false,
    stateFolder: world.stateFolder,
    onEvent: (event) => world.events.push(event),
    signal: new AbortController().signal,
    ...change,
  })

describe('at backup time', () => {
  it('says whether a new VM could be made, and what it would lack', async () => {
    const disks = [{ capacityBytes: 2 * MiB }]
    const odd = { name: 'odd', power: 'off', disks, passthrough: true, virtualTpm: true, encrypted: true } as const
    await using world = await World.start({ seed: 'odd', vms: [odd, { name: 'plain', disks }] })
    const { vms } = await world.backup(['odd', 'plain'])
    const [first, second] = ['odd', 'plain'].map((name) => vms.find(({ vm }) => vm === name))
    expect(first!.warnings.map(({ code }) => code)).toEqual(['vtpm', 'encrypted', 'recreate-incomplete'])
    expect(second!.warnings).toEqual([])
    const point = await world.point(first!.point)
    expect(point.warnings).toEqual(first!.warnings)
    expect(point.recreate).toMatchObject({ possible: true, reasons: [] })
    const losses = point.recreate!.losses.map(({ code }) => code)
    expect(losses).toEqual(['device-left-out', 'device-left-out', 'encryption-off'])
    expect((await world.point(second!.point)).recreate).toEqual({ possible: true, reasons: [], losses: [] })
  })
})

describe('to files', () => {
  it.each(['raw', 'monolithicFlat', 'monolithicSparse', 'streamOptimized'] as const)(
    'as %s, byte for byte, with the config beside it',
    async (format) => {
      const { world, instant, point } = await protectedWorld()
      await using _world = world
      const report = await toFiles(world, point, { format })
      expect(report).toMatchObject({ verified: true, disks: [{ label: 'Hard disk 1' }, { label: 'Hard disk 2' }] })
      for (const [i, { target }] of report.disks.entries()) {
        await using disk = await (format === 'raw' ? openRawFile(target) : openVmdk(target))
        expect(await firstDifference(disk, instant.get(point.disks[i]!.key)!)).toBeUndefined()
      }
      const names = await readdir(join(world.folder, 'out'))
      expect(names.filter((name) => name.endsWith('.partial'))).toEqual([])
      expect(names).toEqual(expect.arrayContaining(['web-config.xml', 'web.vmx']))
    },
  )

  judgeTest('qemu-img agrees that every VMDK equals the raw disk', ['qemu-img'], async ({ 'qemu-img': qemuImg }) => {
    const { world, point } = await protectedWorld()
    await using _world = world
    const raw = await toFiles(world, point, { folder: join(world.folder, 'raw') })
    for (const format of ['monolithicFlat', 'monolithicSparse', 'streamOptimized'] as const) {
      const vmdk = await toFiles(world, point, { format, folder: join(world.folder, format) })
      for (const [i, { target }] of vmdk.disks.entries())
        expect(
          execFileSync(qemuImg, ['compare', '-f', 'raw', '-F', 'vmdk', raw.disks[i]!.target, target], {
            encoding: 'utf8',
          }),
        ).toContain('identical')
    }
  })

  it('one disk only, named by its address', async () => {
    const { world, point } = await protectedWorld()
    await using _world = world
    const report = await toFiles(world, point, { disks: [point.disks[1]!.address] })
    expect(report.disks.map(({ label }) => label)).toEqual(['Hard disk 2'])
    await expect(toFiles(world, point, { disks: ['scsi9:9'] })).rejects.toMatchObject({ code: 'restore.no-such-disk' })
  })

  it('files of the VM alone, or its nvram back into it while it is off', async () => {
    const { world, point } = await protectedWorld()
    await using _world = world
    const names = async () => (await readdir(join(world.folder, 'out'))).toSorted()
    const { files } = await toFiles(world, point, { homeFiles: ['nvram'] })
    expect(files.map((file) => basename(file))).toEqual(['web.nvram'])
    await toFiles(world, point, { homeFiles: ['vmx'] }) // beside it: neither is a whole restore
    expect(await names()).toEqual(['web.nvram', 'web.vmx'])
    await expect(toFiles(world, point, { homeFiles: ['vmx'] })).rejects.toMatchObject({
      code: 'restore.target-exists',
      message: expect.stringContaining('web.vmx, perhaps of an earlier restore') as string,
    })
    const { session, repository, stateFolder } = world
    const { signal } = new AbortController()
    const back = () =>
      restoreNvramInPlace({ session, repository, stateFolder, point, signal, verify: true, onEvent: () => {} })
    await expect(back()).rejects.toMatchObject({ code: 'restore.not-in-place' })
    await world.lab.vm('web').power('off')
    const path = world.lab
      .vm('web')
      .disks[0]!.backing.fileName.replace(/^\[(.+)\] (.+)\.vmdk$/, '$1|$2.nvram')
      .split('|')
    const datastore = world.lab.storage.datastore(path[0]!)
    const saved = await datastore.readFile(path[1]!)
    datastore.writeFile(path[1]!, 'spoilt')
    expect(await back()).toMatchObject({ vm: 'web', verified: true, files: [`[${path[0]}] ${path[1]}`] })
    expect(Buffer.compare(await datastore.readFile(path[1]!), saved)).toBe(0)
    const without = { ...point, homeFiles: [] }
    await expect(toFiles(world, without, { homeFiles: ['nvram'] })).rejects.toMatchObject({
      code: 'restore.no-such-file',
    })
  })

  it('never over a file that is there', async () => {
    const { world, point } = await protectedWorld()
    await using _world = world
    await toFiles(world, point)
    await expect(toFiles(world, point)).rejects.toMatchObject({ code: 'restore.target-exists' })
  })
})

describe('to vSphere', () => {
  it.each(['vcenter', 'esxi'] as const)('as a new VM on %s, while the original lives', async (mode) => {
    const { world, instant, point } = await protectedWorld(mode)
    await using _world = world
    const report = await toVsphere(world, point)
    expect(report.vm).toBe(`web-restored-${point.createdAt.slice(0, 10)}`)
    expect(report.warnings.map(({ code }) => code)).toContain('networks-disconnected')
    const restored = world.lab.vm(report.vm)
    expect(restored.disks.map(({ capacityBytes }) => capacityBytes)).toEqual([24 * MiB, 9 * MiB])
    for (const [i, disk] of restored.disks.entries()) {
      await using view = world.lab.storage.openPath(disk.backing.fileName)
      expect(await firstDifference(view, instant.get(point.disks[i]!.key)!)).toBeUndefined()
    }
    world.expectClean()
  })

  it('under its own name once the original is gone, and it can be started and backed up again', async () => {
    const { world, point } = await protectedWorld()
    await using _world = world
    await world.lab.vm('web').power('off')
    await destroy(world, 'web')
    const destination = { ...anywhere, provisioning: 'thin' } as const
    const report = await toVsphere(world, point, { destination, powerOn: true })
    expect(report.vm).toBe('web')
    const backings = (await readVm(world.session, world.lab.vm('web').ref)).disks
    expect(backings.map(({ thinProvisioned, changeId }) => ({ thinProvisioned, changeId }))).toEqual([
      { thinProvisioned: true, changeId: undefined }, // change tracking is off until a backup starts it anew
      { thinProvisioned: true, changeId: undefined },
    ])
    expect(world.lab.vm('web').powerState).toBe('on')
    const again = await world.backupAtInstant('web')
    expect(again.report).toMatchObject({ outcome: 'ok', vms: [{ disks: [{ mode: 'full' }, { mode: 'full' }] }] })
    await world.expectEqual(again.report.vms[0]!.point, again.instant)
  })

  it('with the custom attributes and tags it had, as far as there are such', async () => {
    const vm = { name: 'web', disks: [{ capacityBytes: 2 * MiB }] }
    const customValues = { owner: 'web team', 'Cost center': '42' }
    await using world = await World.start({
      seed: 'tags',
      customFields: ['owner', 'Cost center'],
      vms: [{ ...vm, customValues, tags: ['env:prod', 'tier:1'] }],
    })
    const { report } = await world.backupAtInstant('web')
    const point = await world.point(report.vms[0]!.point)
    expect(point.place.tags).toEqual([
      { category: 'env', name: 'prod' },
      { category: 'tier', name: '1' },
    ])
    const gone = { category: 'env', name: 'gone' }
    const place = { ...point.place, tags: [...point.place.tags!, gone], customValues: { ...customValues, gone: 'x' } }
    const restored = await toVsphere(world, { ...point, place })
    const codes = restored.warnings.map(({ code }) => code)
    expect(codes).toEqual(['mac-in-use', 'networks-disconnected', 'attribute-not-restored', 'tag-not-restored'])
    const { ref } = world.lab.vm(restored.vm)
    expect((await readTags(world.session)).known.get(ref.value)).toEqual(point.place.tags)
    const read = await readVm(world.session, ref)
    expect((await describePlace(world.session, read)).customValues).toEqual(customValues)
  })

  it('leaves no half VM when it is cancelled', async () => {
    const { world, point } = await protectedWorld()
    await using _world = world
    const controller = new AbortController()
    const reason = new Error('Ctrl-C')
    const cancelled = toVsphere(world, point, {
      signal: controller.signal,
      onEvent: (event) => event.type === 'disk-phase' && event.phase === 'write' && controller.abort(reason),
    })
    await expect(cancelled).rejects.toBe(reason)
    expect(world.lab.state().vms.map(({ name }) => name)).toEqual(['web'])
    expect(await readdir(join(world.stateFolder, 'journal'))).toEqual([])
  })

  it('refuses a name that is taken', async () => {
    const { world, point } = await protectedWorld()
    await using _world = world
    await expect(toVsphere(world, point, { destination: { ...anywhere, name: 'web' } })).rejects.toMatchObject({
      code: 'restore.vm-exists',
    })
  })
})

describe('one disk to another VM', () => {
  const otherDisk = { capacityBytes: 2 * MiB }
  async function withOther(power: 'on' | 'off') {
    const world = await World.start({
      seed: 'attach',
      vms: [
        { name: 'web', disks: [{ capacityBytes: 3 * MiB }, { capacityBytes: 9 * MiB, format: 'eager' }] },
        { name: 'db', power, disks: [otherDisk] },
      ],
    })
    for (const disk of world.lab.vm('web').disks) await disk.writeGuest(MiB, seededRandom(disk.key).bytes(MiB))
    const { report, instant } = await world.backupAtInstant('web')
    return { world, instant, point: await world.point(report.vms[0]!.point) }
  }
  const attach = (
    world: World,
    point: Awaited<ReturnType<World['point']>>,
    change: Partial<Parameters<typeof restoreToOtherVm>[0]> = {},
  ) =>
    restoreToOtherVm({
      session: world.session,
      repository: world.repository,
      point,
      disk: 'scsi0:1',
      attachTo: 'db',
      transport: defaultTransport,
      verify: true,
      stateFolder: world.stateFolder,
      onEvent: (event) => world.events.push(event),
      signal: new AbortController().signal,
      ...change,
    })
  const expectNothingNew = async (world: World) => {
    expect(world.lab.state().vms.map(({ name }) => name)).toEqual(['web', 'db'])
    expect(world.lab.vm('db').disks).toHaveLength(1)
    expect(await readdir(join(world.stateFolder, 'journal'))).toEqual([])
    world.expectClean()
  }

  it.each([
    ['on', undefined, 'scsi0:1'],
    ['off', 'scsi0:5', 'scsi0:5'],
  ] as const)('that is %s, byte for byte', async (power, slot, address) => {
    const { world, point, instant } = await withOther(power)
    await using _world = world
    const report = await attach(world, point, { slot })
    expect(report).toMatchObject({ vm: 'db', verified: true, disks: [{ label: 'Hard disk 2', address }] })
    expect(world.lab.state().vms.map(({ name }) => name)).toEqual(['web', 'db'])
    const { disks, powerState } = world.lab.vm('db')
    expect({ count: disks.length, powerState }).toEqual({ count: 2, powerState: power })
    expect(disks[1]!.backing).toMatchObject({ fileName: report.disks[0]!.target })
    expect(disks[1]!.backing.fileName).toMatch(/^\[.+\] db\/vmkeep-.*-scsi0-1\.vmdk$/)
    if (power === 'on') await world.lab.vm('db').power('off') // what runs holds its disks locked
    await using view = world.lab.storage.openPath(disks[1]!.backing.fileName)
    expect(await firstDifference(view, instant.get(2001)!)).toBeUndefined()
    expect(await readdir(join(world.stateFolder, 'journal'))).toEqual([])
    world.expectClean()
  })

  it('refuses what cannot be before anything is made', async () => {
    const { world, point } = await withOther('on')
    await using _world = world
    const slots = ['scsi0:0', 'scsi0:7', 'scsi3:0', 'ide0:1', 'floppy0:0'] // taken, its own, no controller, not while it runs, no disk's
    for (const slot of slots)
      await expect(attach(world, point, { slot })).rejects.toMatchObject({ code: 'restore.not-attachable' })
    await expect(attach(world, point, { attachTo: 'nobody' })).rejects.toMatchObject({ code: 'vsphere.vm-not-found' })
    await expect(attach(world, point, { disk: 'scsi9:9' })).rejects.toMatchObject({ code: 'restore.no-such-disk' })
    await expectNothingNew(world)
  })

  it('leaves nothing when it is cancelled, or when the target refuses the disk', async () => {
    const { world, point } = await withOther('off')
    await using _world = world
    const controller = new AbortController()
    const reason = new Error('Ctrl-C')
    const cancelled = attach(world, point, {
      signal: controller.signal,
      onEvent: (event) => event.type === 'disk-phase' && event.phase === 'verify' && controller.abort(reason),
    })
    await expect(cancelled).rejects.toBe(reason)
    await expectNothingNew(world)
    const paths: string[] = []
    const refused = attach(world, point, {
      onEvent: (event) => {
        if (event.type !== 'disk-phase' || event.phase !== 'verify') return
        paths.push(world.lab.vm(world.lab.state().vms.at(-1)!.name).disks[0]!.backing.fileName)
        world.lab.faults.add({
          on: 'ReconfigVM_Task',
          object: 'db',
          then: { do: 'task-fault', type: 'GenericVmConfigFault' },
        })
      },
    })
    await expect(refused).rejects.toThrow()
    await expectNothingNew(world)
    expect(() => world.lab.storage.openPath(paths[0]!)).toThrow()
  })
})

async function destroy(world: World, name: string): Promise<void> {
  await world.session.call('Destroy_Task', { _this: world.lab.vm(name).ref })
  await world.lab.settled()
}
