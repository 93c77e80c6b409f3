import { describe, expect, it } from 'vitest'
import { disksOf } from './disks-of.ts'
import { aVm, configOf, diskDevice, flatBacking, scsiController } from './fixtures.ts'
import type { VirtualDiskDevice } from './vm-disk.ts'
import { warningsOf } from './warnings-of.ts'
import { whyNotDisk } from './why-not-disk.ts'
import { whyNotVm } from './why-not-vm.ts'
import type { GuestVolume, Vm } from './vm.ts'

const codes = (reasons: readonly { code: string }[]) => reasons.map(({ code }) => code)
const backed = (changes: Parameters<typeof flatBacking>[0]) => diskDevice({ backing: flatBacking(changes) })
const file = { fileName: '[fast] a/a.vmdk', diskMode: 'persistent' }

describe('whyNotDisk', () => {
  it.each<[string, VirtualDiskDevice, string[]]>([
    ['a plain disk', diskDevice(), []],
    ['a thick disk', backed({ thinProvisioned: false, eagerlyScrub: true }), []],
    ['a disk without CBT', backed({ changeId: undefined }), []],
    ['independent_persistent', backed({ diskMode: 'independent_persistent' }), ['independent-persistent']],
    ['independent_nonpersistent', backed({ diskMode: 'independent_nonpersistent' }), ['independent-nonpersistent']],
    ['nonpersistent', backed({ diskMode: 'nonpersistent' }), ['nonpersistent']],
    ['undoable', backed({ diskMode: 'undoable' }), ['undoable']],
    ['append', backed({ diskMode: 'append' }), ['append']],
    ['multi-writer', backed({ sharing: 'sharingMultiWriter' }), ['multi-writer']],
    ['no bytes', diskDevice({ capacityInBytes: 0 }), ['no-capacity']],
    ['a datastore the VM does not have', backed({ fileName: '[gone] a/a.vmdk' }), ['no-datastore']],
    ['no file name', backed({ fileName: '' }), ['no-datastore']],
    ['a sparse disk', diskDevice({ backing: { $type: 'VirtualDiskSparseVer2BackingInfo', ...file } }), []],
    ['an SE sparse disk', diskDevice({ backing: { $type: 'VirtualDiskSeSparseBackingInfo', ...file } }), []],
    [
      'an ESX 2 disk',
      diskDevice({ backing: { $type: 'VirtualDiskFlatVer1BackingInfo', ...file } }),
      ['legacy-backing'],
    ],
    [
      'an old sparse disk',
      diskDevice({ backing: { $type: 'VirtualDiskSparseVer1BackingInfo', ...file } }),
      ['legacy-backing'],
    ],
    [
      'persistent memory',
      diskDevice({ backing: { $type: 'VirtualDiskLocalPMemBackingInfo', ...file } }),
      ['persistent-memory'],
    ],
    [
      'a kind from the future',
      diskDevice({ backing: { $type: 'VirtualDiskHoloBackingInfo', ...file } as never }),
      ['unknown-backing'],
    ],
    ['no backing', diskDevice({ backing: undefined }), ['unknown-backing', 'no-datastore']],
    [
      'a virtual-mode RDM',
      diskDevice({
        backing: { $type: 'VirtualDiskRawDiskMappingVer1BackingInfo', ...file, compatibilityMode: 'virtualMode' },
      }),
      [],
    ],
    [
      'a physical-mode RDM',
      diskDevice({
        backing: {
          $type: 'VirtualDiskRawDiskMappingVer1BackingInfo',
          fileName: file.fileName,
          compatibilityMode: 'physicalMode',
        },
      }),
      ['physical-rdm'],
    ],
  ])('of %s', (_, device, expected) => {
    const reasons = whyNotDisk(disksOf(configOf([scsiController(), device]))[0]!, aVm())
    expect(codes(reasons)).toEqual(expected)
    for (const { sentence } of reasons) expect(sentence).toMatch(/^[A-Zv].{20,}\.$/)
  })

  it.each(['virtualSharing', 'physicalSharing'] as const)('of a disk on a bus with %s', (sharedBus) => {
    const [disk] = disksOf(configOf([scsiController({ sharedBus }), diskDevice()]))
    expect(codes(whyNotDisk(disk!, aVm()))).toEqual(['shared-bus'])
  })

  it('of a disk on an NVMe controller that several VMs share', () => {
    const controller = {
      $type: 'VirtualNVMEController',
      key: 1000,
      busNumber: 0,
      sharedBus: 'physicalSharing',
    } as const
    expect(codes(whyNotDisk(disksOf(configOf([controller, diskDevice()]))[0]!, aVm()))).toEqual(['shared-bus'])
  })

  it('of a disk whose datastore is down', () => {
    const vm = aVm()
    const datastores = [{ ...vm.datastores[0]!, accessible: false }]
    expect(codes(whyNotDisk(vm.disks[0]!, { datastores }))).toEqual(['datastore-inaccessible'])
  })
})

