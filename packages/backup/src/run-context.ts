import type { Clock, KeyedLimiter, Limiter, Random } from '@vmkeep/kit'
import type { Repository } from '@vmkeep/repository'
import type { Journal, Leftover, OnRunEvent } from '@vmkeep/run'
import type { Session, StoragePolicies, TagsRead, Vm } from '@vmkeep/vsphere'
import { identityOf } from './identity.ts'
import type { LatencyGuard } from './latency-guard.ts'
import type { BackupOptions } from './options.ts'
import type { QuiesceSettings } from './quiesce-ladder.ts'

/** What it takes to work with a snapshot of ours. */
export interface SnapshotContext {
  readonly runId: string
  readonly instanceId: string
  readonly endpointId: string
  readonly session: Session
  readonly journal: Journal
  readonly options: QuiesceSettings & Pick<BackupOptions, 'scripts' | 'guestScripts' | 'freeSpace'>
  readonly snapshotsPerDatastore: KeyedLimiter
  /** Places for tasks on this vCenter. Held while a task runs, and while one that may be running is looked for. */
  readonly tasks: Limiter
  /** Absent: nothing waits for slow datastores. */
  readonly latency?: LatencyGuard | undefined
  readonly clock: Clock
  readonly random: Random
  readonly onEvent: OnRunEvent
  readonly signal: AbortSignal
}

/** All that the parts of one backup share. */
export interface RunContext extends SnapshotContext {
  readonly repository: Repository
  readonly options: BackupOptions
  readonly disksPerHost: KeyedLimiter
  readonly nfcConnections: KeyedLimiter
  /** As they were when the run began. */
  readonly tags: TagsRead
  /** Names of storage policies, each asked for once in a run. */
  readonly storagePolicies: StoragePolicies
}

/** How the journal names what a run makes on a VM, and its marker. */
export const placeOf = (
  { instanceId, runId, endpointId }: SnapshotContext,
  vm: Vm,
): Required<Pick<Leftover, 'endpointId' | 'vmName' | 'vmRef' | 'marker'>> => ({
  endpointId,
  vmName: vm.name,
  vmRef: vm.ref.value,
  marker: { instanceId, runId, vmUuid: identityOf(vm) },
})

/**
 * Holds one place at each key until disposed. Taken in one order everywhere, so that no two VMs wait for each other.
 *
 * @param onWait told the key at which there is no place free now
 */
export async function acquireAll(
  limiters: KeyedLimiter,
  keys: readonly string[],
  { onWait, signal }: { readonly onWait: (key: string) => void; readonly signal: AbortSignal },
): Promise<Disposable> {
  using held = new DisposableStack()
  for (const key of [...new Set(keys)].toSorted()) held.use(await limiters.for(key).acquire(signal, () => onWait(key)))
  return held.move()
}
