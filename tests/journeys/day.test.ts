// A day of a large estate: limits that bind, without a fault and with faults by chance. What the limits are held against is what the lab has seen.
// A thousand VMs on 20 hosts take some minutes of a core, so CI has a smaller estate of the same make: VMKEEP_DAY_VMS=1000 has them all.
import type { RunReport } from '@vmkeep/backup'
import { type Lab, parseFaultRule, type VmDescription } from '@vmkeep/lab'
import { expect, it } from 'vitest'
import { World } from '../support/world.ts'

const limits = {
  vmsMax: 32,
  disksPerHostMax: 3,
  snapshotsPerDatastoreMax: 4,
  tasksPerVcenterMax: 2,
  nfcConnectionsPerHostMax: 2,
}

const vmCount = Number(process.env['VMKEEP_DAY_VMS'] ?? 120)
const hosts = Array.from({ length: Math.ceil(vmCount / 50) }, (_, i) => `esxi-${i + 1}.lab`)
const datastores = Array.from({ length: Math.max(2, Math.ceil(vmCount / 100)) }, (_, i) => ({ name: `ds-${i + 1}` }))
const datastoreOf = (i: number) => datastores[(i * 7) % datastores.length]!.name
/** Every tenth VM has three disks, one of them on another datastore. */
const vmOf = (i: number): VmDescription => ({
  name: `vm-${String(i).padStart(4, '0')}`,
  host: hosts[i % hosts.length]!,
  datastore: datastoreOf(i),
  cbt: true,
  disks: [
    { capacityBytes: 2 ** 20 },
    ...(i % 10 === 0 ? [{ capacityBytes: 2 ** 20 }, { capacityBytes: 2 ** 20, datastore: datastoreOf(i + 1) }] : []),
  ],
})

const names = Array.from({ length: vmCount }, (_, i) => vmOf(i).name)

/** So often at most what no second try mends: else a day of bad luck fails, as calls come in another order each time. */
const costlyMax = Math.floor(vmCount * 0.03)
/** Two of a hundred times, and something else each time. */
const faults = [
  `CreateSnapshot*_Task,chance=0.02,times=${costlyMax},then=task-fault:FilesystemQuiesceFault`,
  'CreateSnapshot*_Task,chance=0.02,then=task-fault:TaskInProgress',
  'CreateSnapshot*_Task,chance=0.02,then=lost-reply',
  `CreateSnapshot*_Task,chance=0.02,times=${costlyMax},then=task-fault:NoDiskSpace`,
  'RemoveSnapshot_Task,chance=0.02,then=task-fault:FileLocked',
  'RemoveSnapshot_Task,chance=0.02,then=vanish-task',
  'RemoveSnapshot_Task,chance=0.02,then=lost-reply',
  'RemoveSnapshot_Task,chance=0.02,then=leave-consolidation-needed',
  'NfcRandomAccessOpenReadonly,chance=0.02,then=vmotion',
  'NfcRandomAccessOpenReadonly,chance=0.02,then=expire-session',
  `nfc.open-file,chance=0.02,times=${costlyMax},then=error:1`,
  'nfc.io,chance=0.02,then=disconnect',
  'nfc.session,chance=0.02,then=dead-ticket',
  'folder.get,chance=0.02,then=http-error:500',
]

const dayMs = 30 * 60_000

it(
  `${vmCount} VMs on a quiet day: each limit is reached, none is exceeded, all are protected`,
  async () => {
    await using day = await Day.of({ ...limits, snapshotsPerDatastoreMax: 2, tasksPerVcenterMax: 3 }, [])
    day.expectWithin({ reached: true })
    expect(day.report.outcome).toBe('ok')
    expect(day.report.vms.map(({ outcome }) => outcome)).toEqual(names.map(() => 'ok'))
    expect(day.world.lab.stats.logins).toBe(day.loginsBefore + 2) // around the visit for tags
    await day.expectNothingLeft()
  },
  dayMs,
)

it(
  `${vmCount} VMs with faults by chance: no limit is exceeded, all have their turn, each is protected or explained`,
  async () => {
    await using day = await Day.of(limits, faults)
    day.expectWithin({ reached: false })
    const { report } = day
    const { lab } = day.world
    const unexplained = report.vms.filter((vm) => vm.point === undefined && vm.error?.code === undefined)
    expect(unexplained).toEqual([])
    const isProtected = report.vms.filter(({ point }) => point !== undefined)
    expect(isProtected.length).toBeGreaterThan(vmCount * 0.9)
    const costly = lab.faults.rules.reduce((sum, { rule, struck }) => sum + (rule.times === undefined ? 0 : struck), 0)
    expect(vmCount - isProtected.length).toBeLessThanOrEqual(costly) // no other fault costs anybody his point
    expect(isProtected.filter(({ disks }) => disks.length === 0)).toEqual([])
    expect(lab.faults.rules.filter(({ struck }) => struck > 0).length).toBeGreaterThan(faults.length / 2)
    await day.expectNothingLeft()
  },
  dayMs,
)

