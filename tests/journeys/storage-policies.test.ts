// Storage policies: what a VM and its disks have is kept with the restore point.
import { expect, it } from 'vitest'
import { World } from '../support/world.ts'

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

it.each([
  ['the right to see them is missing', { do: 'fault', type: 'PbmFaultNoPermission' }, /may not|lacks|permission/i],
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
