// Disks that are attached to the machine vmkeep runs on: read there while the guest writes, taken off before the snapshot goes.
import { existsSync, truncateSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunEvent } from '@vmkeep/run'
import type { TransportSettings } from '@vmkeep/transport'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { beProxy, proxy } from '../support/proxy.ts'
import { World } from '../support/world.ts'

const MiB = 2 ** 20
let world: World
let transport: TransportSettings

const start = async (vms: Parameters<typeof World.start>[0]['vms'], more: Parameters<typeof World.start>[0] = {}) => {
  world = await World.start({ ...more, vms: [...vms!, proxy] })
  onTestFinished(() => world[Symbol.asyncDispose]())
  transport = await beProxy(world)
  for (const disk of world.lab.vm('web').disks)
    for (let at = 0; at < 3; at++) await disk.writeGuest(at * 2 * MiB + 512, world.lab.random.bytes(MiB / 2))
}

const web = { name: 'web', cbt: true, disks: [{ capacityBytes: 8 * MiB }, { capacityBytes: 6 * MiB + 512 }] }
const notes = () => world.events.flatMap((event) => (event.type === 'note' ? [event.message] : []))
const proxyDisks = () => world.lab.vm('proxy').disks.map(({ backing }) => backing.fileName)

/** Nothing of ours is anywhere, the proxy has its own disk and no other, and no redo log is left beside the VM's disks. */
const expectClean = () => {
  expect(proxyDisks()).toEqual(['[shared-1] proxy/proxy.vmdk'])
  const files = world.lab.storage.datastore('shared-1').list('web')
  expect(files.filter(({ name }) => name.includes('REDO'))).toEqual([])
  world.expectClean()
}

