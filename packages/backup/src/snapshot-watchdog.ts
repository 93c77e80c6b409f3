import type { Vm } from '@vmkeep/vsphere'
import { fail } from './errors.ts'
import type { RunContext } from './run-context.ts'

const hourMs = 3_600_000

/**
 * Does `work` while our snapshot is held, and calls it off when that has taken too long: the snapshot grows all the time.
 * What is called off ends as on a cancellation, with everything cleaned up, but as a failure that says why.
 */
export async function whileSnapshotIsYoung<T>(
  run: RunContext,
  vm: Vm,
  work: (run: RunContext) => Promise<T>,
): Promise<T> {
  const { snapshotMaxHours: hours } = run.options
  if (hours === undefined) return work(run)
  const [tooOld, done] = [new AbortController(), new AbortController()]
  const callOff = () => tooOld.abort(fail('backup.snapshot-too-old', { vm: vm.name, hours }))
  run.clock.sleep(hours * hourMs, done.signal).then(callOff, () => {})
  try {
    return await work({ ...run, signal: AbortSignal.any([run.signal, tooOld.signal]) })
  } finally {
    done.abort()
  }
}
