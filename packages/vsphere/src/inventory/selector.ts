import { matchesGlob } from '@vmkeep/kit'
import { sameName, samePath } from './names.ts'
import type { VmSummary } from './vm-summary.ts'

/** What identifies a VM, of all that a summary says. */
export type Selectable = Pick<VmSummary, 'ref' | 'name' | 'inventoryPath' | 'instanceUuid' | 'biosUuid'>

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/**
 * Whether a VM is meant by what a person typed: a name, a path (`/DC/vm/web/web-1`, the first slash may be missing), a
 * pattern with `*` or `?` over names or, if it holds a slash, over paths, an instance UUID, a BIOS UUID, or a moref.
 *
 * All of these are tried, for a VM may well be named like another's moref; who needs exactly one VM finds out by counting.
 */
export function matchesSelector(selector: string, vm: Selectable): boolean {
  const wanted = selector.trim()
  if (uuid.test(wanted)) return [vm.instanceUuid, vm.biosUuid].some((id) => id?.toLowerCase() === wanted.toLowerCase())
  if (vm.ref.value === wanted || sameName(vm.name, wanted)) return true
  if (wanted.includes('/') && samePath(vm.inventoryPath, wanted)) return true
  return /[*?]/.test(wanted) && matchesGlob(bare(wanted), bare(wanted.includes('/') ? vm.inventoryPath : vm.name))
}

const bare = (path: string): string => path.replace(/^\/+/, '')

/** Up to five names that look like what was typed, the nearest first. */
export function nearNames(selector: string, names: readonly string[]): string[] {
  const wanted = selector.trim().toLowerCase()
  const last = wanted.slice(wanted.lastIndexOf('/') + 1)
  if (last === '' || last.length > nameLengthMax) return []
  const scored = [...new Set(names)].map((name) => ({ name, distance: distanceBetween(last, name.toLowerCase()) }))
  return scored
    .filter(({ distance }) => distance <= Math.max(2, last.length / 3))
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, 5)
    .map(({ name }) => name)
}

const nameLengthMax = 80 // Source: vSphere Web Services API, Folder.CreateVM_Task. Evidence: documented.

/** How many single-character edits lie between two texts (Levenshtein); a part of the other counts as one. */
function distanceBetween(a: string, b: string): number {
  if (b.includes(a) || a.includes(b)) return a === b ? 0 : 1
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++)
      current[j] = Math.min(previous[j]! + 1, current[j - 1]! + 1, previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1))
    previous = current
  }
  return previous[b.length]!
}
