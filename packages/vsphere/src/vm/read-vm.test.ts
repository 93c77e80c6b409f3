import { describe, expect, it } from 'vitest'
import { FakeSession, refOf } from '../fake-session.ts'
import { aVm, configOf, diskDevice, flatBacking, gib, scsiController } from './fixtures.ts'
import { readVm } from './read-vm.ts'
import { whyNotVm } from './why-not-vm.ts'

const ref = refOf('VirtualMachine', 'vm-42')

function vCenterWith(changes: object): FakeSession {
  const session = new FakeSession()
  const root = refOf('Folder', 'group-d1')
  const datacenter = session.put(refOf('Datacenter', 'datacenter-2'), { name: 'DC', parent: root })
  const vmFolder = session.put(refOf('Folder', 'group-v3'), { name: 'vm', parent: datacenter })
  const folder = session.put(refOf('Folder', 'group-v4'), { name: 'web', parent: vmFolder })
  const host = session.put(refOf('HostSystem', 'host-9'), {
    name: 'esx1.example',
    runtime: { inMaintenanceMode: false, connectionState: 'connected' },
  })
  const datastore = session.put(refOf('Datastore', 'datastore-11'), {
    name: 'fast',
    summary: { name: 'fast', url: '', type: 'VMFS', capacity: 1024 * gib, freeSpace: 512 * gib, accessible: true },
  })
  session.put(ref, {
    name: 'web-1',
    parent: folder,
    config: configOf([scsiController(), diskDevice()]),
    runtime: { powerState: 'poweredOn', connectionState: 'connected', host, consolidationNeeded: false },
    summary: { config: { name: 'web-1', template: false } },
    guest: { toolsRunningStatus: 'guestToolsRunning' },
    capability: { changeTrackingSupported: true, snapshotOperationsSupported: true },
    datastore: [datastore],
    recentTask: [],
    layoutEx: { file: [{ key: 1, name: '[fast] web-1/web-1.vmx', type: 'config', size: 3000 }], timestamp: '' },
    ...changes,
  })
  return session
}

describe('readVm', () => {
  it('reads everything a planner needs', async () => {
    const { ref: _, ...expected } = aVm()
    const vm = await readVm(vCenterWith({}), ref)
    expect(vm).toMatchObject({
      ...expected,
      files: [{ path: '[fast] web-1/web-1.vmx', type: 'config', sizeBytes: 3000 }],
    })
    expect(whyNotVm(vm)).toEqual([])
  })

  it('reads a VM that vSphere itself can not read', async () => {
    const vm = await readVm(
      vCenterWith({
        config: undefined,
        capability: undefined,
        runtime: { connectionState: 'inaccessible', powerState: 'poweredOff' },
        guest: undefined,
        layoutEx: undefined,
        summary: { config: { name: 'web-1', template: false, uuid: '42' } },
      }),
      ref,
    )
    expect(vm).toMatchObject({ name: 'web-1', biosUuid: '42', disks: [], host: undefined, config: undefined })
    expect(whyNotVm(vm).map(({ code }) => code)).toEqual(['inaccessible', 'no-configuration'])
  })

  it.each<[string, object, object]>([
    ['a question', { runtime: { question: { id: '1', text: 'Moved?', choice: {} } } }, { question: 'Moved?' }],
    ['Fault Tolerance', { runtime: { faultToleranceState: 'running' } }, { faultTolerance: true }],
    ['no Fault Tolerance', { runtime: { faultToleranceState: 'notConfigured' } }, { faultTolerance: false }],
    ['a key', { config: configOf([], { keyId: { keyId: 'k' } }) }, { encrypted: true }],
    [
      'a key of a disk',
      { config: configOf([diskDevice({ backing: flatBacking({ keyId: { keyId: 'k' } }) })]) },
      { encrypted: true },
    ],
    ['locked snapshots', { config: configOf([], { flags: { snapshotLocked: true } }) }, { snapshotLocked: true }],
    ['a template', { config: configOf([], { template: true }) }, { template: true }],
    ['no tools', { guest: { toolsRunningStatus: 'guestToolsNotRunning' } }, { toolsRunning: false }],
    ['pending consolidation', { runtime: { consolidationNeeded: true } }, { consolidationNeeded: true }],
  ])('sees %s', async (_, changes, expected) => {
    expect(await readVm(vCenterWith(changes), ref)).toMatchObject(expected)
  })

  it('tells tasks under way, and not those that are over or forgotten', async () => {
    const session = vCenterWith({})
    const running = refOf('Task', 'task-running')
    session.put(running, { info: { descriptionId: 'VirtualMachine.reconfigure', state: 'running', progress: 30 } })
    session.change(ref, { recentTask: [session.task(), session.vanishedTask(), running] })
    expect((await readVm(session, ref)).recentTasks).toEqual([
      { ref: running, descriptionId: 'VirtualMachine.reconfigure', state: 'running', progressPercent: 30 },
    ])
  })

  it('says that a VM is gone', async () => {
    await expect(readVm(new FakeSession(), ref)).rejects.toMatchObject({ code: 'vsphere.not-found' })
  })
})
