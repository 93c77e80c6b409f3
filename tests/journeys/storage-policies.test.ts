// Storage policies: what a VM and its disks have is kept with the restore point, and a new VM gets it back.
import { type Lab, type LabOptions, startLab } from '@vmkeep/lab'
import { type Destination, mapPlace, restoreInPlace, type RestoreReport, restoreToVsphere } from '@vmkeep/restore'
import type { VmPoint } from '@vmkeep/run'
import { defaultTransport, type TransportSettings } from '@vmkeep/transport'
import type { Session } from '@vmkeep/vsphere'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openLabSession, World } from '../support/world.ts'

const MiB = 1024 * 1024
const vm = {
  name: 'web',
  storagePolicy: 'gold',
  disks: [{ capacityBytes: 2 * MiB }, { capacityBytes: MiB, storagePolicy: 'two copies' }],
}

it('are kept with the point, by id and by name; those of disks by the key of the disk', async () => {
  await using world = await World.start({ seed: 'policies', vms: [vm, { ...vm, name: 'db' }] })
  const { vms } = await world.backup(['web', 'db'])
  expect(vms.map(({ outcome, warnings }) => ({ outcome, warnings }))).toEqual([
    { outcome: 'ok', warnings: [] },
    { outcome: 'ok', warnings: [] },
  ])
  const { place } = await world.point(vms[0]!.point)
  expect(place.storagePolicies).toEqual({
    home: { id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string, name: 'gold' },
    disks: [{ key: 2001, id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string, name: 'two copies' }],
  })
  const { calls } = world.lab.stats
  expect(calls.get('PbmRetrieveServiceContent')).toBe(1)
  expect(calls.get('PbmRetrieveContent')).toBe(2) // two names, once in a run
})

it('are read in the session of after a renewal: the SOAP header names the new one', async () => {
  await using world = await World.start({ seed: 'policies-renewed', vms: [vm] })
  world.lab.faults.add({ on: 'PbmQueryAssociatedProfile', times: 1, then: { do: 'expire-session' } })
  const { vms } = await world.backup(['web'])
  expect(vms[0]).toMatchObject({ outcome: 'ok', warnings: [] })
  expect((await world.point(vms[0]!.point)).place.storagePolicies?.home?.name).toBe('gold')
})

it('are kept as far as they can be read: one disk that is refused takes nothing from the others', async () => {
  await using world = await World.start({ seed: 'policies-in-part', vms: [vm] })
  const then = { do: 'fault', type: 'InvalidArgument' } as const
  world.lab.faults.add({ on: 'PbmQueryAssociatedProfile', after: 1, times: 1, then }) // that of its first disk
  const { vms } = await world.backup(['web'])
  expect(vms[0]!.warnings).toMatchObject([{ message: expect.stringContaining('of Hard disk 1 could') as string }])
  const { storagePolicies } = (await world.point(vms[0]!.point)).place
  expect(storagePolicies).toMatchObject({ home: { name: 'gold' }, disks: [{ key: 2001, name: 'two copies' }] })
})

it('are no reason to log in again where their service alone refuses the session', async () => {
  await using world = await World.start({ seed: 'policies-not-for-us', vms: [vm] })
  world.lab.faults.add({ on: 'Pbm*', then: { do: 'fault', type: 'NotAuthenticated' } })
  const { vms } = await world.backup(['web'])
  expect(vms[0]).toMatchObject({ outcome: 'ok', warnings: [{ code: 'storage-policies-not-saved' }] })
  expect(world.lab.stats.logins).toBe(3) // before and after the visit to the REST API for tags, and its own
})

it('are a warning where the right to see them is missing, which is named: the backup goes on', async () => {
  const user = { name: 'backup', password: 'secret', without: ['StorageProfile.View'] }
  await using world = await World.start({ seed: 'policies-unseen', vms: [vm], users: [user] })
  const { host, port, thumbprintSha256 } = world.lab
  await using session = await openLabSession({ host, port, thumbprintSha256, username: 'backup', password: 'secret' })
  const { vms } = await world.backup(['web'], {}, { session })
  expect(vms[0]).toMatchObject({ outcome: 'ok', warnings: [{ code: 'storage-policies-not-saved' }] })
  expect(vms[0]!.warnings[0]!.message).toContain('StorageProfile.View')
})

it.each([
  ['their service is down', { do: 'http-error', status: 503 }, /503/],
  ['vCenter has no such service', { do: 'http-error', status: 404 }, /404/],
] as const)('are a warning where %s: the backup goes on', async (_, then, why) => {
  await using world = await World.start({ seed: 'policies-refused', vms: [vm] })
  world.lab.faults.add({ on: 'Pbm*', then })
  const { vms } = await world.backup(['web'])
  expect(vms[0]).toMatchObject({ outcome: 'ok', warnings: [{ code: 'storage-policies-not-saved' }] })
  expect(vms[0]!.warnings[0]!.message).toMatch(why)
  const point = await world.point(vms[0]!.point)
  expect(point.place).not.toHaveProperty('storagePolicies')
  expect(point.warnings).toEqual(vms[0]!.warnings)
})

