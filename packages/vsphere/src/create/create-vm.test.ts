import { beforeEach, describe, expect, it } from 'vitest'
import { type Fault, FakeSession, FaultAnswer, refOf } from '../fake-session.ts'
import { fakeClock } from '@vmkeep/kit/testing'
import { configOf, diskDevice, flatBacking, gib, scsiController } from '../vm/fixtures.ts'
import type { Device } from '../vm/vm-disk.ts'
import { addDisk, type AddDiskRequest } from './add-disk.ts'
import { createVm } from './create-vm.ts'
import { destroyVm } from './destroy-vm.ts'
import { findConflicts, identityOfConfig } from './find-conflicts.ts'
import { clearMarker } from './marker.ts'
import { powerOff, powerOn } from './power.ts'
import { bootOrderOf, setBootOrder } from './set-boot-order.ts'

const vm = refOf('VirtualMachine', 'vm-42')
const folder = refOf('Folder', 'group-v3')
const pool = refOf('ResourcePool', 'resgroup-8')
const marked = (marker: string) => [{ $type: 'OptionValue', key: 'vmkeep.restore', value: marker }] as const

let session: FakeSession
beforeEach(() => {
  session = new FakeSession({}, { clock: fakeClock() })
})

describe('createVm', () => {
  const spec = { name: 'a%2fb', extraConfig: marked('run-7') }

  it('gives the VM that was made', async () => {
    session.handlers.CreateVM_Task = () => session.task({ result: vm })
    expect(await createVm(session, { folder, pool, spec })).toEqual(vm)
    expect(session.requestsOf('CreateVM_Task')).toEqual([{ _this: folder, config: spec, pool, host: undefined }])
  })

  it('finds it by its marker when the task is forgotten', async () => {
    session.put(refOf('VirtualMachine', 'vm-1'), { config: { extraConfig: marked('run-6') } })
    session.handlers.CreateVM_Task = () => {
      session.put(vm, { config: { extraConfig: marked('run-7') } })
      return session.vanishedTask()
    }
    expect(await createVm(session, { folder, pool, spec })).toEqual(vm)
  })

  it('says so when it can not be found either, and takes no VM of others', async () => {
    session.put(vm, { config: { extraConfig: marked('') } })
    session.handlers.CreateVM_Task = () => session.vanishedTask()
    await expect(createVm(session, { folder, pool, spec })).rejects.toMatchObject({ code: 'vsphere.vm-unconfirmed' })
    await expect(createVm(session, { folder, pool, spec: { name: 'x' } })).rejects.toMatchObject({
      code: 'vsphere.vm-unconfirmed',
    })
  })

  it.each<[Fault, string]>([
    [{ $type: 'DuplicateName', name: 'x', object: vm }, 'vsphere.name-taken'],
    [{ $type: 'NoDiskSpace', file: '', datastore: 'fast' }, 'vsphere.datastore-full'],
    [{ $type: 'InvalidDeviceSpec', property: 'x', deviceIndex: 1 } as Fault, 'vsphere.invalid-configuration'],
  ])('tells %j as %s', async (fault, code) => {
    session.handlers.CreateVM_Task = () => session.task({ fault })
    await expect(createVm(session, { folder, pool, spec })).rejects.toMatchObject({ code })
  })
})

describe('destroyVm', () => {
  const lives = (marker: string, powerState = 'poweredOff') => {
    session.put(vm, { config: { extraConfig: marked(marker) }, runtime: { powerState } })
    session.handlers.PowerOffVM_Task = () => {
      session.change(vm, { runtime: { powerState: 'poweredOff' } })
      return session.task()
    }
    session.handlers.Destroy_Task = () => {
      session.remove(vm)
      return session.task()
    }
  }

  it('deletes what carries the marker, switching it off first', async () => {
    lives('run-7', 'poweredOn')
    expect(await destroyVm(session, { ref: vm, marker: 'run-7' })).toBe(true)
    expect(session.calls.map(({ method }) => method)).toEqual(['PowerOffVM_Task', 'Destroy_Task'])
  })

  it('touches nothing that does not', async () => {
    for (const marker of ['run-6', 'run-70', '']) {
      lives(marker)
      await expect(destroyVm(session, { ref: 'vm-42', marker: 'run-7' })).rejects.toMatchObject({
        code: 'vsphere.not-ours',
      })
    }
    lives('')
    await expect(destroyVm(session, { ref: vm, marker: '' })).rejects.toMatchObject({ code: 'vsphere.not-ours' })
    session.put(vm, { config: undefined })
    await expect(destroyVm(session, { ref: vm, marker: 'run-7' })).rejects.toMatchObject({ code: 'vsphere.not-ours' })
    expect(session.calls).toEqual([])
  })

  it('finds the VM by the marker alone', async () => {
    session.put(refOf('VirtualMachine', 'vm-1'), { config: { extraConfig: marked('run-6') } })
    lives('run-7')
    expect(await destroyVm(session, { marker: 'run-7' })).toBe(true)
    expect(await destroyVm(session, { marker: 'run-7' })).toBe(false)
    expect(await destroyVm(session, { ref: vm, marker: 'run-7' })).toBe(false)
  })

  it('does not believe a success that left the VM there', async () => {
    lives('run-7')
    session.handlers.Destroy_Task = () => session.vanishedTask()
    await expect(destroyVm(session, { ref: vm, marker: 'run-7' })).rejects.toMatchObject({
      code: 'vsphere.vm-not-destroyed',
    })
  })
})

