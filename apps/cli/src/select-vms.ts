import { collect } from '@vmkeep/kit'
import { findVms, listVms, resolveVm, type Session, type VmSummary } from '@vmkeep/vsphere'
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
 * The VMs that are meant, each once, by path.
 *
 * @throws `vsphere.vm-not-found`, `vsphere.vm-ambiguous` for a name without `*` or `?`; `cli.vm-not-found` for a pattern nothing matches
 */
export async function selectVms(
  session: Session,
  { include, exclude }: Selection,
  signal: AbortSignal,
): Promise<Selected> {
  const meant = include.length === 0 ? await everyVm(session, signal) : await named(session, include, signal)
  const left = await Promise.all(exclude.map((selector) => findVms(session, selector, signal)))
  const outside = new Set(left.flat().map(keyOf))
  const unique = [...new Map(meant.map((vm) => [keyOf(vm), vm])).values()]
  const sorted = unique.toSorted((a, b) => a.inventoryPath.localeCompare(b.inventoryPath))
  return {
    vms: sorted.filter((vm) => !outside.has(keyOf(vm))),
    excluded: sorted.filter((vm) => outside.has(keyOf(vm))),
  }
}

async function everyVm(session: Session, signal: AbortSignal): Promise<VmSummary[]> {
  return (await collect(listVms(session, signal))).filter(({ template }) => !template)
}

async function named(session: Session, selectors: readonly string[], signal: AbortSignal): Promise<VmSummary[]> {
  const found: VmSummary[] = []
  for (const selector of selectors) {
    if (!/[*?]/.test(selector)) {
      found.push(await resolveVm(session, selector, signal))
      continue
    }
    const matches = await findVms(session, selector, signal)
    if (matches.length === 0) throw fail('cli.vm-not-found', { name: selector, vcenter: session.host })
    found.push(...matches)
  }
  return found
}

const keyOf = ({ ref }: VmSummary): string => ref.value
