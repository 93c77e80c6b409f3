import { type Clock, KeyedLimiter, Limiter, type Random, systemClock, systemRandom } from '@vmkeep/kit'
import { cleanUpLeftovers, instanceId, Journal, newRunId, type OnRunEvent } from '@vmkeep/run'
import { holdEnder, type VddkSettings } from '@vmkeep/transport'
import { endpointIdOf, type Session } from '@vmkeep/vsphere'
import type { RunLimits } from './options.ts'
import type { SnapshotContext } from './run-context.ts'

export interface RunRequest {
  readonly session: Session
  /** Where journals, locks and the instance id live. Private to this machine. */
  readonly stateFolder: string
  readonly onEvent: OnRunEvent
  readonly signal: AbortSignal
  readonly clock?: Clock
  readonly random?: Random
}

/**
 * Begins a run: first removes what an interrupted run of this installation has left on this endpoint, then opens a journal of its own,
 * closed when disposed.
 */
export async function startRun(
  { session, stateFolder, onEvent, signal, clock = systemClock, random = systemRandom }: RunRequest,
  { snapshotsPerDatastoreMax, tasksPerVcenterMax }: Pick<RunLimits, 'snapshotsPerDatastoreMax' | 'tasksPerVcenterMax'>,
  vddk?: VddkSettings,
): Promise<Omit<SnapshotContext, 'options'> & AsyncDisposable> {
  const runId = newRunId(clock, random)
  const instance = await instanceId(stateFolder, random)
  await cleanUpLeftovers({ session, stateFolder, onEvent, signal, endHold: holdEnder(vddk) })
  const journal = await Journal.start(stateFolder, runId)
  return {
    runId,
    instanceId: instance,
    endpointId: endpointIdOf(session),
    session,
    journal,
    snapshotsPerDatastore: new KeyedLimiter(snapshotsPerDatastoreMax),
    tasks: new Limiter(tasksPerVcenterMax),
    clock,
    random,
    onEvent,
    signal,
    [Symbol.asyncDispose]: () => journal[Symbol.asyncDispose](),
  }
}
