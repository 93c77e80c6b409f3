import { collect } from '@vmkeep/kit'
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
  return pickVm(await collect(listVms(session, signal)), selector)
}

/** {@link resolveVm} among VMs that were listed before: who has many selectors asks the server once. */
export function pickVm(vms: readonly VmSummary[], selector: string): VmSummary {
  const [found, ...others] = vms.filter((vm) => matchesSelector(selector, vm))
  if (found === undefined) {
    const near = nearNames(
      selector,
      vms.map(({ name }) => name),
    )
    throw fail('vsphere.vm-not-found', { selector, near })
  }
  if (others.length > 0) throw fail('vsphere.vm-ambiguous', { selector, candidates: [found, ...others].map(describe) })
  return found
}

const describe = ({ inventoryPath, instanceUuid, ref }: VmSummary): string =>
  `${inventoryPath} (${instanceUuid ?? ref.value})`
