import { describe, expect, it } from 'vitest'
import { enableChangeTracking } from '../cbt/switch-change-tracking.ts'
import { type Fault, FakeSession, FaultAnswer, refOf } from '../fake-session.ts'
import type { ManagedObjectReference } from '../types/index.ts'
import { decodeConfigXml } from './capture-snapshot.ts'
import { consolidateIfNeeded } from './consolidate.ts'
import { createSnapshot } from './create-snapshot.ts'
import { listSnapshots } from './list-snapshots.ts'
import { removeSnapshot } from './remove-snapshot.ts'
import type { SnapshotOptions } from './snapshot-options.ts'

const vm = refOf('VirtualMachine', 'vm-42')
const marker = 'vmkeep.00000001.000000000001.5037f1a0'
const options = (changes: Partial<SnapshotOptions> = {}): SnapshotOptions => ({
  name: marker,
  description: 'ours',
  quiesce: false,
  ...changes,
})

/** A VM whose snapshots the test's handlers create and remove. */
class VmWithSnapshots extends FakeSession {
  readonly names: { ref: ManagedObjectReference; name: string; quiesced: boolean }[] = []

  constructor(...args: ConstructorParameters<typeof FakeSession>) {
    super(...args)
    this.put(vm, {})
  }

  add(name: string, quiesced = false): ManagedObjectReference {
    const ref = refOf('VirtualMachineSnapshot', `snapshot-${this.names.length + 1}`)
    this.names.push({ ref, name, quiesced })
    this.put(ref, { vm })
    this.#show()
    return ref
  }

  drop(ref: ManagedObjectReference): void {
    this.names.splice(
      this.names.findIndex((one) => one.ref.value === ref.value),
      1,
    )
    this.remove(ref)
    this.#show()
  }

  #show(): void {
    const rootSnapshotList = this.names.map(({ ref, name, quiesced }) => ({
      snapshot: ref,
      vm,
      name,
      description: '',
      createTime: '2026-11-22T16:00:00Z',
      state: 'poweredOn',
      quiesced,
    }))
    this.change(vm, { snapshot: rootSnapshotList.length === 0 ? undefined : { rootSnapshotList } })
  }
}

