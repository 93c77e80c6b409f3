import type { Cause } from '@vmkeep/run'
import { disksOf, readProperties, type Vm } from '@vmkeep/vsphere'
import type { SnapshotContext } from './run-context.ts'

/** By the key of the disk: what it is called and the file that the VM writes to now. */
export type DiskPaths = ReadonlyMap<number, { readonly label: string; readonly fileName: string }>

/** Where a VM's disks lie now, that of the VM and not of its snapshot: only the VM's own is sure to follow a move. */
export async function diskPaths({ session, signal }: SnapshotContext, vm: Vm): Promise<DiskPaths> {
  const request = { type: 'VirtualMachine', ref: vm.ref, paths: ['config'] } as const
  const { config } = await readProperties(session, request, signal)
  return new Map((config === undefined ? [] : disksOf(config)).map((disk) => [disk.key, disk]))
}

/**
 * Whether storage vMotion has moved disks since `before`, which was read after our snapshot was taken.
 *
 * What was read is of the snapshot's instant all the same: a disk that is open stays open, and one that is opened anew under its old path
 * is not found. Source: vadp.md §3.7, somebody's vCenter 8.0.1. Evidence: observed there.
 */
export async function storageMoved(run: SnapshotContext, vm: Vm, before: DiskPaths): Promise<Cause | undefined> {
  const now = await diskPaths(run, vm)
  const moves = [...before].flatMap(([key, { label, fileName }]) => {
    const path = now.get(key)?.fileName
    return path === undefined || path === fileName ? [] : [`${label} from ${fileName} to ${path}`]
  })
  if (moves.length === 0) return undefined
  return { code: 'storage-moved', message: `storage vMotion moved it while it was read: ${moves.join(', ')}` }
}
