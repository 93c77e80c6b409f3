// kill -9 in the midst of a disk, by each transport: the next start leaves no snapshot, attached disk, lease, connection, disabled method,
// journal or lock behind, and the backup after it works.
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { cleanUpLeftovers } from '@vmkeep/run'
import { holdEnder, transportNames, type TransportSettings } from '@vmkeep/transport'
import { temporaryFake, whyNoFakeVddk } from '@vmkeep/vddk/testing'
import { readProperties } from '@vmkeep/vsphere'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { writeDisksOfNow } from '../support/fake-vddk.ts'
import { makeLun } from '../support/make-lun.ts'
import { mountDisks } from '../support/mount-datastore.ts'
import { beProxy, proxy } from '../support/proxy.ts'
import { isHeld, vcenterOfLibrary } from '../support/vcenter-of-library.ts'
import { options, World } from '../support/world.ts'
import { startVictim } from './start-victim.ts'

const whyNoVddk = await whyNoFakeVddk()
const capacityBytes = 4 * 2 ** 20
let world: World
let settings: TransportSettings
let methodsBefore: unknown
const made = new AsyncDisposableStack()

beforeAll(async () => {
  const vms = [{ name: 'web', cbt: true, disks: [{ capacityBytes }] }, proxy]
  world = made.use(await World.start({ leaseTimeoutSeconds: 2, datastores: [{ name: 'ds' }], vms }))
  await world.lab
    .vm('web')
    .disk()
    .writeGuest(0, world.lab.random.bytes(2 ** 20))
  const mounted = join(world.folder, 'mounted')
  await mkdir(mounted)
  await mountDisks(world.lab, 'web', mounted)
  const { lunFolder } = await makeLun(world.lab, 'web', world.folder)
  settings = { ...(await beProxy(world)), mountedDatastores: { ds: mounted }, lunFolder }
  methodsBefore = await disabledMethods()
})
afterAll(() => made.disposeAsync())

async function disabledMethods(): Promise<unknown> {
  const request = { type: 'VirtualMachine', ref: world.lab.vm('web').ref, paths: ['disabledMethod'] } as const
  return (await readProperties(world.session, request)).disabledMethod
}

/** Of the VDDK a library whose files hold what the disk holds now. */
async function withLibrary(): Promise<TransportSettings> {
  const fake = made.use(await temporaryFake())
  made.use(await vcenterOfLibrary(fake, world.session))
  await writeDisksOfNow(world.lab, 'web', fake)
  return { ...settings, vddk: { library: fake.root } }
}

it.for(transportNames)('by %s', async (name, context) => {
  if (name === 'vddk' && whyNoVddk !== undefined) return context.skip(whyNoVddk)
  const transport = { ...(name === 'vddk' ? await withLibrary() : settings), order: [name] }
  const work = { kind: 'backup', vms: ['web'], options: { ...options, fullRead: true, transport } } as const
  const at = { event: { type: 'disk-phase', phase: 'read' }, signal: 'SIGKILL' } as const
  {
    await using victim = startVictim(world, work, { at })
    expect(await victim.death).toBe('SIGKILL')
  }
  const { lab, session, stateFolder } = world
  expect(lab.vm('web').snapshots).toHaveLength(1)
  expect(lab.vm('proxy').disks).toHaveLength(name === 'hotadd' ? 2 : 1)
  expect(lab.stats.leasesOpen).toBe(name === 'lease' ? 1 : 0)
  expect(await isHeld(session, lab.vm('web').ref.value)).toBe(name === 'vddk')

  const { kept } = await cleanUpLeftovers({
    endHold: holdEnder(),
    session,
    stateFolder,
    onEvent: (event) => world.events.push(event),
  })
  expect(kept).toEqual([])
  expect(lab.vm('proxy').disks).toHaveLength(1)
  expect(lab.stats).toMatchObject({ leasesOpen: 0, nfcConnections: 0, tasksRunning: 0 })
  expect(await disabledMethods()).toEqual(methodsBefore)
  for (const folder of ['journal', 'locks']) expect(await readdir(join(stateFolder, folder))).toEqual([])
  world.expectClean()

  const again = await world.backupAtInstant('web', { fullRead: true })
  expect(again.report.outcome).toBe('ok')
  await world.expectEqual(again.report.vms[0]!.point, again.instant)
})