describe('createSnapshot', () => {
  const willing = (...args: ConstructorParameters<typeof FakeSession>) => {
    const session: VmWithSnapshots = new VmWithSnapshots(...args)
    session.handlers.CreateSnapshotEx_Task ??= ({ name }) => session.task({ result: session.add(name) })
    session.handlers.CreateSnapshot_Task ??= ({ name }) => session.task({ result: session.add(name) })
    return session
  }

  it('snapshots the disks only, with its marker in name and description', async () => {
    const session = willing()
    expect(await createSnapshot(session, vm, options())).toEqual(session.names[0]!.ref)
    expect(session.requestsOf('CreateSnapshotEx_Task')).toEqual([
      { _this: vm, name: marker, description: 'ours', memory: false, quiesceSpec: undefined },
    ])
  })

  it.each<[SnapshotOptions['quiesce'], object]>([
    [{ timeoutMinutes: 15 }, { $type: 'VirtualMachineGuestQuiesceSpec', timeout: 15 }],
    [{ timeoutMinutes: 1 }, { $type: 'VirtualMachineGuestQuiesceSpec', timeout: 5 }],
    [{ timeoutMinutes: 999 }, { $type: 'VirtualMachineGuestQuiesceSpec', timeout: 240 }],
    [
      { timeoutMinutes: 5, windows: { backupType: 5, context: 'ctx_backup' } },
      { $type: 'VirtualMachineWindowsQuiesceSpec', timeout: 5, vssBackupType: 5, vssBackupContext: 'ctx_backup' },
    ],
  ])('quiesces as asked: %j', async (quiesce, quiesceSpec) => {
    const session = willing()
    await createSnapshot(session, vm, options({ quiesce }))
    expect(session.requestsOf('CreateSnapshotEx_Task')[0]).toMatchObject({ quiesceSpec })
  })

  it('escapes its name for vSphere', async () => {
    const session = willing()
    await createSnapshot(session, vm, options({ name: 'a/b 50%' }))
    expect(session.names[0]!.name).toBe('a%2fb 50%25')
  })

  it('uses the old method on an old server, and on one that does not know the new one', async () => {
    const old = willing({}, { apiVersion: '6.0' })
    await createSnapshot(old, vm, options({ quiesce: { timeoutMinutes: 5 } }))
    expect(old.requestsOf('CreateSnapshot_Task')).toEqual([
      { _this: vm, name: marker, description: 'ours', memory: false, quiesce: true },
    ])
    const odd = willing({
      CreateSnapshotEx_Task: () => {
        throw new FaultAnswer({ $type: 'InvalidRequest' })
      },
    })
    expect(await createSnapshot(odd, vm, options())).toEqual(odd.names[0]!.ref)
  })

  it('finds its snapshot by name when the task is forgotten before it is seen to end', async () => {
    const session = willing()
    session.handlers.CreateSnapshotEx_Task = ({ name }) => (session.add(name), session.vanishedTask())
    expect(await createSnapshot(session, vm, options())).toEqual(session.names[0]!.ref)
  })

  it('says so when the task is forgotten and there is no snapshot', async () => {
    const session = willing()
    session.handlers.CreateSnapshotEx_Task = () => session.vanishedTask()
    await expect(createSnapshot(session, vm, options())).rejects.toMatchObject({
      code: 'vsphere.snapshot-unconfirmed',
      remedy: 'retry',
    })
  })

  it('takes over the snapshot of an earlier try instead of making a second one', async () => {
    const session = willing()
    const earlier = session.add(marker)
    expect(await createSnapshot(session, vm, options())).toEqual(earlier)
    expect(session.requestsOf('CreateSnapshotEx_Task')).toEqual([])
  })

  it('waits for a snapshot that is being made, even if that one fails', async () => {
    const session = willing()
    const other = session.task({
      descriptionId: 'VirtualMachine.createSnapshot',
      fault: { $type: 'TooManySnapshotLevels' },
    })
    const ended = (await session.call('RetrievePropertiesEx', {
      _this: session.content.propertyCollector,
      specSet: [{ propSet: [{ type: 'Task', pathSet: ['info'] }], objectSet: [{ obj: other }] }],
      options: {},
    }))!.objects[0]!.propSet![0]!.val as object
    session.put(other, { info: { ...ended, state: 'running' } })
    session.change(vm, { recentTask: [other, session.vanishedTask()] })
    const creating = createSnapshot(session, vm, options())
    await new Promise(setImmediate)
    expect(session.requestsOf('CreateSnapshotEx_Task')).toEqual([])
    session.put(other, { info: ended })
    session.tell(other)
    await creating
    expect(session.names).toHaveLength(1)
  })

  it.each<[Fault, string, string]>([
    [{ $type: 'ApplicationQuiesceFault' }, 'vsphere.snapshot-quiesce-failed', 'change-request'],
    [{ $type: 'FilesystemQuiesceFault' }, 'vsphere.snapshot-quiesce-failed', 'change-request'],
    [{ $type: 'TaskInProgress', task: refOf('Task', 't') }, 'vsphere.busy', 'retry'],
    [{ $type: 'SnapshotDisabled' }, 'vsphere.snapshot-disabled', 'call-operator'],
    [{ $type: 'SnapshotLocked' }, 'vsphere.snapshot-disabled', 'call-operator'],
    [{ $type: 'TooManySnapshotLevels' }, 'vsphere.snapshot-too-deep', 'call-operator'],
    [{ $type: 'MultipleSnapshotsNotSupported' }, 'vsphere.snapshot-too-deep', 'call-operator'],
    [
      {
        $type: 'SnapshotIncompatibleDeviceInVm',
        fault: { fault: { $type: 'SharedBusControllerNotSupported' } },
      } as never,
      'vsphere.snapshot-device-incompatible',
      'call-operator',
    ],
    [{ $type: 'NoDiskSpace', file: '', datastore: 'fast' }, 'vsphere.datastore-full', 'call-operator'],
    [{ $type: 'FileLocked', file: 'x.vmdk' }, 'vsphere.file-locked', 'retry'],
    [{ $type: 'InvalidPowerState', existingState: 'suspended' }, 'vsphere.invalid-state', 'change-request'],
  ])('tells %j as %s', async (fault, code, remedy) => {
    const session = willing()
    session.handlers.CreateSnapshotEx_Task = () => session.task({ fault, text: 'no' })
    await expect(createSnapshot(session, vm, options())).rejects.toMatchObject({ code, remedy })
    expect(session.requestsOf('CreateSnapshot_Task')).toEqual([])
  })

  it('stops waiting with the reason of an abort', async () => {
    const session = willing()
    session.handlers.CreateSnapshotEx_Task = () => {
      const task = session.task()
      session.put(task, { info: { state: 'running' } })
      return task
    }
    const controller = new AbortController()
    const creating = createSnapshot(session, vm, options(), controller.signal)
    await new Promise(setImmediate)
    controller.abort(new Error('enough'))
    await expect(creating).rejects.toThrow('enough')
  })
})

describe('listSnapshots', () => {
  it('tells what the tree says', async () => {
    const session = new VmWithSnapshots()
    expect(await listSnapshots(session, vm)).toEqual([])
    const ref = session.add('s', true)
    expect(await listSnapshots(session, vm)).toMatchObject([{ ref, name: 's', quiesced: true, depth: 0 }])
  })
})

