import { defaultTransport } from '@vmkeep/transport'
import type { VmPoint } from '@vmkeep/run'
import type { Vm, VmDisk } from '@vmkeep/vsphere'
import { describe, expect, it } from 'vitest'
import { requireMemory } from './memory-plan.ts'
import type { BackupOptions } from './options.ts'
import { planVm } from './plan.ts'
import { plainOptions } from './testing.ts'

const epoch = '52 de c0 d9 b9 43 9d 10-61 d5 4c 1b e9 7b 65 63'
const options: BackupOptions = { ...plainOptions, quiesce: 'prefer' }
const disk = (key: number, change: Partial<VmDisk> = {}): VmDisk => ({
  key,
  label: `Hard disk ${key - 1999}`,
  address: `scsi0:${key - 2000}`,
  capacityBytes: 1 << 30,
  fileName: `[ds] web/web_${key}.vmdk`,
  datastoreName: 'ds',
  diskMode: 'persistent',
  backingType: 'VirtualDiskFlatVer2BackingInfo',
  changeId: `${epoch}/10`,
  device: {} as VmDisk['device'],
  ...change,
})
const vm = (change: Partial<Vm> = {}): Vm => ({
  ref: { type: 'VirtualMachine', value: 'vm-1' } as Vm['ref'],
  name: 'web',
  inventoryPath: '/Lab/vm/web',
  instanceUuid: '50112233-4455-6677-8899-aabbccddeeff',
  template: false,
  locked: false,
  instantCloneFrozen: false,
  guestVolumes: [],
  changeTracking: { supported: true, enabled: true },
  powerState: 'poweredOn',
  connectionState: 'connected',
  consolidationNeeded: false,
  snapshotInBackground: false,
  toolsRunning: true,
  faultTolerance: false,
  encrypted: false,
  snapshots: [],
  snapshotLocked: false,
  snapshotDisabled: false,
  snapshotsSupported: true,
  memorySnapshotsSupported: true,
  datastores: [{ ref: {} as never, name: 'ds', type: 'VMFS', capacityBytes: 1, freeBytes: 1, accessible: true }],
  disks: [disk(2000)],
  devices: [],
  recentTasks: [],
  config: {} as Vm['config'] & object,
  files: [],
  ...change,
})
const previous = {
  id: 'p1',
  disks: [
    {
      key: 2000,
      changeId: `${epoch}/5`,
      image: { capacityBytes: 1 << 30, chunkSizeBytes: 262_144, root: null, height: 1 },
    },
  ],
} as unknown as VmPoint

