import { fail } from '../errors.ts'
import type { Session } from '../session/session.ts'
import { listVms } from './list-vms.ts'
import { matchesSelector, nearNames } from './selector.ts'
import type { VmSummary } from './vm-summary.ts'

/**
 * The VMs a person means: by inventory path (`/DC/vm/web/web-1`), name, pattern (`web-*`, `/DC/vm/web/*`), instance UUID,
 * BIOS UUID or moref (`vm-42`). None is an answer.
 */
export async function findVms(session: Session, selector: string, signal?: AbortSignal): Promise<VmSummary[]> {
  const found: VmSummary[] = []
  for await (const vm of listVms(session, signal)) if (matchesSelector(selector, vm)) found.push(vm)
  return found
}

/**
 * The one VM a person means.
 *
 * @throws `vsphere.vm-not-found` with names that look like it; `vsphere.vm-ambiguous` with all it could mean
 */
export async function resolveVm(session: Session, selector: string, signal?: AbortSignal): Promise<VmSummary> {
  const found: VmSummary[] = []
  const names: string[] = []
  for await (const vm of listVms(session, signal)) {
    names.push(vm.name)
    if (matchesSelector(selector, vm)) found.push(vm)
  }
  if (found.length > 1) throw fail('vsphere.vm-ambiguous', { selector, candidates: found.map(describe) })
  if (found[0] === undefined) throw fail('vsphere.vm-not-found', { selector, near: nearNames(selector, names) })
  return found[0]
}

const describe = ({ inventoryPath, instanceUuid, ref }: VmSummary): string =>
  `${inventoryPath} (${instanceUuid ?? ref.value})`
