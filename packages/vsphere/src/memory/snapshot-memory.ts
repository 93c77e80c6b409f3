import { hasCode } from '@vmkeep/kit'
import { readProperties } from '../properties/read-properties.ts'
import type { Session } from '../session/session.ts'
import type { SnapshotRef } from '../snapshots/snapshot-options.ts'
import type { DataObject, ManagedObjectReference } from '../types/index.ts'

/** A file that belongs to a snapshot with memory. */
export interface MemoryFile {
  /** `[datastore] folder/name.vmsn`. */
  readonly path: string
  readonly kind: 'snapshotData' | 'snapshotMemory'
  readonly sizeBytes: number
}

export interface SnapshotMemory {
  /** The state of the machine (`.vmsn`), then its memory (`.vmem`) where that is a file of its own. None: it holds no memory. */
  readonly files: readonly MemoryFile[]
  /** The snapshot's state (`.vmsn`), with or without memory. */
  readonly dataPath?: string | undefined
  /** The list of the VM's snapshots, `.vmsd`, without which the state is not found again. */
  readonly snapshotList?: string | undefined
}

type Layout = DataObject<'VirtualMachineFileLayoutEx'>

/**
 * The files in which a snapshot keeps the guest's memory. vSphere says nowhere else whether it holds any: it is ignored of a VM that
 * is off.
 *
 * Source: vSphere Web Services API 8.0, VirtualMachineFileLayoutExSnapshotLayout: `memoryKey` names the memory's file, unless there is none
 * or it lies in the data file; RefreshStorageInfo: "explicitly refreshes" `layoutEx`, which may be older than the snapshot. Evidence:
 * documented; that `.vmem` has the size of the VM's memory: observed.
 */
export async function snapshotMemory(
  session: Session,
  vm: ManagedObjectReference,
  snapshot: SnapshotRef,
  signal?: AbortSignal,
): Promise<SnapshotMemory> {
  await refresh(session, vm, signal)
  const paths = ['layoutEx', 'config.hardware.memoryMB'] as const
  const found = await readProperties(session, { type: 'VirtualMachine', ref: vm, paths }, signal)
  const memoryBytes = Number(found['config.hardware.memoryMB'] ?? 0) * 1024 * 1024
  return memoryIn(found.layoutEx, snapshot, memoryBytes)
}

/** A server that lacks the call is believed as it is. */
async function refresh(session: Session, vm: ManagedObjectReference, signal: AbortSignal | undefined): Promise<void> {
  try {
    await session.call('RefreshStorageInfo', { _this: vm }, { signal })
  } catch (error) {
    if (!hasCode(error, 'vsphere.not-supported', 'vsphere.invalid-request')) throw error
  }
}

/** Pure. @param memoryBytes of the VM: a data file that is smaller holds no memory */
export function memoryIn(layout: Layout | undefined, snapshot: SnapshotRef, memoryBytes: number): SnapshotMemory {
  const of = layout?.snapshot?.find(({ key }) => key.value === snapshot.value)
  const fileOf = (key: number | undefined, kind: MemoryFile['kind']): MemoryFile | undefined => {
    const file = layout?.file?.find((one) => one.key === key)
    return file && { path: file.name, kind, sizeBytes: Number(file.size) }
  }
  const data = fileOf(of?.dataKey, 'snapshotData')
  const memory = fileOf(of?.memoryKey, 'snapshotMemory')
  const isWhole = data !== undefined && (memory !== undefined || (memoryBytes > 0 && data.sizeBytes >= memoryBytes))
  const snapshotList = layout?.file?.find(({ type }) => type === 'snapshotList')?.name
  return {
    files: isWhole ? [data, memory].filter((file) => file !== undefined) : [],
    dataPath: data?.path,
    snapshotList,
  }
}
