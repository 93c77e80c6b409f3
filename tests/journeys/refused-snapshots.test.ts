// Every way in which vSphere refuses a snapshot (vadp.md §3.4): the VM fails with a code, the VM's name and vSphere's reason; the next run works.
import { parseFaultRule, type VmDescription } from '@vmkeep/lab'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { World } from '../support/world.ts'

const web: VmDescription = { name: 'web', disks: [{ capacityBytes: 1024 * 1024 }] }
let world: World

beforeAll(async () => {
  world = await World.start({ seed: 'refused', vms: [web] })
})
afterAll(() => world[Symbol.asyncDispose]())

it.each<[fault: string, code: string]>([
  ['InvalidState', 'vsphere.invalid-state'],
  ['InvalidPowerState', 'vsphere.invalid-state'],
  ['MemorySnapshotOnIndependentDisk', 'vsphere.snapshot-memory-refused'],
  ['TooManySnapshotLevels', 'vsphere.snapshot-too-deep'],
  ['MultipleSnapshotsNotSupported', 'vsphere.snapshot-too-deep'],
  ['SnapshotLocked', 'vsphere.snapshot-disabled'],
  ['SnapshotDisabled', 'vsphere.snapshot-disabled'],
  ['SnapshotNoChange', 'vsphere.snapshot-no-change'],
  ['FileFault', 'vsphere.file-fault'],
  ['InvalidName', 'vsphere.invalid-argument'],
  ['VmConfigFault', 'vsphere.invalid-configuration'],
  ['RestrictedVersion', 'vsphere.restricted-licence'],
])('a snapshot refused with %s fails the VM with its reason, and leaves nothing', async (fault, code) => {
  using _rule = world.lab.faults.add(parseFaultRule(`CreateSnapshot*_Task,then=task-fault:${fault}`))
  const { vms } = await world.backup(['web'])
  expect(vms).toMatchObject([{ outcome: 'failed', error: { code } }])
  expect(vms[0]!.error!.message).toMatch(/^"?web"? |on "web" \(vm-\d+\): /)
  world.expectClean()
})

it('and once it is no longer refused, the backup works', async () => {
  expect((await world.backup(['web'])).outcome).toBe('ok')
})
