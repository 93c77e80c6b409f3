// Every disk that can be backed up, by every transport, whole and then what changed, while its guest writes: the bytes are those of the
// snapshot's instant. Where a transport does not read a disk, its reason is named here and told to the user, and the next one reads it.
// One lab for all cells.
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type BackupOptions, planBackup, type RunReport, type VmPlan } from '@vmkeep/backup'
import { collect, seededRandom } from '@vmkeep/kit'
import type { DiskFormat, VmDescription } from '@vmkeep/lab'
import type { RunEvent } from '@vmkeep/run'
import { type TransportName, transportNames, type TransportSettings } from '@vmkeep/transport'
import { type FakeVddk, temporaryFake, whyNoFakeVddk } from '@vmkeep/vddk/testing'
import { listVms } from '@vmkeep/vsphere'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeDisksOfNow } from '../support/fake-vddk.ts'
import { randomWrite } from '../support/guest.ts'
import { makeLunOf } from '../support/make-lun.ts'
import { mountDisks } from '../support/mount-datastore.ts'
import { beProxy, proxy } from '../support/proxy.ts'
import { type Instant, options, World } from '../support/world.ts'
import { diskCases } from './disk-cases.ts'

const whyNoVddk = await whyNoFakeVddk()
const MiB = 1024 * 1024

const formatCases = (
  [
    ['thin on VMFS', 'thin', 'lun'],
    ['lazy-zeroed on VMFS', 'thick', 'lun'],
    ['eager-zeroed on VMFS', 'eager', 'lun'],
    ['thin on NFS', 'thin', 'nfs'],
    ['thin on vSAN', 'thin', 'vsan'],
    ['thin on a vVol', 'thin', 'vvol'],
  ] as const
).map(([name, format, datastore]): VmDescription => {
  const labFormat: DiskFormat = format
  return { name, datastore, disks: [{ capacityBytes: 2 * MiB, format: labFormat }] }
})
/** Of the cases in which a disk is left out one is enough: the other disk is an ordinary one. */
const partial = 'Independent disk, persistent'
const cases: readonly VmDescription[] = [
  ...formatCases,
  ...diskCases
    .filter(({ name, outcome }) => outcome === 'ok' || name === partial)
    .map(({ name, vm }) => ({ ...vm, name })),
]

/** Those of which a second run is made: one of each place where files lie, and of what is in them. The others would only take time. */
const again = ['thin on VMFS', 'eager-zeroed on VMFS', 'thin on NFS', 'thin on vSAN', 'thin on a vVol']
const casesAgain = cases.filter(
  ({ name, disks, template }) =>
    again.includes(name) || template === true || disks!.some(({ encrypted, sectorBytes }) => encrypted ?? sectorBytes),
)

/** Why some disks are read whole in each run. */
const wholeAlways = new Map(diskCases.flatMap(({ name, secondRead }) => (secondRead ? [[name, secondRead]] : [])))

/** Why a transport does not read the first disk of a case, in the words the user is told. What is not here it reads. */
const refusals: Partial<Record<TransportName, Readonly<Record<string, RegExp>>>> = {
  file: {
    'thin on vSAN': /the datastore vsan is not mounted on this machine/,
    'thin on a vVol': /the datastore vvol is not mounted on this machine/,
    'Raw device mapping, virtual mode': /an extent of type VMFSRDM, which vmkeep does not read/,
    'Encrypted VM': /the disk is encrypted; only its host can read it/,
  },
  hotadd: {
    Template: /It is a template, which has no snapshots/, // what hangs on two VMs without a snapshot could be written to
    'thin on vSAN': /it lies on vSAN, and proxy, which vmkeep runs on, does not/, // KB 306343
    'Encrypted VM': /it is encrypted, and proxy, which vmkeep runs on, is not/,
  },
  san: {
    'thin on NFS': /is a share of NFS, not a LUN/,
    'thin on vSAN': /is vSAN, whose objects lie on the hosts' own disks/,
    'thin on a vVol': /is made of vVols/,
    'Raw device mapping, virtual mode': /an extent of type VMFSRDM, which vmkeep does not read/,
    'Encrypted VM': /the disk is encrypted; only its host can read it/,
  },
}

