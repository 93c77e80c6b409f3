import type { Clock, KeyedLimiter, Random } from '@vmkeep/kit'
import type { Repository } from '@vmkeep/repository'
import type { Journal, OnRunEvent } from '@vmkeep/run'
import type { Session } from '@vmkeep/vsphere'
import type { BackupOptions } from './options.ts'

/** All that the parts of one run share. */
export interface RunContext {
  readonly runId: string
  readonly instanceId: string
  readonly endpointId: string
  readonly session: Session
  readonly repository: Repository
  readonly journal: Journal
  readonly options: BackupOptions
  readonly disksPerHost: KeyedLimiter
  readonly snapshotsPerDatastore: KeyedLimiter
  readonly clock: Clock
  readonly random: Random
  readonly onEvent: OnRunEvent
  readonly signal: AbortSignal
}

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
