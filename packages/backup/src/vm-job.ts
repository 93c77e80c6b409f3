import type { WriterSession } from '@vmkeep/repository'
import type { Vm } from '@vmkeep/vsphere'
import type { VmPlan } from './plan.ts'
import type { VmHistory } from './previous-points.ts'
import type { Standstill } from './standstill.ts'

/** A VM that stands still, on its way into a restore point. */
export interface VmJob {
  readonly vm: Vm
  readonly plan: VmPlan
  readonly history: VmHistory | undefined
  readonly writer: WriterSession
  readonly standstill: Standstill
}
