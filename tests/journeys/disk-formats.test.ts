// Every format of disk, on every kind of datastore, with change tracking in every state: what vSphere says is in use, what is read, what
// is stored, and as what the disk comes back. One lab for all cells, so that it is quick.
import { endOf } from '@vmkeep/disk'
import { collect, seededRandom } from '@vmkeep/kit'
import type { DiskFormat, VmDescription } from '@vmkeep/lab'
import { restoreToVsphere } from '@vmkeep/restore'
import type { RunReport } from '@vmkeep/backup'
import { defaultTransport } from '@vmkeep/transport'
import { changedExtents } from '@vmkeep/vsphere'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { firstDifference, type Instant, World } from '../support/world.ts'

const MiB = 1024 * 1024
const capacityBytes = 8 * MiB
const writtenBytes = 2 * MiB
const changedBytes = 256 * 1024

const formats = ['thin', 'lazy', 'eager'] as const
const trackings = ['enabled without a snapshot', 'enabled with a snapshot', 'off'] as const
const datastores = ['VMFS', 'NFS', 'vsan', 'VVOL'] as const
type Format = (typeof formats)[number]
type Tracking = (typeof trackings)[number]
type Datastore = (typeof datastores)[number]

const labFormats: Readonly<Record<Format, DiskFormat>> = { thin: 'thin', lazy: 'thick', eager: 'eager' }

interface Cell {
  readonly name: string
  readonly format: Format
  readonly tracking: Tracking
  readonly datastore: Datastore
  /** What QueryChangedDiskAreas says to `*`: the blocks in use, all of the disk, or that it knows nothing. */
  readonly star: 'in use' | 'whole' | 'refused'
  /** Bytes of the first backup, which reads what the host calls allocated. */
  readonly firstReadBytes: number
  readonly second: { readonly mode: 'full' | 'incremental'; readonly readBytes: number; readonly cause?: string }
}

const cells: readonly Cell[] = datastores.flatMap((datastore) =>
  formats.flatMap((format) => trackingsOn(datastore).map((tracking) => cell(format, tracking, datastore))),
)

/** A vVol answers as vSAN does, so one state of tracking is enough there. */
function trackingsOn(datastore: Datastore): readonly Tracking[] {
  return datastore === 'VVOL' ? ['enabled without a snapshot'] : trackings
}

/** The whole table in one rule a column. Source: vadp.md §1.6, §2.1. Evidence: documented. */
function cell(format: Format, tracking: Tracking, datastore: Datastore): Cell {
  const isKnownInPart = datastore === 'VMFS' && format !== 'eager'
  const star =
    tracking === 'off' ? 'refused' : tracking === 'enabled without a snapshot' && isKnownInPart ? 'in use' : 'whole'
  const readBytes = isKnownInPart ? writtenBytes : capacityBytes
  return {
    name: `${format} on ${datastore}, change tracking ${tracking}`,
    format,
    tracking,
    datastore,
    star,
    firstReadBytes: readBytes,
    second: secondOf(tracking, readBytes),
  }
}

/** Tracking that was switched on beside a snapshot is not believed: decision 0083. */
function secondOf(tracking: Tracking, readBytes: number): Cell['second'] {
  if (tracking === 'enabled without a snapshot') return { mode: 'incremental', readBytes: changedBytes }
  return { mode: 'full', readBytes, cause: tracking === 'off' ? 'tracking-inactive' : 'tracking-beside-snapshots' }
}

const description = ({ name, format, tracking, datastore }: Cell): VmDescription => ({
  name,
  datastore,
  disks: [{ capacityBytes, format: labFormats[format] }],
  cbt: tracking === 'enabled without a snapshot',
})

let world: World
let first: RunReport
let second: RunReport
const instants = new Map<string, Instant>()

beforeAll(async () => {
  world = await World.start({
    seed: 'formats',
    datastores: datastores.map((type) => ({ name: type, type })),
    vms: cells.map(description),
  })
  for (const each of cells) await prepare(each)
  // What is off stays off, so that the run does not make all cells alike.
  const asIs = { changeTracking: 'as-is' } as const
  const names = cells.map(({ name }) => name)
  first = await world.backup(names, asIs)
  for (const { name } of cells)
    await world.lab
      .vm(name)
      .disk()
      .writeGuest(3 * 256 * 1024, seededRandom(`${name} again`).bytes(changedBytes))
  second = await world.backup(names, asIs, { onEvent: rememberInstants })
})
afterAll(() => world[Symbol.asyncDispose]())