it('are not asked for on an ESXi host', async () => {
  await using world = await World.start({
    seed: 'policies-esxi',
    mode: 'esxi',
    vms: [{ name: 'web', disks: vm.disks }],
  })
  const { vms } = await world.backup(['web'])
  expect(vms[0]).toMatchObject({ outcome: 'ok', warnings: [] })
  expect((await world.point(vms[0]!.point)).place).not.toHaveProperty('storagePolicies')
  expect([...world.lab.stats.calls.keys()].filter((method) => method.startsWith('Pbm'))).toEqual([])
})

describe('a restore as a new VM', () => {
  const auto: Destination = { name: 'back', networkMap: {}, identity: 'auto', connectNetworks: 'auto', disks: [] }
  const restore = (
    world: World,
    point: VmPoint,
    { session = world.session, ...destination }: Partial<Destination> & { session?: Session } = {},
    transport: TransportSettings = defaultTransport,
  ) =>
    restoreToVsphere({
      session,
      repository: world.repository,
      point,
      destination: { ...auto, ...destination },
      transport,
      verify: false,
      powerOn: false,
      stateFolder: world.stateFolder,
      onEvent: (event) => world.events.push(event),
      signal: new AbortController().signal,
    })

  async function protectedWorld(change: Partial<LabOptions> = {}) {
    const world = await World.start({ seed: 'policies-restored', vms: [vm], ...change })
    onTestFinished(() => world[Symbol.asyncDispose]())
    const { vms } = await world.backup(['web'])
    return { world, point: await world.point(vms[0]!.point) }
  }

  /** A lab beside the first, as by `who`. */
  async function another(options: LabOptions, who?: { username: string; password: string }) {
    const lab = await startLab({ seed: 'another', ...options })
    onTestFinished(() => lab[Symbol.asyncDispose]())
    const { host, port, thumbprintSha256 } = lab
    const session = await openLabSession({
      host,
      port,
      thumbprintSha256,
      username: lab.username,
      password: lab.password,
      ...who,
    })
    onTestFinished(() => session[Symbol.asyncDispose]())
    return { lab, session }
  }

  const about = ({ warnings }: RestoreReport) => warnings.filter(({ code }) => code.startsWith('storage-polic'))
  const vmsOf = (lab: Lab) => lab.state().vms.map(({ name }) => name)

  it.each([
    ['its disks one by one', defaultTransport],
    ['all through a lease', { order: ['lease'], compression: 'none' }],
  ] as const)('gives it and its disks those they had, %s', async (_, transport) => {
    const { world, point } = await protectedWorld()
    expect(about(await restore(world, point, {}, transport))).toEqual([])
    expect(world.lab.vm('back').storagePolicies).toEqual({ home: 'gold', disks: { 2001: 'two copies' } })
    expect(world.lab.stats.mistakes).toEqual([])
  })

  it('finds them by name on another vCenter, and warns of what is not there', async () => {
    const { world, point } = await protectedWorld()
    const { lab, session } = await another({ storagePolicies: ['two copies'] })
    const report = await restore(world, point, { session })
    expect(about(report)).toEqual([
      {
        code: 'storage-policy-not-restored',
        message: 'what had the storage policy "gold" gets the default of its datastore: there is none of that name',
      },
    ])
    expect(lab.vm('back').storagePolicies).toEqual({ home: undefined, disks: { 2001: 'two copies' } })
    await expect(restore(world, point, { session, name: 'all', storagePolicies: 'all' })).rejects.toMatchObject({
      code: 'restore.no-such-storage-policy',
    })
    expect(vmsOf(lab)).toEqual(['back']) // nothing was made
  })

  it('takes what rules or flags name instead, which must be there', async () => {
    const { world, point } = await protectedWorld({ storagePolicies: ['silver'] })
    const storagePolicyMap = Object.fromEntries(
      mapPlace(point, [{ match: { storagePolicy: 'g*' }, to: { storagePolicy: 'silver' } }]).map(
        ({ from, to }) => [from!, to] as const,
      ),
    )
    expect(about(await restore(world, point, { storagePolicyMap: { ...storagePolicyMap, iron: 'gold' } }))).toEqual([
      expect.objectContaining({ code: 'storage-policy-unused', message: expect.stringContaining('"iron"') as string }),
    ])
    expect(world.lab.vm('back').storagePolicies).toEqual({ home: 'silver', disks: { 2001: 'two copies' } })
    const wrong = restore(world, point, { name: 'wrong', storagePolicyMap: { gold: 'platinum' } })
    await expect(wrong).rejects.toThrow(/no storage policy platinum; it has gold, silver, two copies/)
    expect(vmsOf(world.lab)).toEqual(['web', 'back'])
  })

  it('gives none where none are wanted, and asks for nothing', async () => {
    const { world, point } = await protectedWorld()
    const before = world.lab.stats.calls.get('PbmRetrieveServiceContent')
    expect(about(await restore(world, point, { storagePolicies: 'none' }))).toEqual([])
    expect(world.lab.vm('back').storagePolicies).toEqual({ home: undefined, disks: {} })
    expect(world.lab.stats.calls.get('PbmRetrieveServiceContent')).toBe(before)
  })

  it('warns where there can be none: on an ESXi host, and for an account that may not apply them', async () => {
    const { world, point } = await protectedWorld()
    const host = await another({ mode: 'esxi' })
    expect(about(await restore(world, point, { session: host.session }))).toMatchObject([
      { message: expect.stringMatching(/"gold", "two copies".*ESXi host/) as string },
    ])
    const user = { name: 'backup', password: 'secret', without: ['StorageProfile.Apply'] }
    const limited = await another(
      { storagePolicies: ['gold'], users: [user] },
      { username: 'backup', password: 'secret' },
    )
    expect(about(await restore(world, point, { session: limited.session }))).toMatchObject([
      { message: expect.stringContaining('backup lacks StorageProfile.Apply') as string },
    ])
    expect(limited.lab.vm('back').storagePolicies).toEqual({ home: undefined, disks: {} })
    const asked = restore(world, point, { session: limited.session, name: 'x', storagePolicyMap: { gold: 'gold' } })
    await expect(asked).rejects.toMatchObject({ code: 'restore.storage-policies-unknown' })
  })

  it('says so where the point does not hold all of them', async () => {
    const { world, point } = await protectedWorld()
    const warnings = [{ code: 'storage-policies-not-saved', message: 'Those of Hard disk 1 could not be read' }]
    const place = { ...point.place, storagePolicies: undefined }
    expect(about(await restore(world, { ...point, place, warnings }))).toMatchObject([
      { code: 'storage-policy-not-restored', message: expect.stringContaining('Those of Hard disk 1') as string },
    ])
    const all = restore(world, { ...point, warnings }, { name: 'all', storagePolicies: 'all' })
    await expect(all).rejects.toMatchObject({ code: 'restore.storage-policies-unknown' })
  })

  it('says what to do where vSphere refuses them, and leaves nothing', async () => {
    const { world, point } = await protectedWorld()
    const then = { do: 'task-fault', type: 'InvalidArgument' } as const
    world.lab.faults.add({ on: 'ReconfigVM_Task', times: 1, then }) // that of its first disk
    await expect(restore(world, point)).rejects.toMatchObject({ code: 'vsphere.invalid-argument' })
    expect(world.events).toContainEqual(expect.objectContaining({ code: 'storage-policies-refused' }))
    expect(vmsOf(world.lab)).toEqual(['web'])
  })

  it('is told by vSphere what it has made, and doubts what is otherwise', async () => {
    const { world, point } = await protectedWorld()
    world.lab.faults.add({ on: 'PbmQueryAssociatedProfile', then: { do: 'fault', type: 'PbmFault' } })
    const codes = about(await restore(world, point)).map(({ code }) => code)
    expect(codes).toEqual(['storage-policy-unproven', 'storage-policy-unproven'])
  })
})

it('stay as they are where a VM is restored in place: nobody even asks', async () => {
  await using world = await World.start({ seed: 'policies-in-place', vms: [{ ...vm, power: 'off' }] })
  const { vms } = await world.backup(['web'])
  await world.lab.vm('web').disk().writeGuest(0, Buffer.alloc(MiB, 'changed'))
  world.lab.faults.add({ on: 'Pbm*', then: { do: 'fault', type: 'PbmFault' } })
  const asked = () => [...world.lab.stats.calls].filter(([method]) => method.startsWith('Pbm'))
  const before = asked()
  const report = await restoreInPlace({
    session: world.session,
    repository: world.repository,
    point: await world.point(vms[0]!.point),
    disks: [],
    compareAll: false,
    powerOff: false,
    transport: defaultTransport,
    verify: true,
    powerOn: false,
    stateFolder: world.stateFolder,
    onEvent: (event) => world.events.push(event),
    signal: new AbortController().signal,
  })
  expect(report.warnings).toEqual([])
  expect(world.lab.vm('web').storagePolicies).toEqual({ home: 'gold', disks: { 2001: 'two copies' } })
  expect(asked()).toEqual(before)
})
