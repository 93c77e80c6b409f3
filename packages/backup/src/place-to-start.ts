import type { Cause } from '@vmkeep/run'
import type { Vm } from '@vmkeep/vsphere'
import { snapshotDatastores } from './free-space.ts'
import { acquireAll, type SnapshotContext } from './run-context.ts'
import { VmStart } from './vm-start.ts'

interface PlaceToStart extends Disposable {
  /** What the snapshot is started in spite of. */
  readonly warnings: readonly Cause[]
}

/**
 * Waits until the VM's datastores are calm and each has a place for a snapshot. Calm comes first: who waits for it holds no place. Who has
 * waited long for a place looks again.
 */
export async function placeToStart(run: SnapshotContext, vm: Vm): Promise<PlaceToStart> {
  const datastores = vm.disks.flatMap(({ datastoreName }) => datastoreName ?? [])
  const onWait = (datastore: string) => tellWaiting(run, vm, `a place on ${datastore}`)
  const start = startOf(run, vm)
  for (;;) {
    await start?.untilCalm(run.signal)
    const place = await acquireAll(run.snapshotsPerDatastore, datastores, { onWait, signal: run.signal })
    if ((await start?.whyNotNow()) === undefined)
      return { warnings: toldOf(run, vm, start), [Symbol.dispose]: () => place[Symbol.dispose]() }
    place[Symbol.dispose]()
  }
}

/** The same for a VM of which no snapshot is taken, and which so needs no place. */
export async function waitUntilCalm(run: SnapshotContext, vm: Vm): Promise<readonly Cause[]> {
  const start = startOf(run, vm)
  await start?.untilCalm(run.signal)
  return toldOf(run, vm, start)
}

const startOf = (run: SnapshotContext, vm: Vm): VmStart | undefined =>
  run.latency && new VmStart(run.latency, snapshotDatastores(vm), (detail) => tellWaiting(run, vm, detail))

function tellWaiting(run: SnapshotContext, vm: Vm, detail: string): void {
  run.onEvent({ type: 'vm-phase', vm: vm.name, phase: 'waiting', detail })
}

function toldOf(run: SnapshotContext, vm: Vm, start: VmStart | undefined): readonly Cause[] {
  const warnings = start?.ignored ?? []
  for (const cause of warnings) run.onEvent({ type: 'note', level: 'warn', vm: vm.name, ...cause })
  return warnings
}