describe('clearMarker', () => {
  it('deletes the option', async () => {
    session.handlers.ReconfigVM_Task = () => session.task()
    await clearMarker(session, vm)
    expect(session.requestsOf('ReconfigVM_Task')[0]!.spec).toEqual({ extraConfig: marked('') })
  })
})

describe('addDisk', () => {
  const disk = (changes: Partial<AddDiskRequest> = {}): AddDiskRequest => ({
    savedKey: 2001,
    label: 'Hard disk 2',
    capacityBytes: 3 * gib + 512,
    provisioning: 'thin',
    diskMode: 'persistent',
    slot: { bus: 'scsi', busNumber: 1, unitNumber: 2 },
    savedFileName: '[old] x/x.vmdk',
    ...changes,
  })
  const show = (devices: readonly Device[]) => session.put(vm, { config: configOf(devices) })
  const present = [scsiController(), scsiController({ key: 1001, busNumber: 1 }), diskDevice()]

  it('puts an empty disk in its slot and tells which file it became', async () => {
    show(present)
    session.handlers.ReconfigVM_Task = ({ spec }) => {
      const { device } = spec.deviceChange![0]!
      show([
        ...present,
        { ...device, key: 2017, backing: flatBacking({ fileName: '[fast] web-1/web-1_1.vmdk' }) } as Device,
      ])
      return session.task()
    }
    const added = await addDisk(session, vm, disk())
    expect(added).toMatchObject({
      key: 2017,
      address: 'scsi1:2',
      fileName: '[fast] web-1/web-1_1.vmdk',
      capacityBytes: 3 * gib + 512,
    })
    expect(session.requestsOf('ReconfigVM_Task')[0]!.spec.deviceChange).toEqual([
      {
        $type: 'VirtualDeviceConfigSpec',
        operation: 'add',
        fileOperation: 'create',
        device: {
          $type: 'VirtualDisk',
          key: -1,
          controllerKey: 1001,
          unitNumber: 2,
          capacityInKB: 3 * 1024 * 1024 + 1,
          capacityInBytes: 3 * gib + 512,
          backing: {
            $type: 'VirtualDiskFlatVer2BackingInfo',
            fileName: '[fast]',
            diskMode: 'persistent',
            thinProvisioned: true,
            eagerlyScrub: false,
          },
        },
      },
    ])
  })

  it.each<[Partial<AddDiskRequest>, object]>([
    [{ provisioning: 'eager' }, { thinProvisioned: false, eagerlyScrub: true }],
    [{ provisioning: 'lazy' }, { thinProvisioned: false, eagerlyScrub: false }],
    [{ datastoreName: 'slow' }, { fileName: '[slow]' }],
  ])('makes it %j', async (changes, backing) => {
    show(present)
    session.handlers.ReconfigVM_Task = () => (
      show([...present, diskDevice({ key: 2001, controllerKey: 1001, unitNumber: 2 })]),
      session.task()
    )
    await addDisk(session, vm, disk(changes))
    expect(session.requestsOf('ReconfigVM_Task')[0]!.spec.deviceChange![0]!.device.backing).toMatchObject(backing)
  })

  it('keeps shares that somebody chose', async () => {
    show(present)
    session.handlers.ReconfigVM_Task = () => (show([...present, diskDevice({ key: 2001 })]), session.task())
    await addDisk(session, vm, disk({ shares: { shares: 2000, level: 'high' } }))
    expect(session.requestsOf('ReconfigVM_Task')[0]!.spec.deviceChange![0]!.device).toMatchObject({
      storageIOAllocation: { shares: { shares: 2000, level: 'high' } },
    })
  })

  it('says where it can not go, and when it is not to be seen', async () => {
    show(present)
    const nvme = disk({ slot: { bus: 'nvme', busNumber: 0, unitNumber: 0 } })
    await expect(addDisk(session, vm, nvme)).rejects.toMatchObject({ code: 'vsphere.no-controller' })
    session.handlers.ReconfigVM_Task = () => session.vanishedTask()
    await expect(addDisk(session, vm, disk())).rejects.toMatchObject({ code: 'vsphere.disk-unconfirmed' })
    session.put(vm, {})
    await expect(addDisk(session, vm, disk())).rejects.toMatchObject({ code: 'vsphere.no-configuration' })
  })
})