let world: World
let settings: TransportSettings
let fake: FakeVddk | undefined
const made = new AsyncDisposableStack()

beforeAll(async () => {
  world = made.use(
    await World.start({
      seed: 'transports',
      datastores: [
        { name: 'lun' },
        { name: 'nfs', type: 'NFS' },
        { name: 'vsan', type: 'vsan' },
        { name: 'vvol', type: 'VVOL' },
      ],
      vms: [...cases, proxy],
    }),
  )
  for (const { name } of cases)
    for (const disk of world.lab.vm(name).disks) await disk.writeGuest(64 * 1024, seededRandom(name).bytes(300_000))
  settings = await beProxy(world)
})
afterAll(() => made.disposeAsync())

/** What this machine would see of the VMs' files just now: their guests have to stand still until they have snapshots. */
async function writeFiles(folder: string, datastore: string): Promise<void> {
  for (const { name, disks } of cases.filter(({ datastore: on = 'lun' }) => on === datastore)) {
    const [disk] = disks!
    const odd = disk!.encrypted === true ? 'encrypted' : disk!.rdm === 'virtual' ? 'raw device' : undefined
    await mountDisks(world.lab, name, folder, odd)
  }
}

/** What a transport needs to see of the disks as they are now, made anew. */
async function settingsFor(name: TransportName): Promise<TransportSettings> {
  const order = name === 'nbdssl' || name === 'nbd' ? [name] : [name, 'nbdssl' as const]
  if (name === 'file') {
    const mountedDatastores = { lun: join(world.folder, 'lun'), nfs: join(world.folder, 'nfs') }
    for (const [datastore, folder] of Object.entries(mountedDatastores)) {
      await rm(folder, { recursive: true, force: true })
      await mkdir(folder)
      await writeFiles(folder, datastore)
    }
    return { ...settings, order, mountedDatastores }
  }
  if (name === 'san') {
    const { lunFolder } = await makeLunOf(world.lab, 'lun', world.folder, (folder) => writeFiles(folder, 'lun'))
    return { ...settings, order, lunFolder }
  }
  if (name !== 'vddk') return { ...settings, order }
  fake ??= made.use(await temporaryFake())
  for (const { name: vm } of cases) await writeDisksOfNow(world.lab, vm, fake)
  return { ...settings, order, vddk: { library: fake.root } }
}

/** Remembers each VM's instant, and lets its guest write from then on, at everything that happens to it. */
class Guests {
  readonly instants = new Map<string, Instant>()
  readonly #writing: Promise<void>[] = []
  #writes = 0

  readonly onEvent = (event: RunEvent): void => {
    if (!('vm' in event) || event.vm === undefined) return
    const vm = world.lab.vm(event.vm)
    const ours = vm.snapshots.find((snapshot) => snapshot.name.startsWith('vmkeep.'))
    if (ours === undefined) return
    if (!this.instants.has(vm.name)) {
      const disks = ours.disks.filter(({ key }) => vm.disk(key).mode === 'persistent')
      this.instants.set(vm.name, new Map(disks.map(({ key }) => [key, vm.frozenView(ours.name, key)])))
    }
    if (vm.powerState === 'on') this.#writing.push(randomWrite(vm, seededRandom(`${vm.name} ${this.#writes++}`)))
  }