describe('a disk that is attached to the machine vmkeep runs on', () => {
  beforeEach(() => start([web]))

  it('holds the instant of the snapshot while the guest writes, fulls and increments', async () => {
    const guest = world.lab.vm('web').guest({ kind: 'raw', seed: 'meanwhile', bytesPerSecond: 4 * MiB })
    const first = await world.backupAtInstant('web', { transport })
    expect(first.report).toMatchObject({
      outcome: 'ok',
      vms: [{ disks: [{ transport: 'hotadd', mode: 'full' }, { transport: 'hotadd' }] }],
    })
    await world.expectEqual(first.report.vms[0]!.point, first.instant)
    const second = await world.backupAtInstant('web', { transport })
    expect(second.report).toMatchObject({
      outcome: 'ok',
      vms: [{ disks: [{ transport: 'hotadd', mode: 'incremental' }, { transport: 'hotadd' }] }],
    })
    await guest[Symbol.asyncDispose]()
    await world.expectEqual(second.report.vms[0]!.point, second.instant)
    expectClean()
  })

  it('is attached in a slot of its own, in a mode in which nothing that is written stays', async () => {
    const seen = new Set<string>()
    const look = () => {
      for (const { key, mode, backing } of world.lab.vm('proxy').disks)
        if (key !== 2000) seen.add(`${key} ${mode} ${backing.parent?.fileName}`)
    }
    await world.backup(['web'], { transport }, { onEvent: look })
    expect([...seen].toSorted()).toEqual([
      '2001 independent_nonpersistent [shared-1] web/web.vmdk',
      '2002 independent_nonpersistent [shared-1] web/web_1.vmdk',
    ])
    expectClean()
  })

  it('has its first sector from the host, where the guest it is attached to has changed the signature', async () => {
    world.lab.faults.add({ on: 'machine.disk', then: { do: 'signature' } })
    const { report, instant } = await world.backupAtInstant('web', { transport })
    expect(report).toMatchObject({ outcome: 'ok', vms: [{ disks: [{ transport: 'hotadd' }, {}] }] })
    await world.expectEqual(report.vms[0]!.point, instant)
    expectClean()
  })

  it.each([
    [
      'is another one than was asked for',
      { do: 'wrong-disk' },
      /hotadd failed, nbdssl goes on: .*its first sector is another one/,
    ],
    ['never appears', { do: 'missing' }, /hotadd failed, nbdssl goes on: .*no new device/],
  ] as const)('that %s is not read: the next transport does', async (_, then, said) => {
    world.lab.faults.add({ on: 'machine.disk', then })
    const { report, instant } = await world.backupAtInstant('web', { transport })
    expect(report).toMatchObject({
      outcome: 'ok',
      vms: [{ disks: [{ transport: 'nbdssl' }, { transport: 'nbdssl' }] }],
    })
    expect(notes()).toContainEqual(expect.stringMatching(said))
    await world.expectEqual(report.vms[0]!.point, instant)
    expectClean()
  })

  it('that fails in its midst is read on over the network, and taken off', async () => {
    const { machineRoot } = transport
    const cut = (event: RunEvent) => {
      if (event.type !== 'disk-phase' || event.phase !== 'read') return
      for (const name of ['sdb', 'sdc'])
        if (existsSync(join(machineRoot!, 'dev', name))) truncateSync(join(machineRoot!, 'dev', name), MiB)
    }
    const { report, instant } = await world.backupAtInstant('web', { transport }, { onEvent: cut })
    expect(report).toMatchObject({ outcome: 'ok' })
    expect(notes()).toContainEqual(expect.stringMatching(/^hotadd failed, nbdssl goes on: .*sd[bc]: /))
    await world.expectEqual(report.vms[0]!.point, instant)
    expectClean()
  })

  it('waits for another task that changes the machine', async () => {
    world.lab.faults.add({
      on: 'ReconfigVM_Task',
      object: 'proxy',
      times: 2,
      then: { do: 'fault', type: 'TaskInProgress' },
    })
    world.lab.faults.add({
      on: 'ReconfigVM_Task',
      object: 'proxy',
      after: 4,
      times: 1,
      then: { do: 'fault', type: 'TaskInProgress' },
    })
    const { report, instant } = await world.backupAtInstant('web', { transport })
    expect(report).toMatchObject({
      outcome: 'ok',
      vms: [{ disks: [{ transport: 'hotadd' }, { transport: 'hotadd' }] }],
    })
    await world.expectEqual(report.vms[0]!.point, instant)
    expectClean()
  })

  it('is taken off though the answer to attaching it was lost', async () => {
    world.lab.faults.add({ on: 'ReconfigVM_Task', object: 'proxy', times: 1, then: { do: 'lost-reply' } })
    const { report, instant } = await world.backupAtInstant('web', { transport })
    expect(report).toMatchObject({ outcome: 'ok' })
    await world.expectEqual(report.vms[0]!.point, instant)
    expectClean()
  })

  it('whose change tracking file goes as it is taken off is read whole until its VM is started anew, and the run says why', async () => {
    world.lab.faults.add({ on: 'cbt.detach', object: '*/web.vmdk', times: 1, then: { do: 'delete-tracking-file' } })
    const next = async () => {
      await world.lab.vm('web').disk().writeGuest(MiB, world.lab.random.bytes(MiB))
      const { report, instant } = await world.backupAtInstant('web', { transport })
      await world.expectEqual(report.vms[0]!.point, instant)
      return report.vms[0]!.disks.map(({ mode, cause }) => cause?.code ?? mode)
    }
    expect(await next()).toEqual(['first-backup', 'first-backup'])
    expect(
      world.lab.storage
        .datastore('shared-1')
        .list('web')
        .map(({ name }) => name),
    ).not.toContain('web-ctk.vmdk')
    expect(await next()).toEqual(['change-id-unknown', 'incremental'])
    expect(notes()).toContainEqual(expect.stringMatching(/could not say what changed.* "vmkeep vm cbt reset"/))
    for (const power of ['off', 'on'] as const) await world.lab.vm('web').power(power)
    expect(await next()).toEqual(['tracking-restarted', 'incremental'])
    expect(await next()).toEqual(['incremental', 'incremental'])
    expectClean()
  })

  it('that cannot be taken off is reported, and goes at the next start, before its snapshot is merged', async () => {
    const rule = world.lab.faults.add({
      on: 'ReconfigVM_Task',
      object: 'proxy',
      after: 2,
      then: { do: 'fault', type: 'InvalidState' },
    })
    const report = await world.backup(['web'], { transport })
    expect(report).toMatchObject({ outcome: 'partial', vms: [{ point: expect.any(String) }] })
    expect(notes()).toContainEqual(expect.stringMatching(/web\.vmdk of web is still attached to proxy/))
    expect(proxyDisks()).toHaveLength(3)
    const stillThere = await world.backup(['web'], { transport })
    expect(notes()).toContainEqual(expect.stringMatching(/its disk must be taken off first/))
    expect(stillThere.outcome).not.toBe('ok')
    rule[Symbol.dispose]()
    expect(await world.backup(['web'], { transport })).toMatchObject({ outcome: 'ok' })
    expect(await readdir(join(world.stateFolder, 'journal'))).toEqual([])
    expectClean()
  })
})

