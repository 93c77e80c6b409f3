// Every VM and disk that is not the easy one: what the plan says, what the run does, what the report and the point say. One lab for all.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { planBackup, type RunReport, type VmPlan } from '@vmkeep/backup'
import { collect, seededRandom } from '@vmkeep/kit'
import { restoreToVsphere } from '@vmkeep/restore'
import { defaultTransport } from '@vmkeep/transport'
import { listVms, readProperties } from '@vmkeep/vsphere'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { firstDifference, type Instant, options, World } from '../support/world.ts'
import { diskCases, guideTable } from './disk-cases.ts'

let world: World
let plans: readonly VmPlan[]
let first: RunReport
let second: RunReport
const instants = new Map<string, Instant>()
const names = diskCases.map(({ name }) => name)
const signal = new AbortController().signal

beforeAll(async () => {
  world = await World.start({ seed: 'cases', vms: diskCases.map(({ name, vm }) => ({ ...vm, name })) })
  for (const name of names)
    for (const disk of world.lab.vm(name).disks) await disk.writeGuest(64 * 1024, seededRandom(name).bytes(300_000))
  const all = await collect(listVms(world.session))
  plans = await planBackup({ session: world.session, repository: world.repository, vms: all, options }, signal)
  first = await world.backup(names)
  second = await world.backup(names, {}, { onEvent: rememberInstants })
})
afterAll(() => world[Symbol.asyncDispose]())

function rememberInstants(): void {
  for (const name of names) {
    const vm = world.lab.vm(name)
    const ours = vm.snapshots.find((snapshot) => snapshot.name.startsWith('vmkeep.'))
    if (ours === undefined || instants.has(name)) continue
    const disks = ours.disks.filter(({ key }) => vm.disk(key).mode === 'persistent')
    instants.set(name, new Map(disks.map(({ key }) => [key, vm.frozenView(ours.name, key)])))
  }
}

const codes = (causes: readonly { readonly code: string }[]) => causes.map(({ code }) => code)

describe.each(diskCases)(
  '$name',
  ({ name, outcome, reasons = [], warnings = [], isMended, skipped, error, secondRead }) => {
    const skippedCodes = skipped === undefined ? [] : [skipped]
    const warnedBy = (run: RunReport) => (isMended === true && run === second ? [] : [...warnings])

    it(`is planned as ${outcome === 'skipped' ? 'skipped' : 'to be backed up'}, and says why`, () => {
      const plan = plans.find(({ vm }) => vm === name)!
      expect(plan.action).toBe(outcome === 'skipped' ? 'skip' : 'backup')
      expect(codes(plan.reasons)).toEqual(reasons)
      expect(codes(plan.warnings)).toEqual(expect.arrayContaining([...warnings]))
      expect(plan.skippedDisks.map(({ cause }) => cause.code)).toEqual(
        outcome === 'skipped' ? expect.anything() : skippedCodes,
      )
    })

    it(`is reported as ${outcome}, twice`, () => {
      for (const run of [first, second]) {
        const report = run.vms.find(({ vm }) => vm === name)!
        expect(report.error?.code).toBe(error)
        expect(report.outcome).toBe(outcome)
        if (outcome === 'failed') continue // the plan told the rest
        expect(codes(report.reasons)).toEqual(reasons)
        expect(codes(report.warnings)).toEqual(expect.arrayContaining(warnedBy(run)))
        if (outcome === 'skipped') expect(report.point).toBeUndefined()
        else expect(report.skippedDisks.map(({ cause }) => cause.code)).toEqual(skippedCodes)
      }
      if (outcome === 'ok' || outcome === 'partial')
        expect(second.vms.find(({ vm }) => vm === name)!.disks[0]?.cause?.code).toBe(secondRead)
    })

    if (outcome === 'skipped' || outcome === 'failed') return
    it('has a point that says so and holds the bytes', async () => {
      const { point: id } = second.vms.find(({ vm }) => vm === name)!
      const point = await world.point(id)
      expect(codes(point.warnings)).toEqual(expect.arrayContaining(warnedBy(second)))
      expect(point.skippedDisks.map(({ cause }) => cause.code)).toEqual(skippedCodes)
      if (name !== 'Template') return world.expectEqual(id, pick(instants.get(name)!, point.disks))
      await using lying = world.lab.storage.openPath(world.lab.vm(name).disk().backing.fileName)
      await world.expectEqual(id, new Map([[2000, lying]]))
    })
  },
)