describe('whyNotVm', () => {
  const host = { ref: { type: 'HostSystem', value: 'host-9' }, name: 'esx1', inMaintenance: true }
  it.each<[string, Partial<Vm>, string[]]>([
    ['healthy', {}, []],
    ['powered off', { powerState: 'poweredOff' }, []],
    ['on a host nobody may see', { host: undefined }, []],
    ['a template', { template: true, snapshotsSupported: false }, []],
    ['fault tolerant', { faultTolerance: true }, ['fault-tolerant']],
    ['disconnected', { connectionState: 'disconnected' }, ['disconnected']],
    ['orphaned', { connectionState: 'orphaned' }, ['orphaned']],
    [
      'inaccessible, without configuration',
      { connectionState: 'inaccessible', config: undefined },
      ['inaccessible', 'no-configuration'],
    ],
    ['invalid', { connectionState: 'invalid' }, ['invalid']],
    ['waiting for an answer', { question: 'Did you move or copy it?' }, ['question-pending']],
    ['on a host in maintenance', { host }, ['host-in-maintenance']],
    ['whose key its host lacks', { locked: true }, ['key-missing']],
    ['with locked snapshots', { snapshotLocked: true }, ['snapshots-locked']],
    ['with disabled snapshots', { snapshotDisabled: true }, ['snapshots-disabled']],
  ])('of a VM %s', (_, changes, expected) => {
    const reasons = whyNotVm(aVm(changes))
    expect(codes(reasons)).toEqual(expected)
    for (const { sentence } of reasons) expect(sentence).toMatch(/^[A-Zv].{20,}\.$/)
  })

  it('quotes the question and names the host', () => {
    expect(whyNotVm(aVm({ question: 'Moved?' }))[0]!.sentence).toContain('"Moved?"')
    expect(whyNotVm(aVm({ host }))[0]!.sentence).toContain('esx1')
  })
})

describe('warningsOf', () => {
  const node = (depth: number) => ({
    ref: { type: 'VirtualMachineSnapshot', value: `snapshot-${depth}` },
    name: 's',
    description: '',
    createdAt: '',
    quiesced: false,
    depth,
    isCurrent: false,
    childCount: 1,
  })
  const volume = (path: string, diskKeys: readonly number[], capacityBytes = 2 ** 40) => {
    return { path, diskKeys, fileSystem: 'xfs', capacityBytes, usedBytes: 12e9 }
  }
  const [root, san] = [volume('/', [2000]), volume('/san', [])]
  const elsewhere: [string, readonly GuestVolume[], string[]][] = [
    ['on a disk of nobody', [root, san], ['guest-volumes-elsewhere']],
    ['on disks of its own', [root, volume('/data', [2000])], []],
    ['and old Tools that name no disk', [volume('/', []), san], []],
    ['on a CD', [root, { ...san, fileSystem: 'ISO9660' }], []],
  ]
  it.each(elsewhere)('of a VM whose guest has a volume %s', (_, guestVolumes, expected) => {
    const told = warningsOf(aVm({ guestVolumes }))
    expect(codes(told)).toEqual(expected)
    if (expected.length > 0) expect(told[0]!.sentence).toContain('12.0 GB on /san')
  })

  it('of a VM with a disk that no volume is said to be on: a pool of disks may be there', () => {
    const devices = [scsiController(), diskDevice(), diskDevice({ key: 2001, unitNumber: 1, capacityInBytes: 2 ** 41 })]
    expect(warningsOf(aVm({ devices, guestVolumes: [root, san] }))).toEqual([])
  })

  const untracked = { supported: true, enabled: false }
  const devices = [...aVm().devices, { $type: 'VirtualPCIPassthrough', key: 13000 } as const]
  it.each<[string, Partial<Vm>, string[]]>([
    ['healthy', {}, []],
    ['a template', { template: true, snapshotsSupported: false, changeTracking: untracked }, ['template']],
    ['needing consolidation', { consolidationNeeded: true }, ['consolidation-needed']],
    ['with snapshots, tracked', { snapshots: [node(0)] }, []],
    ['with snapshots, untracked', { snapshots: [node(0)], changeTracking: untracked }, ['snapshots-present']],
    [
      "that can't be tracked",
      { changeTracking: { supported: false, enabled: false } },
      ['change-tracking-unsupported'],
    ],
    ['30 snapshots deep', { snapshots: [node(0), node(29)] }, ['snapshot-chain-deep']],
    ['with passthrough, on', { devices }, ['passthrough-powered-on']],
    ['with passthrough, off', { devices, powerState: 'poweredOff' }, []],
    ['with a vTPM', { devices: [...aVm().devices, { $type: 'VirtualTPM', key: 11000 }] }, ['vtpm']],
    ['encrypted', { encrypted: true }, ['encrypted']],
    ['suspended', { powerState: 'suspended' }, ['suspended']],
    ['without snapshot support', { snapshotsSupported: false }, ['snapshots-unsupported']],
    ['being snapshotted', { snapshotInBackground: true }, ['snapshot-in-background']],
    ['sharing a disk', { disks: [{ ...aVm().disks[0]!, sharing: 'sharingMultiWriter' }] }, ['shared-disks']],
    ['with a physical RDM', { disks: [{ ...aVm().disks[0]!, rdmMode: 'physicalMode' }] }, ['physical-rdm']],
    ['sharing a bus', { disks: [{ ...aVm().disks[0]!, controllerSharedBus: 'virtualSharing' }] }, ['shared-disks']],
  ])('of a VM %s', (_, changes, expected) => {
    const reasons = warningsOf(aVm(changes))
    expect(codes(reasons)).toEqual(expected)
    for (const { sentence } of reasons) expect(sentence).toMatch(/^[A-Zv].{20,}\.$/)
  })
})
