// A storage for tests: in the temporary folder, seeded, with a clock that stands still.
import { type DiskReader, whole } from '@vmkeep/disk'
import { bytesOf } from '@vmkeep/disk/testing'
import { collect, FaultPlan, type FaultRule, seededRandom } from '@vmkeep/kit'
import { fakeClock } from '@vmkeep/kit/testing'
import { openLabStorage } from './lab-storage.ts'
import type {
  ChangedAnswer,
  ChangeTrackingSettings,
  DatastoreType,
  LabStorage,
  StorageAction,
  VmStorage,
} from './model.ts'

export interface TestStorageOptions {
  readonly type?: DatastoreType
  readonly rules?: readonly FaultRule<StorageAction>[]
  readonly changeTracking?: ChangeTrackingSettings
  readonly seed?: string
}

/** One datastore `ds`, one VM `vm` on it, no disks. */
export async function openTestStorage({
  type = 'VMFS',
  rules = [],
  changeTracking = {},
  seed = 'lab',
}: TestStorageOptions = {}) {
  const random = seededRandom(seed)
  const clock = fakeClock()
  const faults = new FaultPlan<StorageAction>(random, rules)
  const storage = await openLabStorage({ random, clock, faults, changeTracking })
  const datastore = storage.addDatastore({ name: 'ds', type, capacityBytes: 1024 ** 4 })
  const vm = storage.addVm({ name: 'vm', vmxPath: '[ds] vm/vm.vmx' })
  return { storage, datastore, vm, faults, clock, random, [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose]() }
}

export const imageAt = async (disk: DiskReader): Promise<Buffer> => bytesOf(disk, whole(disk.capacityBytes))

export async function imageOfPath(storage: LabStorage, path: string): Promise<Buffer> {
  await using disk = storage.openPath(path)
  return await imageAt(disk)
}

export async function guestImage(vm: VmStorage, key = 2000): Promise<Buffer> {
  const image = Buffer.alloc(vm.disk(key).capacityBytes)
  await vm.disk(key).readGuest(0, image)
  return image
}

export const run = (steps: AsyncIterable<number>): Promise<number[]> => collect(steps)

/** All pages of an answer. Throws if vCenter would have answered with a fault. */
export async function changedSince(vm: VmStorage, snapshotId: string, changeId: string, deviceKey = 2000) {
  const { capacityBytes } = vm.snapshot(snapshotId).disks.find((disk) => disk.key === deviceKey)!
  const pages: (ChangedAnswer & { kind: 'page' })[] = []
  for (let startOffset = 0; startOffset < capacityBytes;) {
    const page = await vm.queryChanged({ snapshotId, deviceKey, startOffset, changeId })
    if (page.kind !== 'page' || page.length === 0) throw new Error(JSON.stringify(page))
    pages.push(page)
    startOffset = page.startOffset + page.length
  }
  return { pages, extents: pages.flatMap((page) => page.extents) }
}