/** The instants of those disks that the point is to hold. */
const pick = (instant: Instant, disks: readonly { readonly key: number }[]): Instant =>
  new Map(disks.map(({ key }) => [key, instant.get(key)!]))

describe('a restore into vSphere', () => {
  it.each([
    ['Linked clone', []],
    ['Raw device mapping, virtual mode', []],
    ['Template', []],
    ['Sectors of 4096 bytes', ['sector-size-not-restored']],
    ['Encrypted VM', []],
    ['Virtual TPM', ['device-left-out']],
  ])('of "%s" makes whole, ordinary disks, and says what is lost', async (name, told) => {
    const { point: id } = second.vms.find(({ vm }) => vm === name)!
    const point = await world.point(id)
    const report = await restoreToVsphere({
      session: world.session,
      repository: world.repository,
      point,
      destination: { networkMap: {}, identity: 'auto', connectNetworks: 'auto', disks: [] },
      transport: defaultTransport,
      verify: true,
      powerOn: false,
      stateFolder: world.stateFolder,
      onEvent: () => {},
      signal,
    })
    expect(codes(report.warnings)).toEqual(expect.arrayContaining(told))
    const [disk] = world.lab.vm(report.vm).disks
    expect(disk!.backing.parent).toBeUndefined()
    await using bytes = world.lab.storage.openPath(disk!.backing.fileName)
    await using image = await world.repository.openImage(point.disks[0]!.image)
    expect(await firstDifference(bytes, image)).toBeUndefined()
  })
})

it('a template that somebody converts while it is read makes no point', async () => {
  const disks = [{ capacityBytes: 1024 * 1024 }]
  const vms = [
    { name: 'golden', template: true, disks },
    { name: 'other', disks },
  ]
  await using own = await World.start({ seed: 'template', vms })
  const { session, lab } = own
  const ask = { type: 'VirtualMachine', ref: lab.vm('other').ref, paths: ['resourcePool'] } as const
  const { resourcePool } = await readProperties(session, ask)
  let converted: Promise<unknown> | undefined
  const report = await own.backup(
    ['golden'],
    {},
    {
      onEvent: ({ type }) => {
        if (type === 'disk-phase')
          converted ??= session.call('MarkAsVirtualMachine', { _this: lab.vm('golden').ref, pool: resourcePool! })
      },
    },
  )
  await converted
  expect(report).toMatchObject({ outcome: 'failed', vms: [{ error: { code: 'backup.template-changed' } }] })
  expect((await own.repository.status()).points).toBe(0)
  expect(lab.stats.calls.get('CreateSnapshotEx_Task') ?? 0).toBe(0)
  own.expectClean()
})

it('a point knows the size of sectors', async () => {
  const { point } = second.vms.find(({ vm }) => vm === 'Sectors of 4096 bytes')!
  expect((await world.point(point)).disks).toMatchObject([{ sectorSizeBytes: 4096 }])
})

it('leaves only what was not ours', () => {
  const left = names.flatMap((name) => world.lab.vm(name).snapshots.map((snapshot) => snapshot.name))
  expect([left.length, new Set(left)]).toEqual([32, new Set(['before upgrade'])])
  expect(world.lab.stats.mistakes).toEqual([])
})

it('the guide has this very table', () => {
  const guide = readFileSync(join(import.meta.dirname, '../../docs/guides/what-is-backed-up.md'), 'utf8')
  expect(guide).toContain(guideTable())
})
