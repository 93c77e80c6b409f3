import { findVms, listVms, type Session, type VmSummary } from '@vmkeep/vsphere'
import { fail } from './errors.ts'

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
 * The VMs that are meant, each once, in the inventory's order.
 *
 * @throws `cli.vm-not-found` for a name nothing answers to; `cli.vm-ambiguous` for a name without `*` or `?` that several VMs carry
 */
export async function selectVms(session: Session, selection: Selection, signal: AbortSignal): Promise<Selected> {
  const all = await listVms(session, signal)
  const included =
    selection.include.length === 0
      ? all.filter(({ template }) => !template)
      : await named(session, selection.include, signal)
  const excludedBy = await Promise.all(selection.exclude.map((selector) => findVms(session, selector, signal)))
  const outside = new Set(excludedBy.flat().map(keyOf))
  const inside = new Set(included.map(keyOf))
  const meant = all.filter((vm) => inside.has(keyOf(vm)))
  return { vms: meant.filter((vm) => !outside.has(keyOf(vm))), excluded: meant.filter((vm) => outside.has(keyOf(vm))) }
}

/** Exactly one VM. */
export async function selectVm(session: Session, selector: string, signal: AbortSignal): Promise<VmSummary> {
  const [vm, ...more] = await named(session, [selector], signal)
  if (more.length > 0) throw fail('cli.vm-ambiguous', { name: selector, candidates: [vm!, ...more].map(describe) })
  return vm!
}

async function named(session: Session, selectors: readonly string[], signal: AbortSignal): Promise<VmSummary[]> {
  const found: VmSummary[] = []
  for (const selector of selectors) {
    const matches = await findVms(session, selector, signal)
    if (matches.length === 0) throw fail('cli.vm-not-found', { name: selector, vcenter: session.host })
    if (matches.length > 1 && !/[*?]/.test(selector))
      throw fail('cli.vm-ambiguous', { name: selector, candidates: matches.map(describe) })
    found.push(...matches)
  }
  return found
}

const keyOf = ({ ref }: VmSummary) => ref.value
const describe = ({ inventoryPath, ref }: VmSummary) => `${inventoryPath} (${ref.value})`
