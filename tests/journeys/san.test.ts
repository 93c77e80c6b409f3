// Disks read from their datastore's LUN: below snapshots, while the guest writes, and what stands in the way.
import { closeSync, openSync, writeSync } from 'node:fs'
import { open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { defaultTransport, type TransportSettings } from '@vmkeep/transport'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { makeLun } from '../support/make-lun.ts'
import { World } from '../support/world.ts'

const capacityBytes = 24 * 2 ** 20
const mib = 2 ** 20
let world: World
let transport: TransportSettings

async function start(datastore: object = {}, disk: object = {}): Promise<void> {
  world = await World.start({
    datastores: [{ name: 'lun', ...datastore }],
    vms: [{ name: 'web', cbt: true, disks: [{ capacityBytes, ...disk }, { capacityBytes }] }],
  })
  onTestFinished(() => world[Symbol.asyncDispose]())
  transport = { ...defaultTransport, order: ['san', 'nbdssl'], lunFolder: join(world.folder, 'by-id') }
  await write(0, 'before any snapshot')
}

/** As its guest would. */
async function write(key: number, text: string): Promise<void> {
  const bytes = Buffer.alloc(3 * 65_536, text)
  for (const disk of world.lab.vm('web').disks) await disk.writeGuest(mib * (1 + key), bytes)
}

const lun = (like?: Parameters<typeof makeLun>[3]) => makeLun(world.lab, 'web', world.folder, like)
const notes = () => world.events.flatMap((event) => (event.type === 'note' ? [event.message] : []))

/** Writes to the VM while its disks are read: after the snapshot, since the LUN that was made is as it was before. */
function guestMeanwhile() {
  let writing: Promise<void> | undefined
  return (event: { type: string; phase?: string }) => {
    if (event.phase === 'read') writing ??= write(12, 'while it is read')
  }
}

describe('a disk on a LUN that this machine sees', () => {
  beforeEach(() => start())

  it('is read from there, below the snapshots that are there already, while its guest writes; fulls and increments', async () => {
    await world.lab.vm('web').snapshot('an admin')
    await write(1, 'after a snapshot')
    await world.lab.vm('web').snapshot('another')
    await write(2, 'after another')
    await lun()
    const first = await world.backupAtInstant('web', { transport }, { onEvent: guestMeanwhile() })
    expect(notes()).toEqual([])
    expect(first.report.vms[0]!.disks).toMatchObject([{ transport: 'san' }, { transport: 'san' }])
    await world.expectEqual(first.report.vms[0]!.point, first.instant)
    await write(3, 'for the increment')
    await lun()
    const second = await world.backupAtInstant('web', { transport })
    expect(second.report.vms[0]!.disks).toMatchObject([{ transport: 'san', mode: 'incremental' }, { transport: 'san' }])
    await world.expectEqual(second.report.vms[0]!.point, second.instant)
    world.expectClean(['an admin', 'another'])
  })

  it.each([
    ['thin', {}],
    ['lazily zeroed, old bytes below', { format: 'lazy' }],
    ['eagerly zeroed', { format: 'eager' }],
    ['in large blocks', { inLargeBlocks: true }],
    ['behind pointer blocks', { through: 'double-pointer-blocks' }],
  ])('is the same disk, %s', async (_how, like) => {
    await lun(like as Parameters<typeof makeLun>[3])
    const { report, instant } = await world.backupAtInstant('web', { transport })
    expect(notes()).toEqual([])
    expect(report.vms[0]!.disks).toMatchObject([{ transport: 'san' }, { transport: 'san' }])
    await world.expectEqual(report.vms[0]!.point, instant)
  })

  it('is read over the network from where somebody takes its files away', async () => {
    const { path } = await lun()
    const name = Buffer.concat([Buffer.from('web-flat.vmdk'), Buffer.alloc(8)])
    const [entryAt] = await placesOf(path, name)
    const file = openSync(path, 'r+')
    onTestFinished(() => closeSync(file))
    const onEvent = (event: { type: string; phase?: string }) => {
      if (event.phase === 'read') writeSync(file, 'gone', entryAt!)
    }
    const { report, instant } = await world.backupAtInstant('web', { transport }, { onEvent })
    expect(report).toMatchObject({ outcome: 'ok' })
    expect(notes()).toContainEqual(expect.stringMatching(/^san failed, nbdssl goes on: .*web-flat\.vmdk/))
    await world.expectEqual(report.vms[0]!.point, instant)
  })

  it('is not believed where the host says otherwise', async () => {
    await lun()
    for (const disk of world.lab.vm('web').disks) await disk.writeGuest(0, Buffer.from('since the LUN was made'))
    await expectOverNetwork(/at byte 0.*its bytes are others on the LUN/)
  })

  it('is not believed where it lacks what changed since the last point, however little that is', async () => {
    await lun()
    await world.backupAtInstant('web', { transport })
    for (const disk of world.lab.vm('web').disks) await disk.writeGuest(mib + 65_536, Buffer.alloc(4096, 'held back'))
    const { report, instant } = await world.backupAtInstant('web', { transport })
    expect(notes()).toContainEqual(expect.stringMatching(/at byte 1114112: its bytes are others on the LUN/))
    expect(report.vms[0]!.disks).toMatchObject([{ transport: 'nbdssl', mode: 'incremental' }, { transport: 'nbdssl' }])
    await world.expectEqual(report.vms[0]!.point, instant)
  })

  it('is not read from a LUN that is not there, or is another', async () => {
    await expectOverNetwork(/^not read by san: this machine shows no LUNs: ENOENT/)
    const { path } = await lun()
    await overwrite(path, Buffer.from(uuidBytes(world.lab.storage.datastore('lun').url)), Buffer.alloc(16, 7))
    await expectOverNetwork(/the volume on naa\.6[0-9a-f]+ is 07070707/)
    await rename(path, `${path}-gone`)
    await expectOverNetwork(
      /^not read by san: the LUN naa\.6[0-9a-f]{31} of the datastore lun is not visible to this machine/,
    )
    await rm(`${path}-gone`)
  })
})

describe('a disk that lies on no LUN of ours', () => {
  it.each([
    ['NFS', { type: 'NFS' }, {}, /^not read by san: .*is a share of NFS, not a LUN: mount it/],
    ['vSAN', { type: 'vsan' }, {}, /^not read by san: .*is vSAN, whose objects lie on the hosts' own disks/],
    ['vVol', { type: 'VVOL' }, {}, /^not read by san: .*is made of vVols/],
    ['a local disk', { host: 'esxi-1.lab' }, {}, /^not read by san: .*is on a local disk of its host/],
    ['encrypted', {}, { encrypted: true }, /^not read by san: the disk is encrypted; only its host can read it/],
  ])('%s: is read over the network, and the plan knew why', async (_what, datastore, disk, why) => {
    await start(datastore, disk)
    await expectOverNetwork(why)
  })
})

async function expectOverNetwork(why: RegExp): Promise<void> {
  const { report, instant } = await world.backupAtInstant('web', { transport })
  expect(notes()).toContainEqual(expect.stringMatching(why))
  expect(report).toMatchObject({ outcome: 'ok', vms: [{ disks: [{ transport: 'nbdssl' }, {}] }] })
  await world.expectEqual(report.vms[0]!.point, instant)
  world.events.length = 0
}

async function placesOf(path: string, found: Buffer): Promise<number[]> {
  const bytes = await readFile(path)
  const places: number[] = []
  for (let at = bytes.indexOf(found); at >= 0; at = bytes.indexOf(found, at + 1)) places.push(at)
  return places
}

async function overwrite(path: string, found: Buffer, by: Buffer): Promise<void> {
  const places = await placesOf(path, found)
  await using file = await open(path, 'r+')
  for (const at of places) await file.write(by, 0, by.length, at)
}

function uuidBytes(url: string): Buffer {
  const [a, b, c, d] = url.split('/').at(-2)!.split('-') as [string, string, string, string]
  const reversed = (hex: string) => Buffer.from(hex, 'hex').reverse()
  return Buffer.concat([reversed(a), reversed(b), reversed(c), Buffer.from(d, 'hex')])
}