describe('is read over the network, with the reason in the plan,', () => {
  const reasons = async (name = 'web') => {
    const { planBackup } = await import('@vmkeep/backup')
    const { collect } = await import('@vmkeep/kit')
    const { listVms } = await import('@vmkeep/vsphere')
    const { options } = await import('../support/world.ts')
    const vms = (await collect(listVms(world.session))).filter((vm) => vm.name === name)
    const request = { session: world.session, repository: undefined, vms, options: { ...options, transport } }
    const [plan] = await planBackup(request, new AbortController().signal)
    return plan!.disks.map((disk) => disk.transport.passedOver.map(({ whyNot }) => whyNot).join())
  }
  const disks = [{ capacityBytes: 8 * MiB }]

  it('what is no SCSI disk, what is encrypted, what its host does not see, what is the machine itself', async () => {
    const odd = [
      { capacityBytes: 8 * MiB, controller: 'sata' as const },
      { capacityBytes: 8 * MiB, controller: 'nvme' as const },
      { capacityBytes: 8 * MiB, encrypted: true },
      { capacityBytes: 8 * MiB, datastore: 'local-2' },
    ]
    await start([{ name: 'web', host: 'esxi-2.lab', disks: odd }])
    await world.lab.vm('proxy').migrate({ host: 'esxi-1.lab' })
    expect(await reasons()).toEqual([
      'it hangs on sata0:0, and only SCSI disks are hot-added',
      'it hangs on nvme0:0, and only SCSI disks are hot-added',
      'it is encrypted, and proxy, which vmkeep runs on, is not',
      'esxi-1.lab, the host of proxy, does not see its datastore',
    ])
    expect(await reasons('proxy')).toEqual(['it is a disk of the machine that vmkeep runs on'])
  })

  it('every disk, where this machine is no VM of this vCenter, several are like it, or it is named wrongly', async () => {
    await start([{ name: 'web', disks }])
    transport = { ...transport, machineRoot: join(world.folder, 'nowhere') }
    expect(await reasons()).toEqual([expect.stringMatching(/^this machine does not tell which VM it is: ENOENT/)])
    transport = { ...transport, proxyVm: 'proxi' }
    expect(await reasons()).toEqual(['no VM is called "proxi", which proxyVm names'])
    transport = { ...transport, proxyVm: 'proxy' }
    expect(await reasons()).toEqual([''])
  })
})

describe('the machine has', () => {
  it('no free place: the network is used', async () => {
    const full = Array.from({ length: 15 }, () => ({ capacityBytes: MiB, controller: 'lsilogic' as const }))
    world = await World.start({ vms: [web, { ...proxy, disks: full }] })
    onTestFinished(() => world[Symbol.asyncDispose]())
    transport = await beProxy(world)
    expect(await world.backup(['web'], { transport })).toMatchObject({
      vms: [{ disks: [{ transport: 'nbdssl' }, {}] }],
    })
    expect(notes()).toContainEqual(expect.stringMatching(/no SCSI controller of proxy.* has a free place/))
    expect(world.lab.vm('proxy').disks).toHaveLength(15)
    world.expectClean()
  })
})