  async written(): Promise<number> {
    await Promise.all(this.#writing)
    return this.#writing.length
  }
}

/** vSphere tells the size of sectors from API 9.0 on, which the lab is not; the stream of a lease and the make-believe library tell nothing. */
const sectorsBy = (transport: TransportName, { sectorBytes = 512 }: { readonly sectorBytes?: number }) =>
  transport === 'lease' || transport === 'vddk' ? 512 : sectorBytes

/** Something that the last run has not seen, in every disk whose file is not read as it lies there. */
async function writeInGuests(): Promise<void> {
  for (const { name, template } of casesAgain)
    for (const disk of template === true ? [] : world.lab.vm(name).disks)
      await disk.writeGuest(512 * 1024, seededRandom(`${name} anew`).bytes(100_000))
}

async function planOf(change: Partial<BackupOptions>): Promise<VmPlan[]> {
  const { session, repository } = world
  const vms = (await collect(listVms(session))).filter(({ name }) => name !== 'proxy')
  return await planBackup(
    { session, repository, vms, options: { ...options, ...change } },
    new AbortController().signal,
  )
}

const runs = transportNames.flatMap((transport) => [
  { transport, mode: 'full' as const, chosen: cases },
  { transport, mode: 'incremental' as const, chosen: casesAgain },
])

describe.each(runs)('$transport, $mode', ({ transport, mode, chosen }) => {
  const guests = new Guests()
  let report: RunReport
  let plans: readonly VmPlan[] = []
  let told: readonly RunEvent[]

  beforeAll(async () => {
    if (transport === 'vddk' && whyNoVddk !== undefined) return
    if (mode === 'incremental') await writeInGuests()
    const change = { fullRead: mode === 'full', transport: await settingsFor(transport) }
    if (mode === 'full') plans = await planOf(change)
    world.events.length = 0
    report = await world.backup(
      chosen.map(({ name }) => name),
      change,
      { onEvent: guests.onEvent },
    )
    told = [...world.events]
    expect(await guests.written()).toBeGreaterThan(chosen.length)
  })

  /** All that the user is told about why a disk is not read by the first transport of the order. */
  const reasonsFor = (vm: string): string[] => [
    ...plans.flatMap((plan) => (plan.vm === vm ? plan.disks[0]!.transport.passedOver.map(({ whyNot }) => whyNot) : [])),
    ...told.flatMap((event) => (event.type === 'note' && event.vm === vm ? [event.message] : [])),
  ]

  it.for(chosen)('$name', async ({ name, template, disks: described = [] }, context) => {
    if (transport === 'vddk' && whyNoVddk !== undefined) return context.skip(whyNoVddk)
    const { error, point: id, disks } = report.vms.find(({ vm }) => vm === name)!
    expect(error).toBeUndefined()
    const read = wholeAlways.has(name) ? 'full' : mode
    expect(disks[0]!.mode).toBe(read)
    if (read !== mode) expect(disks[0]!.cause!.code).toBe(wholeAlways.get(name))
    const why = refusals[transport]?.[name]
    const used = why === undefined && !(transport === 'lease' && read === 'incremental') ? transport : 'nbdssl' // leases send whole disks
    expect(disks[0]!.transport).toBe(used)
    if (why !== undefined && mode === 'full') expect(reasonsFor(name)).toContainEqual(expect.stringMatching(why))
    expect((await world.point(id)).disks[0]!.sectorSizeBytes).toBe(sectorsBy(used, described[0]!))
    if (template !== true) {
      const instant = guests.instants.get(name)!
      const { disks: stored } = await world.point(id)
      return world.expectEqual(id, new Map(stored.map(({ key }) => [key, instant.get(key)!])))
    }
    await using lying = world.lab.storage.openPath(world.lab.vm(name).disk().backing.fileName)
    await world.expectEqual(id, new Map([[2000, lying]]))
  })

  it('leaves nothing of ours behind', () => {
    const left = cases.flatMap(({ name }) => world.lab.vm(name).snapshots.map((snapshot) => snapshot.name))
    expect(left.filter((name) => name.startsWith('vmkeep.'))).toEqual([])
    expect(world.lab.vm('proxy').disks).toHaveLength(1)
    expect(world.lab.stats).toMatchObject({ leasesOpen: 0, mistakes: [] })
  })
})
