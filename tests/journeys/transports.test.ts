// The ways to a VM's disk: chosen with a reason, checked to be the disk meant, replaced by the next when they fail.
import { mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { restoreInPlace, restoreToOtherVm, restoreToVsphere } from '@vmkeep/restore'
import { defaultTransport, type TransportSettings } from '@vmkeep/transport'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { mountDisks } from '../support/mount-datastore.ts'
import { World } from '../support/world.ts'

const capacityBytes = 24 * 2 ** 20
let world: World
let mounted: string
let transport: TransportSettings

beforeEach(async () => {
  world = await World.start({
    datastores: [{ name: 'nfs', type: 'NFS' }],
    vms: [{ name: 'web', cbt: true, disks: [{ capacityBytes }, { capacityBytes }] }],
  })
  onTestFinished(() => world[Symbol.asyncDispose]())
  mounted = join(world.folder, 'mounted')
  await mkdir(mounted)
  transport = { ...defaultTransport, mountedDatastores: { nfs: mounted } }
  await write(0, 'before any snapshot')
})

/** As its guest would. */
async function write(key: number, text: string): Promise<void> {
  const bytes = Buffer.alloc(3 * 65_536, text)
  for (const disk of world.lab.vm('web').disks) await disk.writeGuest(2 ** 20 * (1 + key), bytes)
}

const notes = () => world.events.flatMap((event) => (event.type === 'note' ? [event.message] : []))

describe('a disk on a datastore that is mounted here', () => {
  it('is read from its files, below the snapshots that are there already, fulls and increments', async () => {
    await world.lab.vm('web').snapshot('an admin')
    await write(1, 'after a snapshot')
    await world.lab.vm('web').snapshot('another')
    await write(2, 'after another')
    await mountDisks(world.lab, 'web', mounted)
    const first = await world.backupAtInstant('web', { transport })
    expect(first.report.vms[0]!.disks).toMatchObject([{ transport: 'file' }, { transport: 'file' }])
    await world.expectEqual(first.report.vms[0]!.point, first.instant)
    await write(3, 'for the increment')
    await mountDisks(world.lab, 'web', mounted)
    const second = await world.backupAtInstant('web', { transport })
    expect(second.report).toMatchObject({
      outcome: 'ok',
      vms: [{ disks: [{ transport: 'file', mode: 'incremental' }, {}] }],
    })
    await world.expectEqual(second.report.vms[0]!.point, second.instant)
    expect(world.lab.stats.nfcConnections).toBe(0)
    world.expectClean(['an admin', 'another'])
  })

  it('is read over the network from where its files fail', async () => {
    await mountDisks(world.lab, 'web', mounted)
    const flat = join(mounted, 'web', 'web-flat.vmdk')
    const { report, instant } = await world.backupAtInstant('web', { transport }, { onEvent: cutAtFirstProgress(flat) })
    expect(report).toMatchObject({ outcome: 'ok', vms: [{ disks: [{ transport: 'nbdssl' }, { transport: 'file' }] }] })
    expect(notes()).toContainEqual(expect.stringMatching(/^file failed, nbdssl goes on: .*web-flat\.vmdk/))
    await world.expectEqual(report.vms[0]!.point, instant)
    world.expectClean()
  })

  const cutAtFirstProgress = (path: string) => {
    let cutting: Promise<void> | undefined
    return ({ type }: { type: string }) => {
      if (type === 'disk-phase') cutting ??= truncate(path, 2 ** 20)
    }
  }

  it.each([
    [
      'of another size',
      async (folder: string) => truncate(join(folder, 'web', 'web-flat.vmdk'), 4096),
      /the file ends here/,
    ],
    ['of another uuid', (folder: string) => changeUuid(join(folder, 'web', 'web.vmdk')), /its uuid is 00 11/],
    ['that is not there', async () => {}, /web\.vmdk is not there/],
  ])('%s is not taken for it', async (name, change, why) => {
    if (name !== 'that is not there') await mountDisks(world.lab, 'web', mounted)
    await change(mounted)
    const { report, instant } = await world.backupAtInstant('web', { transport })
    expect(report).toMatchObject({ outcome: 'ok', vms: [{ disks: [{ transport: 'nbdssl' }, {}] }] })
    expect(notes()).toContainEqual(expect.stringMatching(why))
    await world.expectEqual(report.vms[0]!.point, instant)
  })

  async function changeUuid(path: string): Promise<void> {
    const text = await readFile(path, 'utf8')
    await writeFile(
      path,
      text.replace(/ddb\.uuid = ".*"/, 'ddb.uuid = "00 11 22 33 44 55 66 77-88 99 aa bb cc dd ee ff"'),
    )
  }
})

it.each(['san', 'file', 'hotadd'] as const)(
  'a restore that may use nothing but %s is refused before anything is made or marked: it writes nothing',
  async (name) => {
    const { report } = await world.backupAtInstant('web')
    const how = { transport: { ...transport, order: [name] }, verify: true, powerOn: false } as const
    const { session, repository, stateFolder } = world
    const point = await world.point(report.vms[0]!.point)
    const { signal } = new AbortController()
    const common = { session, repository, stateFolder, point, onEvent: () => {}, signal, ...how }
    const destination = { networkMap: {}, identity: 'auto', connectNetworks: 'auto', disks: [] } as const
    const tasks = world.lab.stats.calls.get('ReconfigVM_Task')
    for (const restoring of [
      restoreToVsphere({ ...common, destination }),
      restoreInPlace({ ...common, disks: [], compareAll: false, powerOff: true }),
      restoreToOtherVm({ ...common, disk: 'Hard disk 1', attachTo: 'web' }),
    ])
      await expect(restoring).rejects.toMatchObject({
        code: 'transport.none-writes',
        message: expect.stringMatching(/add nbdssl to the transports/) as string,
      })
    const { calls } = world.lab.stats
    expect([calls.get('CreateVM_Task'), calls.get('PowerOffVM_Task')]).toEqual([undefined, undefined])
    expect(calls.get('ReconfigVM_Task')).toBe(tasks)
  },
)

it('a disk that no allowed transport reaches is skipped, and said so', async () => {
  const only = { ...transport, order: ['file'] as const, mountedDatastores: {} }
  const report = await world.backup(['web'], { transport: only })
  expect(report.vms[0]).toMatchObject({ outcome: 'skipped' })
  expect(JSON.stringify(report)).toContain('None of the transports allowed (file) reaches it.')
  expect(await readdir(mounted)).toEqual([])
  world.expectClean()
})
