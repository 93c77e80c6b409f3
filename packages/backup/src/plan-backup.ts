import { systemClock } from '@vmkeep/kit'
import type { Repository } from '@vmkeep/repository'
import type { OnRunEvent } from '@vmkeep/run'
import { prepareTransports } from '@vmkeep/transport'
import { readVm, type Session, type VmSummary } from '@vmkeep/vsphere'
import { expectSlow } from './expect-slow.ts'
import { openLatencyGuard } from './latency-guard.ts'
import type { BackupOptions } from './options.ts'
import { planVm, type VmPlan } from './plan.ts'
import { previousPoints } from './previous-points.ts'

/** What a backup of these VMs would do now. Changes nothing. Uses the same planner as the backup. */
export async function planBackup(
  request: {
    readonly session: Session
    readonly repository: Repository | undefined
    readonly vms: readonly VmSummary[]
    readonly options: BackupOptions
    /** Told what could not be found out. */
    readonly onEvent?: OnRunEvent
  },
  signal: AbortSignal,
): Promise<VmPlan[]> {
  const { repository, session, onEvent = () => {} } = request
  await using latency = await openLatencyGuard(
    { session, clock: systemClock, onEvent, signal },
    request.options.latency,
  )
  const transport = await prepareTransports(request.session, request.options.transport, signal)
  const options = { ...request.options, transport }
  const previous =
    repository === undefined ? new Map() : await previousPoints(repository, { domain: options.domain, signal })
  const plans: VmPlan[] = []
  for (const { ref } of request.vms) {
    const vm = await readVm(request.session, ref, signal)
    const plan = planVm(vm, previous.get(vm.instanceUuid?.toLowerCase() ?? '')?.newest, options)
    const slow = plan.action === 'skip' ? [] : await expectSlow(latency, vm)
    plans.push({ ...plan, warnings: [...plan.warnings, ...slow] })
  }
  return plans
}