describe('setBootOrder', () => {
  const card = (key: number): Device => ({ $type: 'VirtualVmxnet3', key })
  const planned = [
    { kind: 'disk', savedKey: 2001 },
    { kind: 'disk', savedKey: 2009 },
    { kind: 'ethernet', ordinal: 1 },
    { kind: 'ethernet', ordinal: 5 },
    { kind: 'cdrom' },
    { kind: 'floppy' },
  ] as const

  it('speaks of the devices the VM has now, and passes over those that did not come back', () => {
    expect(bootOrderOf(planned, new Map([[2001, 2017]]), [card(4000), card(4001)])).toEqual([
      { $type: 'VirtualMachineBootOptionsBootableDiskDevice', deviceKey: 2017 },
      { $type: 'VirtualMachineBootOptionsBootableEthernetDevice', deviceKey: 4001 },
      { $type: 'VirtualMachineBootOptionsBootableCdromDevice' },
      { $type: 'VirtualMachineBootOptionsBootableFloppyDevice' },
    ])
  })

  it('sets it, if anything of it is left', async () => {
    session.put(vm, { config: configOf([card(4000)]) })
    session.handlers.ReconfigVM_Task = () => session.task()
    await setBootOrder(session, vm, { bootOrder: [{ kind: 'ethernet', ordinal: 3 }], newKeys: new Map() })
    expect(session.calls).toEqual([])
    await setBootOrder(session, vm, { bootOrder: [{ kind: 'cdrom' }], newKeys: new Map() })
    expect(session.requestsOf('ReconfigVM_Task')[0]!.spec.bootOptions).toEqual({
      bootOrder: [{ $type: 'VirtualMachineBootOptionsBootableCdromDevice' }],
    })
  })
})

describe('findConflicts', () => {
  const put = (value: string, name: string, parent: string, ids: object, mac?: string) =>
    session.put(refOf('VirtualMachine', value), {
      name,
      parent: refOf('Folder', parent),
      summary: { config: ids },
      config: {
        hardware: { device: mac === undefined ? [] : [{ $type: 'VirtualE1000', key: 4000, macAddress: mac }] },
      },
    })
  const wanted = {
    biosUuid: '4237-AA',
    instanceUuid: '5037-aa',
    macs: ['00:50:56:AB:12:34', '00:50:56:00:00:01'],
    name: 'a/b',
    folder,
  }

  it('finds the original, the name, the UUID and the addresses, in whatever case', async () => {
    put('vm-1', 'old', 'group-v9', { uuid: '4237-aa', instanceUuid: '5037-AA' }, '00:50:56:ab:12:34')
    put('vm-2', 'a%2fb', 'group-v3', { uuid: 'x' })
    session.put(refOf('VirtualMachine', 'vm-3'), { name: 'half gone' })
    const conflicts = await findConflicts(session, wanted)
    expect(conflicts).toMatchObject({
      original: { name: 'old' },
      sameName: { name: 'a/b', ref: refOf('VirtualMachine', 'vm-2') },
      biosUuidInUse: true,
      macsInUse: new Set(['00:50:56:ab:12:34']),
    })
    expect(conflicts.macHolders.get('00:50:56:ab:12:34')?.name).toBe('old')
  })

  it('finds none where there are none, and takes empty ids for none', async () => {
    put('vm-1', 'a/b', 'group-v9', { uuid: '', instanceUuid: '' }, '00:50:56:ff:ff:ff')
    expect(await findConflicts(session, { ...wanted, biosUuid: '', instanceUuid: undefined })).toEqual({
      biosUuidInUse: false,
      macsInUse: new Set(),
      macHolders: new Map(),
    })
  })

  it('knows what of a saved VM must be unique', () => {
    const saved = configOf([{ $type: 'VirtualVmxnet3', key: 4000, macAddress: '00:50:56:AB:12:34' }, scsiController()])
    expect(identityOfConfig(saved)).toEqual({
      biosUuid: saved.uuid,
      instanceUuid: saved.instanceUuid,
      macs: ['00:50:56:ab:12:34'],
    })
  })
})

describe('powerOn and powerOff', () => {
  const state = (powerState: string) => session.put(vm, { runtime: { powerState } })

  it('switch, and see it happen, even a little late', async () => {
    state('poweredOff')
    session.handlers.PowerOnVM_Task = () => {
      setImmediate(() => state('poweredOn'))
      return session.task()
    }
    await powerOn(session, vm)
    expect(session.requestsOf('PowerOnVM_Task')).toHaveLength(1)
  })

  it('leave alone what is so already', async () => {
    state('poweredOff')
    await powerOff(session, vm)
    expect(session.calls).toEqual([])
    session.handlers.PowerOnVM_Task = () => {
      state('poweredOn')
      throw new FaultAnswer({ $type: 'InvalidPowerState', existingState: 'poweredOn', requestedState: 'poweredOn' })
    }
    await powerOn(session, vm)
  })

  it('say when it did not happen', async () => {
    state('poweredOff')
    session.handlers.PowerOnVM_Task = () => session.task()
    await expect(powerOn(session, vm)).rejects.toMatchObject({ code: 'vsphere.power-state-unreached' })
  })
})