class Day implements AsyncDisposable {
  readonly world: World
  readonly report: RunReport
  readonly loginsBefore: number
  readonly #limits: typeof limits

  private constructor(world: World, report: RunReport, loginsBefore: number, within: typeof limits) {
    this.world = world
    this.report = report
    this.loginsBefore = loginsBefore
    this.#limits = within
  }

  static async of(within: typeof limits, rules: readonly string[]): Promise<Day> {
    const vms = Array.from({ length: vmCount }, (_, i) => vmOf(i))
    const world = await World.start({ seed: 'a day', hosts, datastores, vms, taskDurationMs: 40 })
    const { lab } = world
    for (const disk of vms.slice(0, 200)) await lab.vm(disk.name).disk().writeGuest(0, Buffer.alloc(4096, disk.name))
    for (const rule of rules) lab.faults.add(parseFaultRule(rule))
    const { logins } = lab.stats
    const report = await world.backup(names, { limits: within })
    process.stdout.write(figuresOf(report, lab))
    return new Day(world, report, logins, within)
  }

  /** @param reached whether each limit was reached; where one binds before another, and by what goes wrong, that is luck */
  expectWithin({ reached }: { readonly reached: boolean }): void {
    const { busiest } = this.world.lab
    const { nfcConnectionsPerHostMax, snapshotsPerDatastoreMax, tasksPerVcenterMax } = this.#limits
    for (const [seen, limit] of [
      [Math.max(...busiest.nfcConnections.values()), nfcConnectionsPerHostMax],
      [Math.max(...busiest.snapshotted.values()), snapshotsPerDatastoreMax],
      [busiest.tasks, tasksPerVcenterMax],
    ] as const) {
      expect(seen).toBeLessThanOrEqual(limit)
      expect(seen).toBeGreaterThanOrEqual(reached ? limit : 2)
    }
    expect(busiest.sessions).toBe(1) // that of the REST API, which alone knows tags, is over before the one for all begins
    expect(this.report.vms.map(({ vm }) => vm).toSorted()).toEqual(names)
    expectTurns(busiest.snapshotOrder, names)
  }

  async expectNothingLeft(): Promise<void> {
    const { world } = this
    world.expectClean()
    await world.session[Symbol.asyncDispose]()
    const none = { sessionsOpen: 0, nfcConnections: 0, tasksRunning: 0, snapshotsAlive: 0 }
    expect(world.lab.stats).toMatchObject(none)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.world[Symbol.asyncDispose]()
  }
}

function figuresOf({ vms }: RunReport, { busiest, faults: { rules }, stats }: Lab): string {
  const most = (counts: ReadonlyMap<string, number>) => Math.max(...counts.values())
  const failed = vms.flatMap(({ error, point }) => (point === undefined ? [kindOf(error)] : []))
  const struck = rules.map(({ struck: times }) => times)
  const kinds = [...new Set(failed)].map((kind) => `${failed.filter((each) => each === kind).length} ${kind}`)
  return [
    `${vms.length} VMs on ${hosts.length} hosts and ${datastores.length} datastores: ${vms.length - failed.length} protected, ${failed.length} not:`,
    ...kinds.toSorted(),
    `faults: ${struck.reduce((sum, times) => sum + times, 0)} of ${struck.filter((times) => times > 0).length} kinds`,
    `at most at once: ${most(busiest.nfcConnections)} NFC connections to a host, ${most(busiest.snapshotted)} snapshots on a datastore, ${busiest.tasks} tasks, ${busiest.sessions} sessions`,
    `${stats.logins} logins, sessions ended by a fault among them\n`,
  ].join('\n  ')
}

/** What an error says, but for names and numbers. */
const kindOf = (error: RunReport['vms'][number]['error']): string =>
  error === undefined ? 'unexplained' : `${error.code}: ${error.message.replaceAll(/\d+/g, 'N').slice(0, 240)}`

/** Among the VMs of a datastore nobody is passed by more than were in work beside it. */
function expectTurns(order: readonly string[], names: readonly string[]): void {
  const firsts = [...new Set(order)]
  for (const { name: datastore } of datastores) {
    const queue = names.filter((name, i) => datastoreOf(i) === datastore && firsts.includes(name))
    const turns = firsts.filter((name) => queue.includes(name))
    const passed = turns.map((name, turn) => turn - queue.indexOf(name))
    expect(Math.max(...passed.map(Math.abs))).toBeLessThan(limits.vmsMax)
  }
}
