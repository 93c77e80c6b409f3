// Whole disks through leases: vSphere's public API and nothing else. What goes wrong with them, and what the user sees of it.
import type { LabRule } from '@vmkeep/lab'
import { seededRandom } from '@vmkeep/kit'
import type { TransportSettings } from '@vmkeep/transport'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { World } from '../support/world.ts'

const mebibyte = 2 ** 20
const capacityBytes = 8 * mebibyte
const onlyLease: TransportSettings = { order: ['lease'], compression: 'none' }
const leaseFirst: TransportSettings = { order: ['lease', 'nbdssl'], compression: 'none' }
let world: World

async function start(options: Parameters<typeof World.start>[0] = {}): Promise<void> {
  world = await World.start({
    vms: [{ name: 'web', cbt: true, disks: [{ capacityBytes }, { capacityBytes: 2 * mebibyte }] }],
    ...options,
  })
  onTestFinished(() => world[Symbol.asyncDispose]())
  const random = seededRandom('lease')
  for (const disk of world.lab.vm('web').disks)
    for (const at of [0, 1, 5, 7])
      if (at * mebibyte < disk.capacityBytes) await disk.writeGuest(at * mebibyte, random.bytes(700_000))
}

const notes = () => world.events.flatMap((event) => (event.type === 'note' ? [event.message] : []))

function expectNoLease(): void {
  expect(world.lab.stats).toMatchObject({ leasesOpen: 0, tasksRunning: 0 })
  world.expectClean()
}

describe('a VM backed up through leases', () => {
  beforeEach(() => start())

  it('is the snapshot’s instant, while its guest writes on, and nothing but port 443 was used', async () => {
    await using _guest = world.lab.vm('web').guest({ kind: 'database', seed: 'busy', bytesPerSecond: 4 * mebibyte })
    const { report, instant } = await world.backupAtInstant('web', { transport: onlyLease })
    expect(report).toMatchObject({ outcome: 'ok', vms: [{ disks: [{ transport: 'lease' }, { transport: 'lease' }] }] })
    await world.expectEqual(report.vms[0]!.point, instant)
    expect(world.lab.stats.nfcConnections).toBe(0)
    expect(world.lab.stats.calls.get('NfcRandomAccessOpenReadonly')).toBeUndefined()
    expectNoLease()
  })

  it('is read whole every night where nothing else is allowed, and says so', async () => {
    await world.backup(['web'], { transport: onlyLease })
    await world.lab
      .vm('web')
      .disk()
      .writeGuest(3 * mebibyte, Buffer.alloc(300_000, 'new'))
    const { report, instant } = await world.backupAtInstant('web', { transport: onlyLease })
    expect(report).toMatchObject({
      outcome: 'ok',
      vms: [{ disks: [{ mode: 'full', cause: { code: 'transport-sends-whole' }, transport: 'lease' }, {}] }],
    })
    const { sentBytes } = report.vms[0]!.disks[0]!.sizes
    expect(sentBytes).toBeLessThan(2 * mebibyte) // what differs is sent to the repository, no more
    await world.expectEqual(report.vms[0]!.point, instant)
  })

  it('is read in part over nbdssl once it has a point, if that is allowed', async () => {
    const first = await world.backup(['web'], { transport: leaseFirst })
    expect(first.vms[0]!.disks).toMatchObject([{ transport: 'lease' }, { transport: 'lease' }])
    await world.lab
      .vm('web')
      .disk()
      .writeGuest(3 * mebibyte, Buffer.alloc(300_000, 'new'))
    const { report, instant } = await world.backupAtInstant('web', { transport: leaseFirst })
    expect(report.vms[0]!.disks).toMatchObject([{ mode: 'incremental', transport: 'nbdssl' }, {}])
    await world.expectEqual(report.vms[0]!.point, instant)
    expectNoLease()
  })
})