describe('removeSnapshot', () => {
  const withOne = (remove: (session: VmWithSnapshots, ref: ManagedObjectReference) => ManagedObjectReference) => {
    const session = new VmWithSnapshots()
    const ref = session.add('ours')
    session.handlers.RemoveSnapshot_Task = ({ _this }) => remove(session, _this)
    return { session, ref }
  }

  it('keeps children, consolidates, and leaves others alone', async () => {
    const { session, ref } = withOne((s, one) => (s.drop(one), s.task()))
    session.add('theirs')
    await removeSnapshot(session, ref)
    expect(session.requestsOf('RemoveSnapshot_Task')).toEqual([
      { _this: ref, removeChildren: false, consolidate: true },
    ])
    expect(session.names.map(({ name }) => name)).toEqual(['theirs'])
  })

  it('is done when there is no such snapshot, or when it goes meanwhile', async () => {
    const session = new VmWithSnapshots()
    await removeSnapshot(session, refOf('VirtualMachineSnapshot', 'gone'))
    expect(session.calls).toEqual([])
    const race = withOne((s, one) => {
      s.drop(one)
      throw new FaultAnswer({ $type: 'ManagedObjectNotFound', obj: one })
    })
    await removeSnapshot(race.session, race.ref)
  })

  it('looks at the tree when the task is forgotten', async () => {
    const done = withOne((s, one) => (s.drop(one), s.vanishedTask()))
    await removeSnapshot(done.session, done.ref)
    const undone = withOne((s) => s.vanishedTask())
    await expect(removeSnapshot(undone.session, undone.ref)).rejects.toMatchObject({
      code: 'vsphere.snapshot-not-removed',
      remedy: 'retry',
    })
  })

  it('does not believe a success that left the snapshot there', async () => {
    const { session, ref } = withOne((s) => s.task())
    await expect(removeSnapshot(session, ref)).rejects.toMatchObject({ code: 'vsphere.snapshot-not-removed' })
  })

  it('says that the VM is busy', async () => {
    const { session, ref } = withOne((s) => s.task({ fault: { $type: 'TaskInProgress', task: refOf('Task', 't') } }))
    await expect(removeSnapshot(session, ref)).rejects.toMatchObject({ code: 'vsphere.busy' })
  })
})

describe('consolidateIfNeeded', () => {
  const needing = (needed: boolean, after: boolean) => {
    const session = new FakeSession()
    session.put(vm, { runtime: { consolidationNeeded: needed } })
    session.handlers.ConsolidateVMDisks_Task = () => {
      session.change(vm, { runtime: { consolidationNeeded: after } })
      return session.task()
    }
    return session
  }

  it('does nothing where nothing is needed', async () => {
    const session = needing(false, false)
    expect(await consolidateIfNeeded(session, vm)).toBe('not-needed')
    expect(session.calls).toEqual([])
  })

  it('consolidates, and believes only what it sees', async () => {
    expect(await consolidateIfNeeded(needing(true, false), vm)).toBe('done')
    await expect(consolidateIfNeeded(needing(true, true), vm)).rejects.toMatchObject({
      code: 'vsphere.consolidation-unfinished',
    })
  })
})

describe('enableChangeTracking', () => {
  const tracking = (state: { enabled: boolean; supported: boolean; accepts?: boolean }) => {
    const session = new VmWithSnapshots()
    const show = (enabled: boolean) =>
      session.change(vm, {
        config: { changeTrackingEnabled: enabled },
        capability: { changeTrackingSupported: state.supported },
      })
    show(state.enabled)
    session.handlers.ReconfigVM_Task = () => (show(state.accepts ?? true), session.task())
    return session
  }

  it('turns it on once, and sends nothing else', async () => {
    const session = tracking({ enabled: false, supported: true })
    await enableChangeTracking(session, vm)
    await enableChangeTracking(session, vm)
    expect(session.requestsOf('ReconfigVM_Task')).toEqual([{ _this: vm, spec: { changeTrackingEnabled: true } }])
  })

  it('refuses while there are snapshots, which would make vSphere report wrong changes', async () => {
    const session = tracking({ enabled: false, supported: true })
    session.add('theirs')
    await expect(enableChangeTracking(session, vm)).rejects.toMatchObject({ code: 'vsphere.change-tracking-blocked' })
    expect(session.calls).toEqual([])
  })

  it('refuses what can not be tracked, and does not believe a server that did nothing', async () => {
    await expect(enableChangeTracking(tracking({ enabled: false, supported: false }), vm)).rejects.toMatchObject({
      code: 'vsphere.change-tracking-unsupported',
    })
    await expect(
      enableChangeTracking(tracking({ enabled: false, supported: true, accepts: false }), vm),
    ).rejects.toMatchObject({ code: 'vsphere.change-tracking-refused' })
  })
})

describe('decodeConfigXml', () => {
  const head =
    '<val xmlns="urn:vim25" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="VirtualMachineConfigInfo">'

  it('reads what a server sent, and newer fields with it', () => {
    const xml = `${head}<name>web</name><hardware><numCPU>2</numCPU><memoryMB>1</memoryMB></hardware><newer>1</newer></val>`
    expect(decodeConfigXml(xml)).toMatchObject({ name: 'web', hardware: { numCPU: 2 } })
  })

  it.each([
    ['nothing', ''],
    ['no XML', 'vmx = "no xml"'],
    ['half of it', `${head}<name>web</name>`],
    ['a configuration without hardware', `${head}<name>web</name></val>`],
    ['text', '<val>text</val>'],
  ])('refuses %s', (_, xml) => {
    expect(() => decodeConfigXml(xml)).toThrow(expect.objectContaining({ code: 'vsphere.saved-config-incomplete' }))
  })
})
