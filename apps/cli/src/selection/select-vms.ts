import { collect } from '@vmkeep/kit'
import { listVms, matchesSelector, pickVm, type Session, type VmSummary } from '@vmkeep/vsphere'
import { fail } from '../errors.ts'

export interface Selection {
  /** Names, globs, inventory paths, uuids or references; every VM that is no template if empty. */
  readonly include: readonly string[]
  readonly exclude: readonly string[]
}

export interface Selected {
  readonly vms: readonly VmSummary[]
  /** What `include` named and `exclude` took out: to be told, never dropped in silence. */
  readonly excluded: readonly VmSummary[]
}

/**
 * The VMs that are meant, each once, by path. The inventory is listed once, however many selectors there are.
 *
 * @throws `vsphere.vm-not-found`, `vsphere.vm-ambiguous` for a name without `*` or `?`; `cli.vm-not-found` for a pattern nothing matches
 */
export async function selectVms(
  session: Session,
  { include, exclude }: Selection,
  signal: AbortSignal,
): Promise<Selected> {
  const all = (await collect(listVms(session, signal))).toSorted((a, b) =>
    a.inventoryPath.localeCompare(b.inventoryPath),
  )
  const meant = new Set(
    include.length === 0
      ? all.filter(({ template }) => !template)
      : include.flatMap((selector) => named(all, selector, session.host)),
  )
  const isExcluded = (vm: VmSummary) => exclude.some((selector) => matchesSelector(selector, vm))
  return {
    vms: all.filter((vm) => meant.has(vm) && !isExcluded(vm)),
    excluded: all.filter((vm) => meant.has(vm) && isExcluded(vm)),
  }
}

function named(all: readonly VmSummary[], selector: string, vcenter: string): readonly VmSummary[] {
  if (!/[*?]/.test(selector)) return [pickVm(all, selector)]
  const matches = all.filter((vm) => matchesSelector(selector, vm))
  if (matches.length === 0) throw fail('cli.vm-not-found', { name: selector, vcenter })
  return matches
}
