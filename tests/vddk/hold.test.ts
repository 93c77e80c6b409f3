// While VMware's library reads a VM, the VM stays where it is: RelocateVM_Task is disabled, as any admin sees, and enabled again whatever happens.
import { readdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { auditVm } from '@vmkeep/backup'
import { cleanUpLeftovers } from '@vmkeep/run'
import { holdEnder, type TransportSettings } from '@vmkeep/transport'
import { type FakeVddk, temporaryFake, whyNoFakeVddk } from '@vmkeep/vddk/testing'
import { faultOf, powerOff, resolveVm, type Session } from '@vmkeep/vsphere'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { sessionWithDisks } from '../support/fake-vddk.ts'
import { isHeld, vcenterOfLibrary } from '../support/vcenter-of-library.ts'
import { World } from '../support/world.ts'

const why = await whyNoFakeVddk()
const capacityBytes = 4 * 2 ** 20

let world: World
let fake: FakeVddk
let session: Session
let transport: TransportSettings

beforeEach(async (context) => {
  if (why !== undefined) return context.skip(why)
  fake = await temporaryFake()
  onTestFinished(() => fake[Symbol.asyncDispose]())
  world = await World.start({ seed: 'hold', vms: [{ name: 'web', cbt: true, disks: [{ capacityBytes }] }] })
  onTestFinished(() => world[Symbol.asyncDispose]())
  const vcenter = await vcenterOfLibrary(fake, world.session)
  onTestFinished(() => vcenter[Symbol.asyncDispose]())
  await world.lab
    .vm('web')
    .disk()
    .writeGuest(0, world.lab.random.bytes(2 ** 20))
  session = sessionWithDisks(world.session, world.lab, 'web', fake)
  transport = { order: ['vddk', 'nbdssl'], compression: 'skipz', vddk: { library: fake.root } }
})

const web = () => world.lab.vm('web').ref
const held = () => isHeld(world.session, web().value)
const notes = () => world.events.flatMap((event) => (event.type === 'note' ? [event.message] : []))
const callsOf = async (name: string) => (await fake.calls()).filter(({ call }) => call.startsWith(name))
const journals = () => readdir(join(world.stateFolder, 'journal'))
const relocate = () => world.session.call('RelocateVM_Task', { _this: web(), spec: {} })
const cleanUp = (endHold = holdEnder()) =>
  cleanUpLeftovers({
    endHold,
    session: world.session,
    stateFolder: world.stateFolder,
    onEvent: (event) => world.events.push(event),
  })
const disable = (sourceId: string, how: 'DisableMethods' | 'EnableMethods' = 'DisableMethods') => {
  const [_this, entity] = [world.session.content.authorizationManager!, [web()]] as const
  return how === 'DisableMethods'
    ? world.session.call(how, { _this, entity, method: [{ method: 'RelocateVM_Task', reasonId: 'x' }], sourceId })
    : world.session.call(how, { _this, entity, method: ['RelocateVM_Task'], sourceId })
}

async function expectFree(): Promise<void> {
  expect(await held()).toBe(false)
  expect(await journals()).toEqual([])
  world.expectClean()
}

describe('a VM that the library reads', () => {
  it('can’t be moved from before its snapshot until after it, and then can', async () => {
    const seen: Promise<unknown>[] = []
    const onEvent = (event: { type: string; phase?: string }) => {
      if (event.type === 'vm-phase' && event.phase === 'snapshot') seen.push(held())
      if (event.type === 'disk-phase' && event.phase === 'read') seen.push(held(), relocate().catch(faultOf))
    }
    const { report, instant } = await world.backupAtInstant('web', { transport }, { session, onEvent })
    expect(report.vms[0]).toMatchObject({ outcome: 'ok', disks: [{ transport: 'vddk' }] })
    await world.expectEqual(report.vms[0]!.point, instant)
    const source = expect.stringMatching(/^vmkeep\.[0-9a-f]{8}\.[0-9a-f]{12}$/) as string
    expect(await Promise.all(seen)).toEqual([true, true, { $type: 'MethodDisabled', source }])
    await expectFree()
    await relocate()
    const calls = (await fake.calls()).map(({ call }) => call.split(' ')[0]!)
    expect(calls.filter((call) => /Init|Access|^Open|^Close|Exit|VIOL/.test(call))).toEqual([
      'InitEx',
      'PrepareForAccess',
      'Open',
      'Close',
      'EndAccess',
      'Exit',
    ])
  })

  it.each([
    ['goes down once', 'asyncRead 1 crash!', 'ok'],
    ['goes down for good, and the network goes on', 'asyncRead 0 crash', 'ok'],
    ['goes down as it is asked to let go', 'EndAccess 1 crash!', 'ok'],
  ])('is let go when the library %s', async (_name, rule, outcome) => {
    await fake.rules(rule)
    const report = await world.backup(['web'], { transport }, { session })
    expect(report.vms[0]).toMatchObject({ outcome })
    expect(await callsOf('PrepareForAccess')).toHaveLength(1)
    await expectFree()
  })

  it('is let go when its backup fails, and when it is cancelled', async () => {
    await fake.rules('asyncRead 0 crash')
    const only = { ...transport, order: ['vddk'] as const }
    expect((await world.backup(['web'], { transport: only }, { session })).vms[0]!.outcome).toBe('failed')
    await expectFree()
    await fake.rules()
    const cancel = new AbortController()
    const onEvent = (event: { type: string; phase?: string }) => {
      if (event.type === 'disk-phase' && event.phase === 'read') cancel.abort(new Error('enough'))
    }
    const hooks = { session, onEvent, signal: cancel.signal }
    expect((await world.backup(['web'], { transport }, hooks)).vms[0]!.outcome).toBe('cancelled')
    await expectFree()
    expect(await callsOf('EndAccess')).toHaveLength(2)
  })

  it('is backed up all the same when it can’t be held, and that is told', async () => {
    for (const [rule, said] of [
      ['PrepareForAccess 1 error 3014', /it is not kept from being moved .* lacks a privilege/],
      ['PrepareForAccess 1 crash!', /it is not kept from being moved .* ended \(SIGSEGV\)/],
      ['PrepareForAccess 1 hang!', /it is not kept from being moved .* did not come back/],
      ['InitEx 1 crash!', /it is not kept from being moved .* ended \(SIGSEGV\)/],
    ] as const) {
      await fake.rules(rule)
      world.events.length = 0
      const patient = { ...transport, silenceMs: rule.includes('hang') ? 1500 : 60_000 }
      const report = await world.backup(['web'], { transport: patient, fullRead: true }, { session })
      expect(report.vms[0], rule).toMatchObject({ outcome: 'ok' })
      expect(notes()).toContainEqual(expect.stringMatching(said))
      await expectFree()
    }
  })

  it('is held for an audit of change tracking, too', async () => {
    await world.backup(['web'], { transport }, { session })
    const { stateFolder, repository } = world
    const vm = await resolveVm(world.session, 'web')
    const { signal } = new AbortController()
    const common = { session, repository, stateFolder, signal, vm, transport, guards: {} }
    expect(await auditVm({ ...common, onEvent: (event) => world.events.push(event) })).toMatchObject({ honest: true })
    expect(await callsOf('PrepareForAccess')).toHaveLength(2)
    expect(await callsOf('EndAccess')).toHaveLength(2)
    await expectFree()
  })

  it('that somebody else holds stays held by them', async () => {
    await disable('SYMC-FULL 01-12-2026')
    const report = await world.backup(['web'], { transport }, { session })
    expect(report.vms[0]!.outcome).toBe('ok')
    expect(notes()).toContainEqual(expect.stringMatching(/^somebody else keeps it from being moved already/))
    expect(await callsOf('PrepareForAccess')).toEqual([])
    expect(await callsOf('EndAccess')).toEqual([])
    expect(await relocate().catch(faultOf)).toMatchObject({ $type: 'MethodDisabled', source: 'SYMC-FULL 01-12-2026' })
    expect(await journals()).toEqual([])
  })

  it('is not held where that is switched off, or where the library does not come first', async () => {
    const off = { ...transport, vddk: { library: fake.root, holdVm: false } }
    await world.backup(['web'], { transport: off }, { session })
    await world.backup(['web'], { transport: { ...transport, order: ['nbdssl', 'vddk'] } }, { session })
    expect(await callsOf('PrepareForAccess')).toEqual([])
  })

  it('and can’t be let go is told, stays in the journal, and is let go by the next start', async () => {
    await fake.rules('EndAccess 0 error 3014')
    const report = await world.backup(['web'], { transport }, { session })
    expect(report.vms[0]).toMatchObject({ outcome: 'partial', error: { code: 'run.vm-held' } })
    expect(notes()).toContainEqual(expect.stringMatching(/^web can't be relocated .* RelocateVM_Task was disabled/))
    expect(await held()).toBe(true)
    await fake.rules()
    expect(await cleanUp()).toMatchObject({ removed: [{ kind: 'hold', vmName: 'web' }], kept: [] })
    await expectFree()
  })
})

describe('a VM that a dead run has left held', () => {
  beforeEach(async () => {
    await fake.rules('EndAccess 0 error 1')
    await world.backup(['web'], { transport }, { session })
    await fake.rules()
    expect(await held()).toBe(true)
  })

  it('is told of, with the way out, as long as VDDK is gone, and let go by one that is elsewhere', async () => {
    const moved = `${fake.root}-moved`
    await rename(fake.root, moved)
    const { kept, removed, gone } = await cleanUp()
    expect({ removed, gone }).toEqual({ removed: [], gone: [] })
    expect(kept).toMatchObject([{ kind: 'hold', code: 'run.vm-held' }])
    expect(kept[0]!.why).toMatch(/RelocateVM_Task was disabled .* there is no libvixDiskLib in .* register it again/)
    expect(await held()).toBe(true)
    expect(await cleanUp(holdEnder({ library: moved }))).toMatchObject({ removed: [{ kind: 'hold' }], kept: [] })
    await expectFree()
  })

  it('needs no VDDK once somebody has enabled the method by hand', async () => {
    await rename(fake.root, `${fake.root}-gone`)
    const { kept } = await cleanUp()
    await disable(kept[0]!.hold!.identity, 'EnableMethods')
    expect(await cleanUp()).toMatchObject({ gone: [{ kind: 'hold' }], kept: [] })
    await expectFree()
  })

  it('is forgotten when it was taken out of the inventory, as those without VDDK are told to do', async () => {
    await powerOff(world.session, web())
    await world.session.call('UnregisterVM', { _this: web() })
    expect(await cleanUp()).toMatchObject({ gone: [{ kind: 'hold' }], kept: [] })
    expect(await journals()).toEqual([])
  })

  it('and that another program holds since is left to that one', async () => {
    const [prepared] = await callsOf('PrepareForAccess')
    await disable(prepared!.call.split(' ')[2]!, 'EnableMethods')
    await disable('another program')
    expect(await cleanUp()).toMatchObject({ kept: [{ why: expect.stringContaining('another program') as string }] })
    expect(await relocate().catch(faultOf)).toMatchObject({ source: 'another program' })
    await disable('another program', 'EnableMethods')
    expect(await cleanUp()).toMatchObject({ gone: [{ kind: 'hold' }], kept: [] })
  })
})
