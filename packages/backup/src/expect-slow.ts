import type { Cause } from '@vmkeep/run'
import type { Vm } from '@vmkeep/vsphere'
import { snapshotDatastores } from './free-space.ts'
import { type LatencyGuard, slowness } from './latency-guard.ts'

/** What a backup of this VM would do now for datastores that are slow. */
export async function expectSlow(guard: LatencyGuard | undefined, vm: Vm): Promise<Cause[]> {
  if (guard === undefined) return []
  const { startMaxMs, readMaxMs, patienceMinutes } = guard.limits
  const causes: Cause[] = []
  for (const datastore of snapshotDatastores(vm)) {
    const latency = await guard.latencyOf(datastore)
    if (latency === undefined) continue
    const { latencyMs } = latency
    const does = [
      ...(latencyMs > startMaxMs ? [`the VM would wait until it is calm, at most ${patienceMinutes} minutes`] : []),
      ...(latencyMs > readMaxMs ? ['its disks there would be read slowly'] : []),
    ]
    if (does.length === 0) continue
    const message = `slow is ${slowness(datastore.name, latency, Math.min(startMaxMs, readMaxMs))}: ${does.join('; ')}`
    causes.push({ code: 'datastore-slow', message })
  }
  return causes
}