async function prepare({ name, tracking }: Cell): Promise<void> {
  const vm = world.lab.vm(name)
  await vm.disk().writeGuest(0, seededRandom(name).bytes(writtenBytes))
  if (tracking !== 'enabled with a snapshot') return
  await vm.snapshot('before upgrade')
  await vm.storage.setChangeTracking(true)
  await vm.snapshot('stun')
}

function rememberInstants(): void {
  for (const { name } of cells) {
    const vm = world.lab.vm(name)
    const ours = vm.snapshots.find((snapshot) => snapshot.name.startsWith('vmkeep.'))
    if (ours === undefined || instants.has(name)) continue
    instants.set(name, new Map(vm.disks.map(({ key }) => [key, vm.frozenView(ours.name, key)])))
  }
}

const reportOf = (run: RunReport, { name }: Cell) => run.vms.find(({ vm }) => vm === name)!

describe.each(cells)('$name', (each) => {
  it(`"*" says ${each.star}`, async () => {
    const vm = world.lab.vm(each.name)
    const snapshot = await vm.snapshot('asked')
    const asked = { vm: vm.ref, snapshot, deviceKey: 2000, capacityBytes, changeId: '*' } as const
    const answer = collect(changedExtents(world.session, asked as Parameters<typeof changedExtents>[1]))
    if (each.star === 'refused') await expect(answer).rejects.toMatchObject({ code: 'vsphere.change-id-unknown' })
    else expect(endOf((await answer).at(-1)!)).toBe(each.star === 'whole' ? capacityBytes : writtenBytes)
  })

  it(`is read and stored: ${each.firstReadBytes} bytes at first, then ${each.second.mode}`, () => {
    const { readBytes, mode, cause } = each.second
    expect(reportOf(first, each)).toMatchObject({
      outcome: 'ok',
      disks: [{ mode: 'full', cause: { code: 'first-backup' }, sizes: { readBytes: each.firstReadBytes } }],
    })
    expect(reportOf(first, each).disks[0]!.sizes.sentBytes).toBe(writtenBytes) // zeroes are not stored, however they were learned of
    const [disk] = reportOf(second, each).disks
    expect(disk).toMatchObject({ mode, sizes: { sentBytes: changedBytes } }) // only what differs
    expect(disk!.sizes.readBytes).toBe(readBytes)
    expect(disk!.cause?.code).toBe(cause)
  })

  it(`holds the bytes of its instant, and that the disk is ${each.format}`, async () => {
    const { point: id } = reportOf(second, each)
    await world.expectEqual(id, instants.get(each.name)!)
    expect((await world.point(id)).disks).toMatchObject([{ provisioning: each.format }])
  })
})

// What comes back follows from the point alone, and that says the same whatever change tracking did.
describe.each(cells.filter(({ tracking }) => tracking === 'enabled without a snapshot'))('$name', (each) => {
  it(`comes back ${each.format}, byte for byte`, async () => {
    const { point: id } = reportOf(second, each)
    const restored = world.lab.vm((await restore(id!)).vm)
    const [disk] = restored.disks
    expect(disk!.backing.fileName).toMatch(`[${each.datastore}]`)
    expect(disk!.allocation).toBe({ thin: 'thin', lazy: 'lazyZeroedThick', eager: 'eagerZeroedThick' }[each.format])
    await using bytes = world.lab.storage.openPath(disk!.backing.fileName)
    expect(await firstDifference(bytes, instants.get(each.name)!.get(2000)!)).toBeUndefined()
  })
})

async function restore(id: string) {
  return restoreToVsphere({
    session: world.session,
    repository: world.repository,
    point: await world.point(id),
    destination: { networkMap: {}, identity: 'auto', connectNetworks: 'auto', disks: [] },
    transport: defaultTransport,
    verify: false,
    powerOn: false,
    stateFolder: world.stateFolder,
    onEvent: () => {},
    signal: new AbortController().signal,
  })
}

it('leaves nothing of ours behind, in any cell', () => {
  const names = world.lab
    .state()
    .vms.flatMap(({ name }) => world.lab.vm(name).snapshots.map((snapshot) => snapshot.name))
  expect(new Set(names)).toEqual(new Set(['asked', 'before upgrade', 'stun']))
  expect(world.lab.stats.mistakes).toEqual([])
})
