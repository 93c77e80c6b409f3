import { expect, it } from 'vitest'
import { aVm, diskDevice, flatBacking, scsiController } from '../vm/fixtures.ts'
import type { Vm } from '../vm/vm.ts'
import { whyNoMemory } from './why-no-memory.ts'

const withDisk = (backing: Parameters<typeof flatBacking>[0]): Vm =>
  aVm({ devices: [scsiController(), diskDevice({ backing: flatBacking(backing) })] })
const passthrough = { $type: 'VirtualPCIPassthrough', key: 13_000 } as unknown as Vm['devices'][number]

it('a plain VM gives its memory', () => expect(whyNoMemory(aVm())).toEqual([]))

it.each([
  ['memory-unsupported', aVm({ memorySnapshotsSupported: false })],
  ['memory-independent-disk', withDisk({ diskMode: 'independent_persistent' })],
  ['memory-passthrough', aVm({ devices: [passthrough] })],
  ['memory-encrypted', aVm({ encrypted: true })],
  ['memory-other-snapshots', aVm({ snapshots: [{ name: 'before the update' }] as unknown as Vm['snapshots'] })],
  ['memory-disks-elsewhere', withDisk({ fileName: '[slow] web-1/web-1_1.vmdk' })],
])('%s', (code, vm) => expect(whyNoMemory(vm).map((reason) => reason.code)).toContain(code))