const goesOn: readonly (readonly [string, readonly LabRule[], TransportSettings, RegExp])[] = [
  [
    'is cut in mid-disk',
    [{ on: 'lease.get', times: 1, then: { do: 'truncate' } }],
    leaseFirst,
    /^lease failed, nbdssl goes on: .*connection broke/,
  ],
  [
    'is cut in mid-disk, and there is no other way',
    [{ on: 'lease.get', times: 1, then: { do: 'truncate' } }],
    onlyLease,
    /^reconnected: .*connection broke/,
  ],
  [
    'flips a bit',
    [{ on: 'lease.get', times: 1, then: { do: 'garbage' } }],
    onlyLease,
    /^reconnected: .*(does not inflate|damaged)/,
  ],
  [
    'runs out',
    [{ on: 'lease.get', times: 1, then: { do: 'expire-lease' } }],
    leaseFirst,
    /^lease failed, nbdssl goes on: /,
  ],
  [
    'cannot be reached: port 443 of the host is closed',
    [{ on: 'lease.get', then: { do: 'disconnect' } }],
    leaseFirst,
    /^lease failed, nbdssl goes on: /,
  ],
  [
    'is refused by the host',
    [{ on: 'lease.get', then: { do: 'http-error', status: 503 } }],
    leaseFirst,
    /^lease failed, nbdssl goes on: .*503/,
  ],
  [
    'may not be had: the user lacks VApp.Export',
    [{ on: 'ExportSnapshot', then: { do: 'fault', type: 'NoPermission', fields: { privilegeId: 'VApp.Export' } } }],
    leaseFirst,
    /VApp\.Export/,
  ],
  [
    'is kept off by another task',
    [{ on: 'ExportSnapshot', then: { do: 'fault', type: 'TaskInProgress' } }],
    leaseFirst,
    /another task is at work/,
  ],
]

describe('a lease that', () => {
  it.each(goesOn)('%s: the backup goes on, and says so', async (_, rules, transport, said) => {
    await start()
    for (const rule of rules) world.lab.faults.add(rule)
    const { report, instant } = await world.backupAtInstant('web', { transport })
    expect(report.outcome).toBe('ok')
    expect(notes()).toContainEqual(expect.stringMatching(said))
    await world.expectEqual(report.vms[0]!.point, instant)
    expectNoLease()
  })

  it.each([
    ['says it sent something else', 'wrong-checksum', /what arrived is not what vSphere says it sent: its sha1 is/],
    ['does not say what it sent', 'short-manifest', /nothing proves that all of it arrived/],
  ] as const)('%s makes no restore point, whatever else could go on', async (_, rule, said) => {
    await start()
    world.lab.faults.add({ on: 'HttpNfcLeaseGetManifest', then: { do: rule } })
    const report = await world.backup(['web'], { transport: leaseFirst })
    expect(report.outcome).toBe('failed')
    expect(JSON.stringify(report)).toMatch(said)
    expect(report.vms[0]!.point).toBeUndefined()
    expectNoLease()
  })

  it('is held longer than it lives lives on: it is renewed, whether bytes flow or not', async () => {
    await start({ leaseTimeoutSeconds: 1 })
    world.lab.faults.add({ on: 'lease.get', times: 1, then: { do: 'delay', ms: 2500 } })
    const { report, instant } = await world.backupAtInstant('web', { transport: onlyLease })
    expect(report.outcome).toBe('ok')
    expect(notes()).toEqual([])
    await world.expectEqual(report.vms[0]!.point, instant)
  })

  it('was being held when the run was cancelled is given back', async () => {
    await start()
    const cancelled = new AbortController()
    world.lab.faults.add({ on: 'lease.get', then: { do: 'stall' } })
    const onEvent = ({ type }: { type: string }) => {
      if (type === 'disk-phase') setTimeout(() => cancelled.abort(new Error('enough')), 300)
    }
    await world.backup(['web'], { transport: onlyLease }, { signal: cancelled.signal, onEvent }).catch(() => {})
    expectNoLease()
  })
})
