import type { Cause } from '@vmkeep/run'
import type { Vm } from '@vmkeep/vsphere'
import type { SnapshotContext } from './run-context.ts'

const minuteMs = 60_000
const longMs = 30 * minuteMs

/**
 * Waits for a merge for as long as it takes, and says every half hour that it does. One that took long is a warning, with its time: what
 * the guest writes meanwhile has to be merged too, in rounds, and in the end vSphere lets it stand still.
 * Source: vadp.md §3.6 (KB 2039754, KB 316414). Evidence: documented.
 */
export async function whileMerging<T>(
  { clock, onEvent }: SnapshotContext,
  vm: Vm,
  merge: () => Promise<T>,
): Promise<{ readonly value: T; readonly warnings: readonly Cause[] }> {
  const startedMs = clock.monotonicMs()
  const minutes = () => Math.round((clock.monotonicMs() - startedMs) / minuteMs)
  const warn = (cause: Cause) => onEvent({ type: 'note', level: 'warn', vm: vm.name, ...cause })
  const done = new AbortController()
  const tell = async () => {
    for (;;) {
      await clock.sleep(longMs, done.signal)
      warn({
        code: 'still-merging',
        message: `its snapshot has been merging for ${minutes()} min; vmkeep waits for it`,
      })
    }
  }
  tell().catch(() => {}) // ends with the merge
  try {
    const value = await merge()
    if (clock.monotonicMs() - startedMs < longMs) return { value, warnings: [] }
    const message = `merging its snapshot took ${minutes()} min: its guest writes about as fast as its datastore merges, or the datastore is slow. Back it up when it writes less`
    const slow = { code: 'merge-took-long', message }
    warn(slow)
    return { value, warnings: [slow] }
  } finally {
    done.abort()
  }
}