describe('a VM is planned', () => {
  it('incrementally on its last point, quiesced while it runs', () => {
    expect(planVm(vm(), previous, options)).toMatchObject({
      action: 'backup',
      quiesce: true,
      enableChangeTracking: false,
      previousPoint: 'p1',
      disks: [{ label: 'Hard disk 1', expected: { mode: 'incremental', changeId: `${epoch}/5` } }],
    })
    expect(planVm(vm({ powerState: 'poweredOff' }), previous, options).quiesce).toBe(false)
  })

  it('in full, with change tracking switched on, the first time', () => {
    const plan = planVm(
      vm({ changeTracking: { supported: true, enabled: false }, disks: [disk(2000, { changeId: undefined })] }),
      undefined,
      options,
    )
    expect(plan).toMatchObject({
      enableChangeTracking: true,
      disks: [{ expected: { mode: 'full', cause: { code: 'first-backup' } } }],
    })
  })

  it('of a template without a snapshot, whole, and never by attaching its disks elsewhere', () => {
    const transport = { ...defaultTransport, order: ['hotadd', 'nbdssl'] as const }
    const template = vm({
      template: true,
      powerState: 'poweredOff',
      changeTracking: { supported: true, enabled: false },
    })
    const plan = planVm(template, previous, { ...options, transport })
    expect(plan).toMatchObject({
      action: 'backup',
      snapshot: false,
      enableChangeTracking: false,
      disks: [{ expected: { mode: 'full', cause: { code: 'without-snapshot' } }, transport: { name: 'nbdssl' } }],
    })
    expect(plan.warnings.map(({ code }) => code)).toEqual(['template'])
    expect(planVm(vm(), previous, options).snapshot).toBe(true)
  })

  it('never switches change tracking on while snapshots exist, and says so', () => {
    const snapshots = [{ name: 'mine', depth: 0 }] as unknown as Vm['snapshots']
    const plan = planVm(vm({ snapshots, changeTracking: { supported: true, enabled: false } }), undefined, options)
    expect(plan.enableChangeTracking).toBe(false)
    expect(plan.warnings.map(({ code }) => code)).toContain('snapshots-present')
  })

  it('leaves change tracking alone if asked to, and says what that costs', () => {
    const plan = planVm(vm({ changeTracking: { supported: true, enabled: false } }), undefined, {
      ...options,
      changeTracking: 'as-is',
    })
    expect(plan.enableChangeTracking).toBe(false)
    expect(plan.warnings.map(({ code }) => code)).toContain('tracking-off')
  })

  it.each<[string, Partial<VmDisk>, Partial<BackupOptions>]>([
    ['independent-persistent', { diskMode: 'independent_persistent' }, {}],
    ['multi-writer', { sharing: 'sharingMultiWriter' }, {}],
    ['shared-bus', { controllerSharedBus: 'virtualSharing' }, {}],
    [
      'physical-rdm',
      { rdmMode: 'physicalMode', backingType: 'VirtualDiskRawDiskMappingVer1BackingInfo', diskMode: undefined },
      {},
    ],
    ['excluded', {}, { excludeDisks: ['scsi0:1'] }],
    ['excluded', {}, { excludeDisks: ['Hard disk 2'] }],
  ])('without a disk for the reason %s, which is named', (code, change, asked) => {
    const plan = planVm(vm({ disks: [disk(2000), disk(2001, change)] }), previous, { ...options, ...asked })
    expect(plan.action).toBe('backup')
    expect(plan.disks.map(({ key }) => key)).toEqual([2000])
    expect(plan.skippedDisks).toMatchObject([{ key: 2001, label: 'Hard disk 2', cause: { code } }])
  })

  it.each<[string, Partial<Vm>]>([
    ['orphaned', { connectionState: 'orphaned' }],
    ['no-disk', { disks: [disk(2000, { diskMode: 'independent_persistent' })] }],
    ['no-disk', { disks: [] }],
  ])('as skipped for the reason %s', (code, change) => {
    const plan = planVm(vm(change), previous, options)
    expect(plan.action).toBe('skip')
    expect(plan.reasons.map((reason) => reason.code)).toContain(code)
  })

  it('says by which transport each disk is read, and why not by those before it', () => {
    const transport = { ...defaultTransport, mountedDatastores: { nfs: '/mnt/nfs' } }
    const disks = [disk(2000), disk(2001, { fileName: '[nfs] web/web.vmdk' })]
    const plan = planVm(vm({ disks }), undefined, { ...options, transport })
    expect(plan.disks.map((planned) => planned.transport)).toEqual([
      {
        name: 'nbdssl',
        why: 'encrypted, needs nothing but port 902 of the host',
        passedOver: [{ name: 'file', whyNot: 'the datastore ds is not mounted on this machine' }],
      },
      { name: 'file', why: 'its datastore is mounted on this machine', passedOver: [] },
    ])
    const onlyFile = planVm(vm({ disks }), undefined, { ...options, transport: { ...transport, order: ['file'] } })
    expect(onlyFile).toMatchObject({
      action: 'backup',
      disks: [{ key: 2001 }],
      skippedDisks: [{ key: 2000, cause: { code: 'no-transport' } }],
    })
  })
})

describe('the memory of a guest', () => {
  const memoryOf = (change: Partial<Vm>, more: Partial<BackupOptions> = {}) => {
    const home = { vmxPath: '[ds] web/web.vmx', config: { hardware: { memoryMB: 4096 } } as Vm['config'] & object }
    const { memory, wants, warnings } = planVm(vm({ ...home, ...change }), previous, {
      ...options,
      memory: 'prefer',
      ...more,
    })
    const why = warnings.flatMap(({ code, message }) => (code === 'memory-not-stored' ? [message] : []))
    return { memory, wants, why: why.join('') }
  }

  it('is kept while it runs, and then the guest is not quiesced', () => {
    expect(memoryOf({})).toEqual({ memory: 'prefer', wants: 'crash', why: '' })
    expect(memoryOf({}, { memory: 'off' })).toEqual({ memory: 'off', wants: 'quiesced', why: '' })
  })

  it('is none of a VM that does not run, and nobody is told', () => {
    expect(memoryOf({ powerState: 'poweredOff' })).toEqual({ memory: 'off', wants: 'crash', why: '' })
    expect(memoryOf({ powerState: 'suspended' })).toMatchObject({ memory: 'off', why: '' })
  })

  it.each<[string, Partial<Vm>, Partial<BackupOptions>]>([
    ['no snapshots of it with memory', { memorySnapshotsSupported: false }, {}],
    ['left out: Hard disk 2', { disks: [disk(2000), disk(2001)] }, { excludeDisks: ['Hard disk 2'] }],
    ['no room', {}, { freeSpace: { minFreeBytes: 1, minFreeShare: 0 } }],
  ])('is not kept, and said so: %s', (why, change, more) => {
    const roomy = {
      ref: {} as never,
      name: 'ds',
      type: 'VMFS',
      capacityBytes: 2 ** 33,
      freeBytes: 2 ** 32,
      accessible: true,
    }
    const found = memoryOf({ datastores: [roomy], ...change }, more)
    expect(found).toMatchObject({ memory: 'off', wants: 'quiesced' })
    expect(found.why).toContain(why)
  })

  it('that is demanded and cannot be had fails the backup', () => {
    const demanded = { ...options, memory: 'require' as const }
    const plan = planVm(vm({ memorySnapshotsSupported: false }), previous, demanded)
    expect(() => requireMemory(plan, demanded)).toThrow(expect.objectContaining({ code: 'backup.memory-required' }))
    expect(() => requireMemory(plan, { memory: 'prefer' })).not.toThrow()
  })
})
